import { expect } from 'chai';
import { v7 } from 'uuid';
import { freshOnes, noticedOf } from '../../src/store/live-deliveries.ts';
import { changedEndpoints, momentNow } from '../../src/store/live-endpoints.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { lowestUuid } from '../../src/uuid-time.ts';
import { addEndpoint, enqueue, payloads, queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';

const minute = 60_000;
const since = () => lowestUuid(new Date(Date.now() - minute));

describe('what live views look at', () => {
  let db: TestDatabase;
  let id: string;
  beforeEach(async () => {
    db = await queueDatabase();
    id = await addEndpoint(db, 'https://a.example/');
  });

  const attempt = async (count: number, ageMs = 0, of = id) => {
    const ids = Array.from({ length: count }, () => v7({ msecs: Date.now() - ageMs }));
    await db.query(
      `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect, request_headers)
       select gen, $2, gen, gen, 1, now(), 1, 'succeeded', 'success', '', '', '[]' from unnest($1::uuid[]) gen`,
      [ids, of],
    );
    return ids;
  };
  /** A statement's plan as it ran: every part of it with the rows that it gave. */
  const ran = async (work: (db: Queryable) => Promise<unknown>) => {
    const parts: Array<Record<string, unknown>> = [];
    const walk = (plan: Record<string, unknown>) => {
      parts.push(plan);
      for (const child of (plan.Plans as Record<string, unknown>[]) ?? []) walk(child);
    };
    const query = (async (text: string, values: unknown[]) => {
      const { rows } = await db.query(`explain (analyze, format json) ${text}`, values);
      walk(rows[0]!['QUERY PLAN'][0].Plan);
      return { rows: [], rowCount: 0 };
    }) as Queryable['query'];
    await work({ query });
    return parts;
  };

  it('is what was tried or made lately, and put back by hand, the latest first', async () => {
    await attempt(1, 2 * minute);
    const [tried] = await attempt(1, 1_000);
    const [made = ''] = await enqueue(db, id, payloads(1));
    const [old = ''] = await enqueue(db, id, payloads(1), { lane: 2 });
    const ancient = v7({ msecs: 1_000 });
    await db.query('update rowhook.delivery set id = $2 where id = $1', [old, ancient]);
    const other = await addEndpoint(db, 'https://b.example/');
    await enqueue(db, other, payloads(1));
    const found = await noticedOf(db.pool, [{ endpointId: id, since: since() }], 100);
    expect(found.map((each) => [each.id, each.byHand])).to.deep.equal([
      [made, false],
      [tried, false],
      [ancient, true],
    ]);
    expect((await freshOnes(db.pool, since(), 100)).map((each) => each.id)).to.deep.equal([tried]);
  });

  it('costs no more for an endpoint with a history than for one without', async () => {
    await attempt(3_000);
    await attempt(3_000, 0, await addEndpoint(db, 'https://b.example/'));
    await enqueue(db, id, payloads(3_000));
    await db.query('analyze rowhook.attempt');
    await db.query('analyze rowhook.delivery');
    for (const work of [
      (on: Queryable) => noticedOf(on, [{ endpointId: id, since: since() }], 10),
      (on: Queryable) => freshOnes(on, since(), 10),
    ]) {
      const parts = await ran(work);
      const scans = parts.filter((part) => / Scan/.test(String(part['Node Type'])));
      expect(scans).not.to.have.length(0);
      for (const scan of scans) {
        const read = Number(scan['Actual Rows']) + Number(scan['Rows Removed by Filter'] ?? 0);
        expect(read, JSON.stringify(scan)).to.be.at.most(20);
      }
    }
  });

  it('is every endpoint that changed, by whoever commits however late, and none that is only kept', async () => {
    const late = await db.pool.connect();
    await late.query('begin');
    await late.query(`update rowhook.endpoint set description = 'late' where id = $1`, [id]);
    const [other, kept, ill, gone] = [
      await addEndpoint(db, 'https://b.example/'),
      await addEndpoint(db, 'https://c.example/'),
      await addEndpoint(db, 'https://d.example/'),
      await addEndpoint(db, 'https://e.example/'),
    ];
    await db.query('insert into rowhook.endpoint_health (endpoint_id) values ($1)', [kept]);
    const first = await changedEndpoints(db.pool, await momentNow(db.pool));
    const before = new Map(first.changed.map((each) => [each.id, each.now]));
    await late.query('commit');
    late.release();
    await db.query(`update rowhook.endpoint_health set kept_until = now() where endpoint_id = $1`, [kept]);
    await db.query('delete from rowhook.endpoint where id = $1', [gone]);
    const { changed } = await changedEndpoints(db.pool, first.at);
    const fresh = changed.filter((each) => before.get(each.id) !== each.now).map((each) => each.id);
    expect(fresh.sort()).to.deep.equal([id, gone].sort());
    expect(fresh).not.to.include(other);
    const moment = await momentNow(db.pool);
    await db.query('insert into rowhook.endpoint_health (endpoint_id, failures) values ($1, 1)', [ill]);
    expect((await changedEndpoints(db.pool, moment)).changed.map((each) => each.id)).to.include(ill);
  });
});
