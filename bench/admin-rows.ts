import type pg from 'pg';
import { makePartition } from '../src/delivery/queue/partitions.ts';
import { dayMs } from '../src/uuid-time.ts';
import { uuidAt } from './backlog-rows.ts';

export const days = 30;
export const endpoints = 100;
/** Each event goes to so many of them. */
const fanOut = 5;
/** Of a hundred deliveries one is exhausted after three attempts, and five succeed with the second one. */
const attemptsPerDelivery = 1.07;

/** How many records there are: each has about two hundred events. */
export const recordsOf = (attempts: number): number => attempts / 1_000;

/**
 * A month of finished attempts, day by day, as dispatchers would have left them: of events with 1.2 kB of body, each to five of a hundred
 * endpoints; and what daemons count of them. Registers the endpoints, whose ids are 1 to 100.
 * @param attempts in all, about
 */
export async function makeMonth(
  pool: pg.Pool,
  { attempts, progress }: { attempts: number; progress: (text: string) => void },
): Promise<void> {
  await pool.query(
    `insert into rowhook.endpoint (id, url, description, events)
     select i, 'https://crm-' || i || '.example.org/hooks', 'CRM ' || i, '{*}' from generate_series(1, ${endpoints}) i`,
  );
  const now = Date.now();
  const today = Math.floor(now / dayMs) * dayMs;
  const all = Array.from({ length: days }, (_, n) => new Date(today - (days - 1 - n) * dayMs));
  // What is over of today, and as much of the others that each day's last retries are its own.
  const partOf = (day: Date): number => Math.min(now - day.getTime(), dayMs) - 10 * 60_000;
  const perMs = attempts / attemptsPerDelivery / fanOut / all.reduce((sum, day) => sum + partOf(day), 0);
  for (const day of all) {
    const client = await pool.connect();
    for (const table of ['event', 'attempt', 'delivery_stat'] as const)
      await makePartition(client, table, day);
    client.release();
  }
  const left = [...all];
  const work = async (): Promise<void> => {
    for (let day = left.shift(); day; day = left.shift()) {
      const events = Math.round(perMs * partOf(day));
      await makeDay(pool, day, { partMs: partOf(day), events, records: recordsOf(attempts) });
      progress(`${day.toISOString().slice(0, 10)} is there`);
    }
  };
  await Promise.all([work(), work()]);
  await makeStats(pool);
  progress('vacuum');
  await pool.query(
    'vacuum (analyze) rowhook.event, rowhook.attempt, rowhook.delivery_stat, rowhook.endpoint',
  );
}

const at = (number: string): string =>
  `$1::timestamptz + ${number}::float8 / $2 * $3::float8 * interval '1 ms'`;

async function makeDay(
  pool: pg.Pool,
  day: Date,
  { partMs, events, records }: { partMs: number; events: number; records: number },
): Promise<void> {
  const eventId = uuidAt('made.at', `'e' || made.at`);
  await pool.query(
    `insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, seq, changed_at, created_at)
     select ${eventId}, (array['person_update', 'person_create', 'tag_assign', 'gift_create'])[1 + i % 4], 'person',
       ((i * 7919::bigint) % ${records})::text, json_build_object('id', i, 'name', repeat('x', 1170))::text, ${fanOut}, i, made.at, made.at
     from generate_series(1, $2::int) i, lateral (select ${at('i')} as at) made`,
    [day, events, partMs],
  );
  await pool.query(
    `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url,
       dialect, request_headers, response_status, response_headers, response_body, due_at)
     select ${uuidAt('tried.at', `'a' || made.delivery || tried.number`)}, 1 + (i * 31 + k * 17) % ${endpoints}, made.delivery, made.event,
       tried.number, tried.at, 12 + i % 90, tried.verdict,
       case when tried.verdict = 'succeeded' then 'success' when tried.number = 3 and i % 3 = 0 then 'timeout' else 'http_500' end,
       'https://crm.example.org/hooks', 'site-stacker',
       '[["content-type","application/json"],["sitestacker-event","person_update"]]',
       case when tried.verdict = 'succeeded' then 200 when tried.number = 3 and i % 3 = 0 then null else 500 end, '[["content-length","0"]]', '',
       case when tried.verdict = 'retry' then tried.at + interval '1 minute' end
     from generate_series(1, $2::int) i, generate_series(1, ${fanOut}) k,
       lateral (
         select moment as at, ${eventId.replaceAll('made.at', 'moment')} as event,
           ${uuidAt(`moment + interval '1 ms'`, `'d' || i || k || moment`)} as delivery, abs(hashtext(i || '-' || k)) % 100 as luck
         from (select ${at('i')} as moment) m) made,
       lateral (
         select number, made.at + interval '20 ms' + (number - 1) * interval '1 minute' as at,
           case when made.luck = 0 then case when number = 3 then 'exhausted' else 'retry' end
             when made.luck < 6 and number = 1 then 'retry' else 'succeeded' end as verdict
         from generate_series(1, case when made.luck = 0 then 3 when made.luck < 6 then 2 else 1 end) number) tried`,
    [day, events, partMs],
  );
}

/** As one daemon writes them: a row for each minute of all together, for eight days; one for each five minutes of each endpoint, for two. */
async function makeStats(pool: pg.Pool): Promise<void> {
  const each = async (of: string, minutes: number, rows: number): Promise<void> => {
    await pool.query(
      `insert into rowhook.delivery_stat (endpoint_id, id, at, succeeded, retried, exhausted, durations, delays)
       select e, ${uuidAt('made.at', `e || 's' || made.at`)}, made.at - interval '1 minute', 200, 12, 2,
         array(select case when c < 8 then 0 else (c * 7 + e) % 40 end from generate_series(1, 22) c)::int[],
         array(select case when c < 12 then 0 else (c * 5 + e) % 30 end from generate_series(1, 26) c)::int[]
       from ${of} e, generate_series(0, $1::int) n, lateral (select now() - n * $2 * interval '1 minute' as at) made`,
      [rows, minutes],
    );
  };
  await each('generate_series(0, 0)', 1, 8 * 1_440);
  await each(`generate_series(1, ${endpoints})`, 5, 2 * 288);
}
