import type { Queryable } from '../store/sql.ts';

/** How many are moved in one statement, at most. */
export const retryBatch = 1_000;

// Oldest first. A retry whose endpoint is gone is deleted and goes nowhere. starts takes up where attempts are, so that the
// difference still tells of starts without an end. Where the delivery is due already (redelivered by hand), that one stays.
//
// $1 leaves out what was due long before: all of that has been moved, and where a long transaction holds vacuum back, its
// dead rows are still there to walk over (invariant 8).
const text = `
with due as materialized (
  select endpoint_id, id
    from rowhook.delivery_waiting
   where due_at <= now() and due_at > $1::timestamptz
   order by due_at
   limit $2::int
     for update skip locked
), taken as (
  delete from rowhook.delivery_waiting as waiting
   using due
   where waiting.endpoint_id = due.endpoint_id and waiting.id = due.id
  returning waiting.endpoint_id, waiting.id, waiting.event_id, waiting.attempts
), moved as (
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts)
  select 1, (select slot from rowhook.delivery_slot), taken.endpoint_id, taken.id, taken.event_id, taken.attempts, taken.attempts
    from taken
    join rowhook.endpoint on endpoint.id = taken.endpoint_id
  on conflict do nothing
  returning 1
)
select (select count(*) from taken)::int as taken, (select count(*) from moved)::int as moved, now() as at`;

/** Puts one batch of retries whose time has come back into the queue. */
export async function moveDueRetries(
  db: Queryable,
  dueAfter: Date,
  most: number = retryBatch,
): Promise<{ taken: number; moved: number; at: Date }> {
  const { rows } = await db.query<{ taken: number; moved: number; at: Date }>(text, [dueAfter, most]);
  // One row, always: it is an aggregate.
  return rows[0] as { taken: number; moved: number; at: Date };
}

// A relay that read the endpoints just before one was deleted still queues for it. Nobody would ever claim that, so it is
// taken away. The endpoints in the queue are found by descents of the index, one for each.
const orphanText = `
with recursive queued (endpoint_id) as (
  (select endpoint_id from rowhook.delivery order by endpoint_id limit 1)
  union all
  select (select endpoint_id from rowhook.delivery where endpoint_id > queued.endpoint_id order by endpoint_id limit 1)
    from queued
   where queued.endpoint_id is not null
), orphaned as (
  select endpoint_id from queued
   where endpoint_id is not null and not exists (select from rowhook.endpoint where id = queued.endpoint_id)
)
delete from rowhook.delivery using orphaned where delivery.endpoint_id = orphaned.endpoint_id`;

/** Deletes due deliveries to endpoints that are gone. Returns how many. */
export async function deleteOrphans(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(orphanText);
  return rowCount ?? 0;
}
