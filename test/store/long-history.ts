import { makePartition } from '../../src/delivery/queue/partitions.ts';
import { dailyTables } from '../../src/store/daily-tables.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { dayMs } from '../../src/uuid-time.ts';
import { queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';

const uuidAt = (at: string, text: string): string =>
  `(lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0') || '7' || left(md5(${text}), 3) || '8' || right(md5(${text}), 15))::uuid`;

/** How many endpoints each event goes to. */
const fanOut = 2;
export const days = 10;
export const records = 50;

/**
 * A history of ten days until now, in partitions, with all that can become of a delivery. Of twenty deliveries one each is exhausted after three attempts,
 * waits for its second one, was never tried, was dropped, and succeeded with the second attempt; the others succeeded at once.
 */
export async function longHistory({
  events,
  endpoints,
}: {
  events: number;
  endpoints: number;
}): Promise<TestDatabase> {
  const db = await queueDatabase();
  const client = await db.pool.connect();
  for (let day = 0; day <= days; day += 1) {
    for (const table of dailyTables) {
      await makePartition(client, table, new Date(Date.now() - day * dayMs));
    }
  }
  client.release();
  await db.query(
    `insert into rowhook.endpoint (id, url, events) select i, 'http://127.0.0.1:9/' || i, '{*}' from generate_series(1, $1::int) i`,
    [endpoints],
  );
  await db.query(
    `create table made as
     select i, k, 1 + abs(hashtext(i || '-' || k)) % $2::int as endpoint_id, abs(hashtext('luck' || i || '-' || k)) % 20 as luck, moment,
       ${uuidAt('moment', `'e' || i`)} as event_id, ${uuidAt(`moment + interval '1 ms'`, `'d' || i || '-' || k`)} as id,
       (array['person_update', 'tag_assign', 'gift_create'])[1 + i % 3] as name, (i % ${records})::text as record_key
     from generate_series(1, $1::int) i, generate_series(1, ${fanOut}) k,
       lateral (select now() - interval '1 hour' - ($1 - i)::float8 / $1 * interval '${days - 1} days' as moment) m`,
    [events, endpoints],
  );
  await db.query(
    `insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, seq, changed_at, created_at)
     select event_id, name, 'person', record_key, '{}', ${fanOut}, i, moment, moment from made where k = 1
     union all
     select ${uuidAt(`moment + interval '2 ms'`, `'u' || i`)}, 'nobody_cares', 'thing', i::text, null, 0, i, moment, moment
       from made where k = 1 and i % 10 = 0`,
  );
  await db.query(
    `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect,
       request_headers, response_status)
     select ${uuidAt('tried', `made.id || '-' || number`)}, endpoint_id, id, event_id, number, tried, 5,
       case when luck = 0 and number = 3 then 'exhausted' when luck in (0, 1, 3) or luck = 4 and number = 1 then 'retry' else 'succeeded' end,
       'x', 'http://127.0.0.1:9/', 'site-stacker', '[]',
       case when luck = 0 and number = 3 then case when i % 3 = 0 then null else 503 end
         when luck in (0, 1, 3) or luck = 4 and number = 1 then 500 else 200 + i % 5 end
     from made, generate_series(1, case luck when 0 then 3 when 2 then 0 when 4 then 2 else 1 end) number,
       lateral (select moment + number * interval '7 minutes' as tried) t`,
  );
  await db.query(
    `insert into rowhook.delivery (lane, endpoint_id, id, event_id) select 0, endpoint_id, id, event_id from made where luck = 2`,
  );
  await db.query(
    `insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
     select endpoint_id, id, event_id, 1, now() + interval '1 hour' from made where luck = 1`,
  );
  await db.query(
    'vacuum (analyze) rowhook.event, rowhook.attempt, rowhook.delivery, rowhook.delivery_waiting',
  );
  return db;
}

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
}

/**
 * A way to the database that counts the rows of tables which its statements look at, found or passed over: a figure that no load of the
 * machine changes.
 */
export function countingRows(db: TestDatabase): { db: Queryable; rows: () => number } {
  let rows = 0;
  return {
    rows: () => rows,
    db: {
      async query<Row extends object>(
        statement: Parameters<Queryable['query']>[0],
        values: readonly unknown[] = [],
      ) {
        if (typeof statement !== 'string') throw new Error('expected a statement as text');
        const explained = await db.pool.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
          `explain (analyze, format json) ${statement}`,
          [...values],
        );
        rows += rowsOf(explained.rows[0]!['QUERY PLAN'][0]!.Plan);
        return db.pool.query<Row & Record<string, unknown>>(statement, [...values]);
      },
    },
  };
}

function rowsOf(plan: Plan): number {
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const own =
    plan['Relation Name'] === undefined ? 0 : (plan['Actual Rows'] + removed) * plan['Actual Loops'];
  return (plan.Plans ?? []).reduce((sum, part) => sum + rowsOf(part), own);
}
