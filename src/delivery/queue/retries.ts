import type { Queryable } from '../../store/sql.ts';

/** How many are moved in one statement, at most. */
export const retryBatch = 1_000;

// A retry whose endpoint is gone is deleted and goes nowhere. starts takes up where attempts are, so that the difference still tells of
// starts without an end. Where the delivery is due already (redelivered by hand), that one stays.
//
// $1 leaves out what was due long before: all of that has been moved, and where a long transaction holds vacuum back, its
// dead rows are still there to walk over (invariant 8).
const text = (order: 'asc' | 'desc'): string => `
with due as materialized (
  select endpoint_id, id
    from rowhook.delivery_waiting
   where due_at <= now() and due_at > $1::timestamptz
   order by due_at ${order}
   limit $2::int
     for update skip locked
), taken as (
  delete from rowhook.delivery_waiting as waiting
   using due
   where waiting.endpoint_id = due.endpoint_id and waiting.id = due.id
  returning waiting.endpoint_id, waiting.id, waiting.event_id, waiting.attempts, waiting.record
), moved as (
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
  select 1, (select slot from rowhook.delivery_slot), taken.endpoint_id, taken.id, taken.event_id, taken.attempts, taken.attempts,
         taken.record
    from taken
    join rowhook.endpoint on endpoint.id = taken.endpoint_id
   where not exists (select from rowhook.delivery
                      where delivery.lane in (0, 1, 2) and delivery.endpoint_id = taken.endpoint_id and delivery.id = taken.id)
  returning 1
)
select (select count(*) from taken)::int as taken, (select count(*) from moved)::int as moved, now() as at`;

/**
 * Puts one batch of retries whose time has come back into the queue.
 * @param first which of them: where a million of one endpoint are due, those that have become due just now need not wait for all of it
 */
export async function moveDueRetries(
  db: Queryable,
  dueAfter: Date,
  most: number = retryBatch,
  first: 'oldest' | 'newest' = 'oldest',
): Promise<{ taken: number; moved: number; at: Date }> {
  const { rows } = await db.query<{ taken: number; moved: number; at: Date }>(
    text(first === 'oldest' ? 'asc' : 'desc'),
    [dueAfter, most],
  );
  // One row, always: it is an aggregate.
  return rows[0] as { taken: number; moved: number; at: Date };
}

// A relay that read the endpoints just before one was deleted still queues for it. Nobody would ever claim that, so it is
// taken away. The endpoints in a table are found by descents of its index, one for each.
const gone = (table: string, where = 'true'): string => `
(with recursive queued (endpoint_id) as (
   (select endpoint_id from ${table} where ${where} order by endpoint_id limit 1)
   union all
   select (select endpoint_id from ${table} where ${where} and endpoint_id > queued.endpoint_id order by endpoint_id limit 1)
     from queued
    where queued.endpoint_id is not null
 )
 select endpoint_id from queued
  where endpoint_id is not null and not exists (select from rowhook.endpoint where id = queued.endpoint_id))`;
const orphanText = `
with gone as materialized (
  ${[0, 1, 2].map((lane) => gone('rowhook.delivery', `lane = ${lane}`)).join(' union ')}
  union ${gone('rowhook.delivery_behind')}
), due as (
  delete from rowhook.delivery using gone where delivery.lane in (0, 1, 2) and delivery.endpoint_id = gone.endpoint_id
  returning 1
), behind as (
  delete from rowhook.delivery_behind as behind using gone where behind.endpoint_id = gone.endpoint_id
  returning 1
), health as (
  delete from rowhook.endpoint_health as health
   where not exists (select from rowhook.endpoint where endpoint.id = health.endpoint_id)
)
select ((select count(*) from due) + (select count(*) from behind))::int as deleted`;

/** Deletes due deliveries to endpoints that are gone, those behind them, and what is known of these endpoints' health. Returns how many. */
export async function deleteOrphans(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ deleted: number }>(orphanText);
  return rows[0]!.deleted;
}
