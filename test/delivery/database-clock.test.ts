import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { DatabaseClock } from '../../src/delivery/database-clock.ts';
import type { Session } from '../../src/delivery/queue/session.ts';
import { uuidTime } from '../../src/uuid-time.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';
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
