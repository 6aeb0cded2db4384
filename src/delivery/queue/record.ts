import {
  boolArray,
  byteaArray,
  int4Array,
  int8Array,
  textArray,
  timestampArray,
  uuidTextArray,
} from '../../store/binary-arrays.ts';
import type { HeaderList } from '../../wire/dialect.ts';
import type { Verdict } from '../verdict.ts';
import type { Claimed } from './claim.ts';
import { sameDelivery } from './same-row.ts';
import type { Session } from './session.ts';

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
  /** Milliseconds of each part of the request, as far as it got. */
  readonly phases?: object | null | undefined;
}

/** What became of a finished delivery in the database. */
export interface Recorded {
  readonly attemptId: string;
  /** Of this attempt: 1 for the first one. */
  readonly number: number;
  /** When the next attempt is due, where the verdict is retry. */
  readonly dueAt: Date | null;
}

// All in one statement, so that a delivery leaves the queue, is logged, and waits for its retry or lets the next one of its record go,
// at once or not at all (invariant 9). Whatever is not held here was leased anew by somebody else, or is gone with its endpoint: nothing
// of it is written (the lease is the fence). The retry is due by the database's clock, by which it is also found. A row that is locked is
// skipped: waiting for it would keep the results of every endpoint waiting (invariant 7).
//
// next is called when all locks are had: what was put behind one of these by then is committed, and it sees that.
const recordText = `
with finished as materialized (
  select *
    from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::int[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::int[], $14::text[], $15::bytea[],
                $16::boolean[], $17::bigint[], $18::int[], $19::int[], $20::text[])
      as finished (endpoint_id, id, lease, attempt_id, started_at, duration_ms, verdict, reason,
                   detail, url, dialect, request_headers, status, response_headers, response_body,
                   response_cut, delay_ms, lane, slot, phases)
), held as materialized (
  select finished.*, delivery.event_id, delivery.attempts + 1 as number, delivery.record,
         now() + finished.delay_ms * interval '1 millisecond' as due_at
    from finished
    join rowhook.delivery
      on ${sameDelivery('delivery', 'finished')}
     and delivery.slot + 0 = finished.slot and delivery.lease = finished.lease
     for update of delivery skip locked
), ended as (
  delete from rowhook.delivery
   using held
   where ${sameDelivery('delivery', 'held')} and delivery.slot + 0 = held.slot
), waiting as (
  insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at, record)
  select endpoint_id, id, event_id, number, due_at, record
    from held
   where due_at is not null
), logged as (
  insert into rowhook.attempt (
    id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, detail, url, dialect,
    request_headers, response_status, response_headers, response_body, response_cut, due_at, phases)
  select attempt_id, endpoint_id, id, event_id, number, started_at, duration_ms, verdict, reason, detail, url, dialect,
         request_headers::json, status, response_headers::json, response_body, response_cut, due_at, phases::json
    from held
), next as materialized (
  select rowhook.deliver_next(array_agg(endpoint_id), array_agg(record)) as brought
    from held
   where record is not null and due_at is null
  having count(*) > 0
)
select attempt_id as "attemptId", 'waits' as fate, due_at as "dueAt", 0 as count
  from held
 where due_at is not null
union all
select finished.attempt_id, case when delivery.id is null then 'lost' else 'locked' end, null, 0
  from finished
  left join rowhook.delivery
    on ${sameDelivery('delivery', 'finished')}
   and delivery.slot + 0 = finished.slot and delivery.lease = finished.lease
 where (select count(*) from held) < (select count(*) from finished)
   and finished.attempt_id not in (select attempt_id from held)
union all
select null, 'brought', null, brought
  from next
union all
select null, 'held', null, count(*)::int
  from held`;

/** What the statement says of an attempt: nothing of most, which are written and succeeded. */
interface Row {
  /** Null where it is of all of them: how many deliveries have become due, how many attempts were written. */
  readonly attemptId: string | null;
  readonly fate: 'waits' | 'lost' | 'locked' | 'brought' | 'held';
  readonly dueAt: Date | null;
  readonly count: number;
}

/**
 * Ends deliveries whose requests are over: logs the attempts, and puts back what is to be tried again.
 * @returns those whose lease still held, and the attempt ids of those that somebody else has locked (a transaction that deletes
 *   their endpoint, say): they can be recorded later. Of all others nothing was or will be written. And how many deliveries have
 *   become due by it: the next ones of their records.
 */
export async function record(
  session: Session,
  finished: readonly Finished[],
): Promise<{ recorded: Recorded[]; locked: Set<string>; brought: number }> {
  const column = <T>(value: (each: Finished) => T): T[] => finished.map(value);
  const { rows } = await session.query<Row>({ name: 'rowhook record', text: recordText }, [
    int8Array(column((each) => each.delivery.endpointId)),
    uuidTextArray(column((each) => each.delivery.id)),
    uuidTextArray(column((each) => each.delivery.lease)),
    uuidTextArray(column((each) => each.attemptId)),
    timestampArray(column((each) => each.startedAt.getTime())),
    int4Array(column((each) => each.durationMs)),
    textArray(column((each) => each.verdict.verdict)),
    textArray(column((each) => each.verdict.reason)),
    textArray(column((each) => each.detail)),
    textArray(column((each) => each.url)),
    textArray(column((each) => each.dialect)),
    textArray(column((each) => JSON.stringify(each.requestHeaders))),
    int4Array(column((each) => each.status)),
    textArray(column((each) => each.responseHeaders && JSON.stringify(each.responseHeaders))),
    byteaArray(column((each) => each.responseBody)),
    boolArray(column((each) => each.responseCut)),
    int8Array(
      column((each) => ('retryDelayMs' in each.verdict ? Math.round(each.verdict.retryDelayMs) : null)),
    ),
    int4Array(column((each) => each.delivery.lane)),
    int4Array(column((each) => each.delivery.slot)),
    textArray(column((each) => (each.phases ? JSON.stringify(each.phases) : null))),
  ]);
  const said = new Map(rows.map((row) => [row.attemptId, row]));
  const recorded: Recorded[] = [];
  const locked = new Set<string>();
  for (const { attemptId, delivery } of finished) {
    const row = said.get(attemptId);
    if (row?.fate === 'locked') locked.add(attemptId);
    // Nobody counts attempts of a delivery but who holds its lease.
    else if (row?.fate !== 'lost') {
      recorded.push({ attemptId, number: delivery.attempts + 1, dueAt: row?.dueAt ?? null });
    }
  }
  const countOf = (fate: Row['fate']): number => rows.find((row) => row.fate === fate)?.count ?? 0;
  // Before anything is taken for written that the answer has only not named (invariant 9).
  if (recorded.length !== countOf('held')) throw new Error('the answer does not say what was written');
  return { recorded, locked, brought: countOf('brought') };
}
