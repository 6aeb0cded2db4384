import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { DatabaseClock } from '../../src/delivery/database-clock.ts';
import { moveDueRetries } from '../../src/delivery/queue/retries.ts';
import type { Session } from '../../src/delivery/queue/session.ts';
import { createSweeper } from '../../src/delivery/sweeper.ts';
import { uuidTime } from '../../src/uuid-time.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';
import { settableClock } from './server-clock.ts';
import { withDateShifted } from './shifted-date.ts';

const day = 86_400_000;

describe('the database’s clock', () => {
  it('is counted on from what the database said, which is asked once a minute', async () => {
    let asked = 0;
    const said = Date.parse('2031-05-06T07:08:09Z');
    const session: Session = {
      query: async <Row extends object>() => {
        asked += 1;
        return { rows: [{ ms: said }] as unknown as Row[] };
      },
      close() {},
    };
    const clock = new DatabaseClock();
    await clock.keep(session);
    const read = await withDateShifted(-400 * day, async () => {
      await clock.keep(session);
      return clock.now();
    });
    expect(read.getTime()).to.be.within(said, said + 10_000);
    expect(asked).to.equal(1);
  });

  it('is asked again soon where the answer took long', async () => {
    const said = [Date.parse('2031-05-06T07:08:09Z'), Date.parse('2031-05-06T07:09:09Z')];
    let asked = 0;
    const session: Session = {
      query: async <Row extends object>() => {
        const begun = performance.now();
        // Long the first time, as of a server that is overloaded.
        while (asked === 0 && performance.now() - begun < 200) await setImmediate();
        asked += 1;
        return { rows: [{ ms: said[asked - 1] }] as unknown as Row[] };
      },
      close() {},
    };
    const clock = new DatabaseClock();
    await waitUntil(
      async () => {
        await clock.keep(session);
        return asked === 2;
      },
      { what: 'the second question' },
    );
    expect(clock.now().getTime()).to.be.within(said[1]!, said[1]! + 10_000);
  });

  it('is never ahead of what it is by then, however long the answer takes', async () => {
    const said = Date.parse('2031-05-06T07:08:09Z');
    let readAt = 0;
    const session: Session = {
      query: async <Row extends object>() => {
        readAt = performance.now();
        while (performance.now() - readAt < 50) await setImmediate();
        return { rows: [{ ms: said }] as unknown as Row[] };
      },
      close() {},
    };
    const clock = new DatabaseClock();
    await clock.keep(session);
    const read = clock.now().getTime();
    expect(read).to.be.within(said, said + performance.now() - readAt);
  });
});

describe('a dispatcher on a machine whose date is wrong', () => {
  const kit = dispatcherKit();
  const { receiver, start, recorded } = kit;
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });

  for (const [what, ms] of [
    ['years ahead', 1_000 * day],
    ['years behind', -1_000 * day],
  ] as const) {
    it(`${what} sends, signs, dates and tries again as all others do`, async () => {
      const server = await receiver((_request, n) => ({ status: n === 1 ? 500 : 200 }));
      const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
      const id = await queue.addEndpoint(db, server.url(), { dialect: 'standard', secret });
      const [delivery] = await queue.enqueue(db, id);
      const begun = Date.now();
      await withDateShifted(ms, async () => {
        const { dispatcher } = await start();
        await recorded(1);
        // The endpoint speaks another dialect by then: the retry must know of the first attempt.
        await db.query(`update rowhook.endpoint set dialect = 'prefix:Acme'`);
        await queue.retryNow(db);
        dispatcher.wake();
        await recorded(2);
        await dispatcher.stop();
      });
      const within = [begun - 1_000, Date.now() + 1_000] as const;
      const { rows } = await db.query<{ id: string; started_at: Date; due_at: Date | null }>(
        'select id, started_at, due_at from rowhook.attempt where delivery_id = $1 order by number',
        [delivery],
      );
      expect(rows).to.have.length(2);
      for (const row of rows) {
        expect(row.started_at.getTime()).to.be.within(...within);
        expect(uuidTime(row.id).getTime()).to.be.within(...within);
      }
      expect(rows[0]?.due_at?.getTime()).to.be.within(begun, Date.now() + 10_000);
      for (const { headers } of server.requests) {
        expect(Number(headers['webhook-timestamp']) * 1_000).to.be.within(...within);
      }
    });
  }
});

describe('a server whose date is set', () => {
  const kit = dispatcherKit();
  const minutes = 60_000;
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

  it('back or ahead by an hour puts off, or brings forward, what has a date; nothing is lost, and repeats are the same', async () => {
    const db = kit.db();
    const setClock = await settableClock(db);
    const server = await kit.receiver();
    const of = async (path: string): Promise<string> => {
      const id = await queue.addEndpoint(db, server.url(path), { dialect: 'standard', secret });
      await queue.enqueue(db, id);
      return id;
    };
    const paths = () => server.requests.map(({ path }) => path).sort();
    // All for ten minutes. With the first one a process died.
    await of('/leased');
    await queue.claimDue(queue.poolSession(db), { defaultTimeoutMs: 10 * minutes });
    await db.query(
      `with waits as (delete from rowhook.delivery where endpoint_id = $1 returning endpoint_id, id, event_id)
       insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
       select endpoint_id, id, event_id, 1, now() + interval '10 minutes' from waits`,
      [await of('/waiting')],
    );
    await db.query(
      `insert into rowhook.endpoint_health (endpoint_id, failures, open_until, paused_until)
       values ($1, 10, now() + interval '10 minutes', null), ($2, 0, null, now() + interval '10 minutes')`,
      [await of('/open'), await of('/paused')],
    );
    const { dispatcher } = await kit.start({ options: { timeoutMs: 30_000 } });
    const sweeper = createSweeper({
      pool: db.pool,
      log: pino({ level: 'silent' }),
      wake: () => dispatcher.wake(),
      options: { every: { retries: 50 } },
    });
    kit.closing.push(() => sweeper.stop('abort'));
    await sweeper.start();

    await setClock(-60 * minutes);
    // An hour later it is where it was.
    for (const [n, later] of [0, 60 * minutes].entries()) {
      await setClock(later - 60 * minutes);
      await of('/fresh');
      dispatcher.wake();
      await kit.recorded(n + 1);
      expect(await moveDueRetries(db.pool, new Date(0))).to.include({ taken: 0 });
      expect(paths()).to.deep.equal(Array(n + 1).fill('/fresh'));
    }
    await setClock(15 * minutes);
    await kit.recorded(6);
    expect(paths()).to.deep.equal(['/fresh', '/fresh', '/leased', '/open', '/paused', '/waiting']);

    // Ahead while a request is under way: its lease is over by then.
    let answer = (): void => {};
    const answered = new Promise<object>((resolve) => {
      answer = () => resolve({});
    });
    server.answer(() => answered);
    await of('/slow');
    dispatcher.wake();
    await server.waitFor(7);
    await setClock(75 * minutes);
    const [first, second] = (await server.waitFor(8)).slice(6);
    answer();
    expect([first?.path, second?.path]).to.deep.equal(['/slow', '/slow']);
    expect(second?.headers['webhook-id']).to.equal(first?.headers['webhook-id']);
    expect(second?.body).to.deep.equal(first?.body);
    for (const table of ['delivery', 'delivery_waiting'])
      await waitUntil(async () => (await queue.count(db, table)) === 0, { what: `${table} to be empty` });
    expect((await queue.attempts(db)).filter(({ verdict }) => verdict !== 'succeeded')).to.deep.equal([]);
    await sweeper.stop();
    await dispatcher.stop();
  });
});
