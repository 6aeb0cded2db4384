import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { events } from './relay-run.ts';

const neverMs = 3_600_000;
type Query = (this: pg.Client, ...given: unknown[]) => unknown;
const original = pg.Client.prototype.query as Query;

describe('a relay with nothing to do', () => {
  let db: TestDatabase;
  let stop: () => Promise<void>;
  /** What the relay asked the server, in its order: names of statements, or their texts. */
  let asked: string[];

  /** @param drowsyMs how long it stays awake without a change */
  async function start(drowsyMs: number, pollMs: number): Promise<void> {
    asked = [];
    const name = 'idle-relay';
    pg.Client.prototype.query = function (...given) {
      const { application_name: asking } = (this as unknown as { connectionParameters: pg.ClientConfig })
        .connectionParameters;
      const [statement] = given as [string | { name?: string; text: string }];
      if (asking === name)
        asked.push(typeof statement === 'string' ? statement : (statement.name ?? statement.text));
      return original.apply(this, given);
    } as Query as typeof pg.Client.prototype.query;
    db = await capturedCrm();
    const connection = { connectionString: db.url, application_name: name };
    const log = pino({ level: 'silent' });
    // Never started: nothing but the clock wakes the relay.
    const bell = createBell({ connection, log });
    const relay = createRelay({
      connection,
      catalog: siteStacker(),
      log,
      bell,
      onDeliveries: () => {},
      drowsyMs,
      pollMs,
    });
    await relay.start();
    stop = () => relay.stop();
  }
  afterEach(async () => {
    await stop();
    pg.Client.prototype.query = original as typeof pg.Client.prototype.query;
  });

  const isLook = (statement: string) => statement === 'rowhook_look';

  it('looks with one statement and no transaction while it is awake, and sees the next change', async () => {
    await start(neverMs, neverMs);
    await waitUntil(() => asked.length > 50 && asked.slice(-50).every(isLook), { what: 'fifty looks' });
    await db.query(`update tags set name = 'x' where id = 29`);
    await waitUntil(async () => (await events(db)).length === 1, { what: 'the change to arrive' });
  });

  it('sees a change whose transaction had begun long before, and commits among others', async () => {
    await start(neverMs, neverMs);
    const writer = await db.pool.connect();
    await writer.query(`begin; update tags set name = 'x' where id = 29`);
    const from = asked.length;
    await waitUntil(() => asked.slice(from).filter(isLook).length > 5, { what: 'looks' });
    await writer.query('commit');
    writer.release();
    await waitUntil(async () => (await events(db)).length === 1, { what: 'the change to arrive' });
  });

  it('begins no transaction while one of the application is open that may commit in silence', async () => {
    await start(20, neverMs);
    const writer = await db.pool.connect();
    await writer.query(`begin; update tags set name = 'x' where id = 29`);
    const asksForSilence = (statement: string) => statement.includes('pg_locks');
    const countOf = (statements: readonly string[]) => statements.filter(asksForSilence).length;
    await waitUntil(() => countOf(asked) > 2, { what: 'it to wait for the writer' });
    const from = asked.length;
    await waitUntil(() => countOf(asked.slice(from)) >= 5, { what: 'it to have asked five times more' });
    const asking = asked.slice(from);
    expect(asking.filter((statement) => !asksForSilence(statement) && !isLook(statement))).to.eql([]);
    expect(asking.length).to.be.at.most(2 * (countOf(asking) + 1));
    await writer.query('commit');
    writer.release();
    await waitUntil(async () => (await events(db)).length === 1, { what: 'the change to arrive' });
  });

  it('asks a few statements for each poll while it sleeps, and leaves no transaction open', async () => {
    await start(0, 200);
    const polls = () =>
      asked.filter((statement) => statement.includes('rowhook.bell') && /^select last/.test(statement));
    await waitUntil(() => polls().length > 3, { what: 'polls' });
    const before = asked.length;
    const pollsBefore = polls().length;
    await waitUntil(() => polls().length >= pollsBefore + 5, { what: 'more polls' });
    expect(asked.length - before).to.be.at.most(5 * (polls().length - pollsBefore + 1));
    const begun = asked.filter((statement) => statement.startsWith('begin')).length;
    const ended = asked.filter((statement) => /^(commit|rollback)$/.test(statement)).length;
    expect(begun - ended).to.be.within(0, 1);
  });
});
