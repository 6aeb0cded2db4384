import type { PoolClient } from 'pg';
import { mostQueued, queuedText } from '../../store/bulk-queued.ts';
import { judgedText, judgedValues } from '../../store/failed-deliveries.ts';
import { lowestUuid } from '../../uuid-time.ts';

/** What a slice takes on at most. */
export interface SliceSize {
  /** Failed attempts that it walks over. */
  readonly walked: number;
  /** Deliveries that it puts back. */
  readonly deliveries: number;
}

/** What became of a job by one slice. */
export interface Sliced {
  /**
   * `moved`: it has got on; `ended`: it is done; `failed`: its endpoint is gone; `held`: as many are queued as may be; `busy`: it is somebody
   * else's now, or has just had its slice, or has ended.
   */
  readonly outcome: 'moved' | 'ended' | 'failed' | 'held' | 'busy';
  readonly endpointId: string | undefined;
  readonly put: number;
}

/**
 * Deliveries a second of a job, over all daemons: so many milliseconds pass between slices for each that was put back. The clock strikes each
 * second, and never quite at the same moment: a slice of 500 must be over by the next one.
 */
const msPerDelivery = 1.8;
/** Each that is in order with others of its record takes a lock, of which a server has only so many for everybody. */
const mostInOrder = 100;

interface Job {
  readonly endpointId: string;
  readonly since: Date;
  readonly until: Date;
  readonly reached: string | null;
  readonly createdAt: Date;
}

interface Endpoint {
  /** Null: somebody is deleting it just now. */
  readonly ordering: 'none' | 'record' | null;
  readonly mine: boolean;
  readonly queued: number;
}

/**
 * Does the next slice of a job, and says in the same transaction how far it came: it is done wholly or not at all, and never twice,
 * whatever ends when (invariant 9).
 *
 * Locks, in this order, which is everybody's: the job's row, which a cancellation waits for; the redeliveries of the endpoint, so that
 * nobody else puts back any of them meanwhile; the endpoint's row, so that nobody deletes it; then records. The first three
 * are not waited for.
 */
export async function doSlice(client: PoolClient, jobId: string, size: SliceSize): Promise<Sliced> {
  await client.query(`begin isolation level read committed; set local lock_timeout = '2s'`);
  try {
    const sliced = await inTransaction(client, jobId, size);
    await client.query('commit');
    return sliced;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function inTransaction(client: PoolClient, jobId: string, size: SliceSize): Promise<Sliced> {
  const jobs = await client.query<Job>(jobText, [jobId]);
  const [job] = jobs.rows;
  if (!job) return { outcome: 'busy', endpointId: undefined, put: 0 };
  const { endpointId } = job;
  const endpoints = await client.query<Endpoint>(endpointText, [endpointId]);
  const [endpoint] = endpoints.rows;
  if (!endpoint) {
    await client.query(failText, [jobId]);
    return { outcome: 'failed', endpointId, put: 0 };
  }
  const { ordering, mine, queued } = endpoint;
  if (!mine || ordering === null) return { outcome: 'busy', endpointId, put: 0 };
  const room = Math.min(size.deliveries, mostQueued - queued, ordering === 'record' ? mostInOrder : Infinity);
  if (room <= 0) return { outcome: 'held', endpointId, put: 0 };
  // A statement of its own, which sees what was committed before we had the locks.
  const span = {
    endpointId,
    after: job.reached ?? lowestUuid(job.since),
    before: lowestUuid(job.until),
    asked: lowestUuid(job.createdAt),
  };
  const { rows } = await client.query<{ put: number; skipped: number; reached: string | null }>(
    ordering === 'record' ? inOrderText : putText,
    judgedValues(span, { walked: size.walked, exhausted: room }),
  );
  const { put, skipped, reached } = rows[0]!;
  await client.query(reachedText, [jobId, put, skipped, reached, put * msPerDelivery]);
  return { outcome: reached === null ? 'ended' : 'moved', endpointId, put };
}

const jobText = `
select endpoint_id::text as "endpointId", since, until, reached, created_at as "createdAt"
  from rowhook.bulk_job
 where id = $1 and state = 'running' and next_at <= clock_timestamp()
   for no key update skip locked`;

// The row is locked only where the redeliveries are ours.
const endpointText = `
with mine as materialized (
  select pg_try_advisory_xact_lock(hashtextextended('rowhook redeliver', $1::bigint)) as mine
), held as materialized (
  select ordering from rowhook.endpoint where id = $1::bigint and (select mine from mine) for key share skip locked
)
select mine.mine, (select ordering from held) as ordering, (${queuedText('$1::bigint')}) as queued
  from mine
 where exists (select from rowhook.endpoint where id = $1::bigint)`;

const failText = `
update rowhook.bulk_job
   set state = 'failed', ended_at = clock_timestamp(), error = 'the endpoint was deleted'
 where id = $1`;

// Attempts go on from the highest number, as with one that is redelivered by hand.
const putText = `
with ${judgedText}, put as (
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
  select 2, slot.slot, $1::bigint, delivery_id, event_id, number, number, null
    from judged
   cross join rowhook.delivery_slot as slot
   where standing = 'failed'
  returning 1
)
select (select count(*) from put)::int as put,
       (select count(*) from judged where standing = 'skipped')::int as skipped, reached
  from piece`;

// The earlier one of a record goes first; each sees the one before. An event of no record is in order with none.
const inOrderText = `
with ${judgedText}, ended as materialized (
  select * from judged where standing = 'failed' order by delivery_id
), in_order as materialized (
  select count(rowhook.redeliver_in_turn($1::bigint, record, delivery_id, event_id, number)::text)::int as put
    from ended
   where record is not null
), put as (
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
  select 2, slot.slot, $1::bigint, delivery_id, event_id, number, number, null
    from ended
   cross join rowhook.delivery_slot as slot
   where record is null
  returning 1
)
select (select count(*) from put)::int + (select put from in_order) as put,
       (select count(*) from judged where standing = 'skipped')::int as skipped, reached
  from piece`;

const reachedText = `
update rowhook.bulk_job
   set done = done + $2::int,
       skipped = skipped + $3::int,
       reached = coalesce($4::uuid, reached),
       next_at = clock_timestamp() + $5::float8 * interval '1 millisecond',
       state = case when $4::uuid is null then 'done' else state end,
       ended_at = case when $4::uuid is null then clock_timestamp() end
 where id = $1`;
