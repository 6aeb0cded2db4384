import { v7 } from 'uuid';
import { type BulkJob, createBulkJob, showBulkJob } from '../../src/store/bulk-jobs.ts';
import type { TestDatabase } from '../support/database.ts';

const minuteMs = 60_000;

/** Minutes ago, by this machine's clock, which is the database's too. */
export const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * minuteMs);

/** An attempt of a delivery that a test makes up. */
export interface Made {
  readonly delivery: string;
  readonly event: string;
  readonly at: Date;
  readonly number?: number;
  readonly verdict?: 'succeeded' | 'retry' | 'exhausted';
}

/** Deliveries that are to have attempts, with their events, each of a record of its own unless they share a key. */
export async function deliveriesOf(
  db: TestDatabase,
  count: number,
  more: { readonly key?: string; readonly at?: Date } = {},
): Promise<Array<{ delivery: string; event: string }>> {
  const msecs = (more.at ?? minutesAgo(60)).getTime();
  const made = Array.from({ length: count }, () => ({ delivery: v7({ msecs }), event: v7({ msecs }) }));
  await db.query(
    `insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, seq, changed_at)
     select id, 'person_update', 'person', coalesce($2, n::text), '{"n":"' || n || '"}', 1, 1, now()
       from unnest($1::uuid[]) with ordinality as t (id, n)`,
    [made.map(({ event }) => event), more.key ?? null],
  );
  return made;
}

/** Writes attempts as a dispatcher would have. */
export async function attempted(
  db: TestDatabase,
  endpoint: string,
  attempts: readonly Made[],
): Promise<void> {
  await db.query(
    `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url,
                                  dialect, request_headers)
     select id, $1, delivery, event, number, at, 3, verdict, 'http_500', 'http://127.0.0.1/', 'site-stacker', '[]'
       from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::timestamptz[], $7::text[])
         as t (id, delivery, event, number, at, verdict)`,
    [
      endpoint,
      attempts.map(({ at }) => v7({ msecs: at.getTime() })),
      attempts.map(({ delivery }) => delivery),
      attempts.map(({ event }) => event),
      attempts.map(({ number = 1 }) => number),
      attempts.map(({ at }) => at),
      attempts.map(({ verdict = 'exhausted' }) => verdict),
    ],
  );
}

/** So many that failed for good, one after the other from so many minutes ago on; their ids, the earliest failure first. */
export async function failed(
  db: TestDatabase,
  endpoint: string,
  count: number,
  more: { readonly minutes?: number; readonly key?: string } = {},
): Promise<string[]> {
  const from = minutesAgo(more.minutes ?? 30).getTime();
  const made = await deliveriesOf(db, count, more);
  await attempted(
    db,
    endpoint,
    made.flatMap((each, n) => [
      { ...each, at: new Date(from + n * 2), number: 1, verdict: 'retry' as const },
      { ...each, at: new Date(from + n * 2 + 1), number: 2 },
    ]),
  );
  return made.map(({ delivery }) => delivery);
}

/** A job about the last hour. */
export function lastHour(db: TestDatabase, endpointId: string, until?: Date): Promise<BulkJob> {
  return createBulkJob(db.pool, { endpointId, since: minutesAgo(60), until }, 'anna');
}

/** Lets the next slice of every job come at once, as if its time had come. */
export async function timePasses(db: TestDatabase): Promise<void> {
  await db.query(`update rowhook.bulk_job set next_at = clock_timestamp()`);
}

/** What a job has come to. */
export async function progress(db: TestDatabase, id: string) {
  const { state, done, skipped, total } = await showBulkJob(db.pool, id);
  return { state, done, skipped, total: total.count };
}

/** The deliveries in the queue to be sent again: due ones, and those behind others of their record. */
export async function queuedAgain(db: TestDatabase): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from rowhook.delivery where lane = 2 union all select id from rowhook.delivery_behind where lane = 2 order by 1`,
  );
  return rows.map(({ id }) => id);
}
