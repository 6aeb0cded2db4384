import type { HeaderList } from '../wire/dialect.ts';
import type { Claimed } from './claim.ts';
import type { Session } from './session.ts';
import type { Verdict } from './verdict.ts';

/** A delivery whose request is over, with what is to be kept of it. */
export interface Finished {
  readonly delivery: Claimed;
  readonly attemptId: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly verdict: Verdict;
  readonly detail: string | null;
  readonly url: string;
  readonly dialect: string;
  readonly requestHeaders: HeaderList;
  readonly status: number | null;
  readonly responseHeaders: HeaderList | null;
  readonly responseBody: Buffer | null;
  readonly responseCut: boolean;
}

/** What became of a finished delivery in the database. */
export interface Recorded {
  readonly attemptId: string;
  /** Of this attempt: 1 for the first one. */
  readonly number: number;
  /** When the next attempt is due, where the verdict is retry. */
  readonly dueAt: Date | null;
}

// All in one statement, so that a delivery leaves the queue, is logged, and waits for its retry at once or not at all
// (invariant 9). Whatever is not deleted here was leased anew by somebody else, or is gone with its endpoint: nothing of it
// is written (the lease is the fence). The retry is due by the database's clock, by which it is also found. A row that is locked is skipped: waiting for it would keep the results of every endpoint waiting
// (invariant 7).
const text = `
with finished as materialized (
  select *
    from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::int[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::smallint[], $14::text[], $15::bytea[],
                $16::boolean[], $17::float8[], $18::smallint[])
      as finished (endpoint_id, id, lease, attempt_id, started_at, duration_ms, verdict, reason,
                   detail, url, dialect, request_headers, status, response_headers, response_body,
                   response_cut, delay_ms, lane)
), held as materialized (
  select finished.attempt_id
    from finished
    join rowhook.delivery
      on delivery.lane = finished.lane and delivery.endpoint_id = finished.endpoint_id and delivery.id = finished.id and delivery.lease = finished.lease
     for update of delivery skip locked
), ended as (
  delete from rowhook.delivery
   using finished
   where delivery.lane = finished.lane
     and delivery.endpoint_id = finished.endpoint_id
     and delivery.id = finished.id
     and delivery.lease = finished.lease
     and finished.attempt_id in (select attempt_id from held)
  returning delivery.event_id, delivery.attempts + 1 as number,
            now() + finished.delay_ms * interval '1 millisecond' as due_at, finished.*
), waiting as (
  insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
  select endpoint_id, id, event_id, number, due_at
    from ended
   where due_at is not null
), logged as (
  insert into rowhook.attempt (
    id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, detail, url, dialect,
    request_headers, response_status, response_headers, response_body, response_cut, due_at)
  select attempt_id, endpoint_id, id, event_id, number, started_at, duration_ms, verdict, reason, detail, url, dialect,
         request_headers::json, status, response_headers::json, response_body, response_cut, due_at
    from ended
)
select attempt_id as "attemptId", number, due_at as "dueAt", false as locked
  from ended
union all
select finished.attempt_id, null, null, true
  from finished
  join rowhook.delivery
    on delivery.lane = finished.lane and delivery.endpoint_id = finished.endpoint_id and delivery.id = finished.id and delivery.lease = finished.lease
 where finished.attempt_id not in (select attempt_id from held)`;

/**
 * Ends deliveries whose requests are over: logs the attempts, and puts back what is to be tried again.
 * @returns those whose lease still held, and the attempt ids of those that somebody else has locked (a transaction that deletes
 *   their endpoint, say): they can be recorded later. Of all others nothing was or will be written.
 */
export async function record(
  session: Session,
  finished: readonly Finished[],
): Promise<{ recorded: Recorded[]; locked: Set<string> }> {
  const column = <T>(value: (each: Finished) => T): T[] => finished.map(value);
  const { rows } = await session.query<Recorded & { locked: boolean }>({ name: 'rowhook record', text }, [
    column((each) => each.delivery.endpointId),
    column((each) => each.delivery.id),
    column((each) => each.delivery.lease),
    column((each) => each.attemptId),
    column((each) => each.startedAt.toISOString()),
    column((each) => each.durationMs),
    column((each) => each.verdict.verdict),
    column((each) => each.verdict.reason),
    column((each) => each.detail),
    column((each) => each.url),
    column((each) => each.dialect),
    column((each) => JSON.stringify(each.requestHeaders)),
    column((each) => each.status),
    column((each) => each.responseHeaders && JSON.stringify(each.responseHeaders)),
    column((each) => each.responseBody),
    column((each) => each.responseCut),
    column((each) => ('retryDelayMs' in each.verdict ? each.verdict.retryDelayMs : null)),
    column((each) => each.delivery.lane),
  ]);
  return {
    recorded: rows
      .filter((row) => !row.locked)
      .map(({ attemptId, number, dueAt }) => ({ attemptId, number, dueAt })),
    locked: new Set(rows.filter((row) => row.locked).map((row) => row.attemptId)),
  };
}
