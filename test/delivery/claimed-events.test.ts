import { expect } from 'chai';
import { loadEvents } from '../../src/delivery/queue/claimed-events.ts';
import { createSession, type Session } from '../../src/delivery/queue/session.ts';
import type { TestDatabase } from '../support/database.ts';
import { queueDatabase } from './queue.ts';

const dayBefore = '018e0000-0000-7000-8000-000000000000';
const some = ['018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002'] as const;

describe('events of claimed deliveries', () => {
  let db: TestDatabase;
  let session: Session;
  beforeEach(async () => {
    db = await queueDatabase();
    await db.query(
      `insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at)
       select id, 'person_update', 'person', '1', to_json(id)::text, 1, now() from unnest($1::uuid[]) id`,
      [[dayBefore, ...some]],
    );
  });
  // Within the test: no connection may be left when it ends.
  const withSession = async (work: () => Promise<void>) => {
    session = createSession(db.pool, { durable: false });
    await work().finally(() => session.close());
  };
  const payloadsOf = async (...ids: string[]) => {
    const { fitting } = await loadEvents(
      session,
      ids.map((eventId) => ({ lane: 0, eventId })),
      1_000,
    );
    return fitting.map(({ event }) => event && JSON.parse(event.payload));
  };

  it('come with them, of whichever days they are', () =>
    withSession(async () => {
      expect(await payloadsOf(some[1], dayBefore)).to.deep.equal([some[1], dayBefore]);
      expect(await payloadsOf(dayBefore)).to.deep.equal([dayBefore]);
      expect(await payloadsOf(some[0])).to.deep.equal([some[0]]);
    }));

  it('are asked for by a statement that is planned once a day', () =>
    withSession(async () => {
      for (const id of some) await payloadsOf(id);
      const text = `select (generic_plans + custom_plans)::int as runs from pg_prepared_statements where name like 'rowhook events %'`;
      const { rows } = await session.query<{ runs: number }>({ text }, []);
      expect(rows, 'one statement, which ran twice').to.deep.equal([{ runs: 2 }]);
    }));
});
