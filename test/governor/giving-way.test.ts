import { expect } from 'chai';
import { pino } from 'pino';
import { createDispatcher } from '../../src/delivery/dispatcher.ts';
import { createSweeper } from '../../src/delivery/sweeper.ts';
import type { Lifetime } from '../../src/lifetime.ts';
import type { Pace } from '../../src/pace.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { connectionConfig } from '../../src/store/connect.ts';
import { dialectNamed } from '../../src/wire/dialects.ts';
import * as queue from '../delivery/queue.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';

/** Gives way until it is told otherwise, and keeps what it was asked. */
interface SlowPace extends Pace {
  givesWay: boolean;
  readonly took: number[];
}

function slowPace(batch: number, restMs: number): SlowPace {
  const pace: SlowPace = {
    givesWay: true,
    took: [],
    batch: (most) => (pace.givesWay ? Math.min(batch, most) : most),
    restMs(tookMs) {
      pace.took.push(tookMs);
      return pace.givesWay ? restMs : 0;
    },
  };
  return pace;
}

const hourMs = 3_600_000;
const largestPage = 2_000;

describe('while the application goes first', () => {
  const running: Lifetime[] = [];
  const lines: queue.LogLine[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  let receiver: Receiver | undefined;

  beforeEach(() => {
    lines.length = 0;
  });
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop('abort');
    await receiver?.close();
    receiver = undefined;
  });
  const start = async (made: Lifetime): Promise<void> => {
    running.push(made);
    await made.start();
  };

  describe('the relay', () => {
    let db: TestDatabase;
    const updates = 100;
    /** Changes of each page that had some. */
    const pages = () => lines.filter(({ msg }) => msg === 'page').map(({ changes }) => Number(changes));
    const startRelay = (pace: Pace): Promise<void> => {
      const connection = connectionConfig(db.url);
      const bell = createBell({ connection, log });
      return start(createRelay({ connection, catalog: siteStacker(), log, bell, onDeliveries() {}, pace }));
    };
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

    beforeEach(async () => {
      db = await capturedCrm();
      for (let i = 0; i < updates; i++) await db.query(`insert into tag_categories (name) values ('${i}')`);
    });

    it('turns small pages, each after a rest, and leaves nothing out', async () => {
      const pace = slowPace(10, 20);
      await startRelay(pace);
      await waitUntil(() => sum(pages()) === updates, { what: 'all pages' });
      expect(pages().every((changes) => changes <= 10)).to.equal(true);
      expect(pace.took.length).to.be.at.least(pages().length - 1);
      expect(pace.took.every((tookMs) => tookMs > 0)).to.equal(true);
      const { rows } = await db.query('select count(*)::int as count from rowhook.event');
      expect(rows).to.deep.equal([{ count: updates }]);
    });

    it('holds no transaction while it rests, and goes on as soon as it is full speed again', async () => {
      const pace = slowPace(10, hourMs);
      await startRelay(pace);
      await waitUntil(() => pace.took.length === 1, { what: 'the rest' });
      const { rows } = await db.query(
        `select state from pg_stat_activity where datname = current_database() and application_name = 'rowhook'`,
      );
      expect(rows).to.deep.equal([{ state: 'idle' }]);
      expect(pages()).to.deep.equal([10]);
      pace.givesWay = false;
      await waitUntil(() => sum(pages()) === updates, { what: 'the rest of the pages', timeoutMs: 2_000 });
      expect(pages().length).to.be.lessThan(4);
    });

    it('hears the ring that comes while it rests on its way to sleep', async () => {
      const connection = connectionConfig(db.url);
      const bell = createBell({ connection, log });
      const parts = { connection, catalog: siteStacker(), log, bell, onDeliveries() {} };
      await start(bell);
      await start(createRelay({ ...parts, pace: slowPace(largestPage, 200), drowsyMs: 20, pollMs: hourMs }));
      for (let i = 0; i < 3; i++) {
        await waitUntil(() => sum(pages()) === updates + i, { what: `change ${i}` });
        const asleep = `select from rowhook.bell where last_value = 2`;
        await waitUntil(async () => (await db.query(asleep)).rowCount === 1, {
          what: 'it to ask for the bell',
        });
        await db.query(`insert into tag_categories (name) values ('late')`);
      }
      await waitUntil(() => sum(pages()) === updates + 3, { what: 'the last change' });
    });

    it('stops while it rests', async () => {
      const pace = slowPace(10, hourMs);
      await startRelay(pace);
      await waitUntil(() => pace.took.length === 1, { what: 'the rest' });
      await running.pop()!.stop();
    });
  });

  describe('the dispatcher', () => {
    let db: TestDatabase;
    let server: Receiver;
    const startDispatcher = (pace: Pace): Promise<void> =>
      start(
        createDispatcher({
          pool: db.pool,
          log,
          dialectOf: () => dialectNamed('site-stacker'),
          options: { pollMs: 20, allow: ['127.0.0.0/8'] },
          pace,
        }),
      );

    beforeEach(async () => {
      db = await queue.queueDatabase();
      server = await startReceiver();
      receiver = server;
      await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(10));
    });

    it('claims little, rests, and goes on as soon as it is full speed again', async () => {
      const pace = slowPace(2, hourMs);
      await startDispatcher(pace);
      await waitUntil(async () => (await queue.count(db, 'attempt')) === 2, { what: 'two attempts' });
      expect(pace.took).to.have.length(1);
      expect(pace.took[0]).to.be.greaterThan(0);
      expect(await queue.count(db, 'delivery where lease is null')).to.equal(8);
      pace.givesWay = false;
      await server.waitFor(10, { timeoutMs: 2_000 });
      await waitUntil(async () => (await queue.count(db, 'attempt')) === 10, { what: 'ten attempts' });
      await running.pop()!.stop();
    });

    it('sends all of it, however long the application goes first', async () => {
      const pace = slowPace(1, 20);
      await startDispatcher(pace);
      await server.waitFor(10);
      expect(pace.took.length).to.be.at.least(9);
      await running.pop()!.stop();
    });

    it('counts the time of claims and of results', async () => {
      const pace = slowPace(1, 20);
      // Each write of a result takes this long.
      await db.query(`
        create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.2); return null; end';
        create trigger slow after insert on rowhook.attempt for each statement execute function slow()`);
      await startDispatcher(pace);
      await server.waitFor(3);
      await waitUntil(() => pace.took.some((tookMs) => tookMs > 200), { what: 'a rest for the result' });
      await running.pop()!.stop();
    });

    it('stops while it rests', async () => {
      const pace = slowPace(2, hourMs);
      await startDispatcher(pace);
      await waitUntil(() => pace.took.length === 1, { what: 'the rest' });
      await running.pop()!.stop();
      expect(await queue.count(db, 'delivery where lease is not null')).to.equal(0);
    });
  });

  describe('the sweeper', () => {
    it('brings back a small batch of retries each second', async () => {
      const db = await queue.queueDatabase();
      const endpoint = await queue.addEndpoint(db, 'http://127.0.0.1:9/');
      await queue.enqueue(db, endpoint, queue.payloads(20));
      await db.query(`
        with moved as (delete from rowhook.delivery returning *)
        insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
        select endpoint_id, id, event_id, 1, now() from moved`);
      const due = () => queue.count(db, 'delivery');
      await start(createSweeper({ pool: db.pool, log, wake() {}, pace: slowPace(8, 20) }));
      await waitUntil(async () => (await due()) > 0, { what: 'the first batch' });
      expect(await due()).to.equal(8);
      await waitUntil(async () => (await due()) === 20, { what: 'all of them' });
    });
  });
});
