import type { Queryable } from '../../store/sql.ts';

/** A record of an endpoint; where a round of looking for strays is. */
export interface RecordPlace {
  readonly endpointId: string;
  readonly record: string;
}

// Each record that something waits behind, by descents of the index. What looks stray here is looked at again under the record's lock.
const strayText = `
with recursive reached (n, endpoint_id, record) as (
  (select 1, endpoint_id, record
     from rowhook.delivery_behind
    where (endpoint_id, record) > ($1::bigint, $2::text)
    order by endpoint_id, record
    limit 1)
  union all
  select next.*
    from reached
   cross join lateral (
      select reached.n + 1, endpoint_id, record
        from rowhook.delivery_behind
       where (endpoint_id, record) > (reached.endpoint_id, reached.record)
       order by endpoint_id, record
       limit 1
   ) as next
   where reached.n < $3::int
), brought as materialized (
  select rowhook.deliver_stray(endpoint_id, record) as brought
    from reached
   where not exists (select from rowhook.delivery
                      where delivery.endpoint_id = reached.endpoint_id and delivery.record = reached.record)
     and not exists (select from rowhook.delivery_waiting as waiting
                      where waiting.endpoint_id = reached.endpoint_id and waiting.record = reached.record)
)
select (select coalesce(sum(brought), 0) from brought)::int as brought, last.endpoint_id::text as "endpointId", last.record
  from (values (1)) as one
  left join (select endpoint_id, record from reached order by n desc limit 1) as last on (select max(n) from reached) = $3::int`;

/**
 * Puts deliveries back into the queue that wait behind an earlier one of their record which is no more: somebody's transaction took it away
 * without an end. Looks at so many records.
 * @param after where the look before ended; undefined: at the beginning
 * @returns how many were brought back, and where to go on; undefined: that was all
 */
export async function bringStrays(
  db: Queryable,
  after: RecordPlace | undefined,
  most = 1_000,
): Promise<{ brought: number; next: RecordPlace | undefined }> {
  const { rows } = await db.query<{ brought: number; endpointId: string | null; record: string | null }>(
    strayText,
    [after?.endpointId ?? '0', after?.record ?? '', most],
  );
  const { brought, endpointId, record } = rows[0]!;
  return { brought, next: endpointId === null || record === null ? undefined : { endpointId, record } };
}

// The endpoints that something waits for behind others, by descents of the index.
const looseText = `
with recursive reached (endpoint_id) as (
  (select endpoint_id from rowhook.delivery_behind order by endpoint_id limit 1)
  union all
  select (select endpoint_id from rowhook.delivery_behind where endpoint_id > reached.endpoint_id order by endpoint_id limit 1)
    from reached
   where reached.endpoint_id is not null
), loose as materialized (
  select behind.*
    from reached
    join rowhook.endpoint on endpoint.id = reached.endpoint_id and endpoint.ordering = 'none'
   cross join lateral (
      select endpoint_id, record, id
        from rowhook.delivery_behind as behind
       where behind.endpoint_id = endpoint.id
       limit $1::int
         for update skip locked
   ) as behind
   limit $1::int
), taken as (
  delete from rowhook.delivery_behind as behind
   using loose
   where behind.endpoint_id = loose.endpoint_id and behind.record = loose.record and behind.id = loose.id
  returning behind.*
)
insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
select lane, (select slot from rowhook.delivery_slot), endpoint_id, id, event_id, attempts, attempts, record
  from taken`;

/** Puts one batch of deliveries back whose endpoints are no longer sent one of a record at a time. Returns how many. */
export async function bringUnordered(db: Queryable, most = 1_000): Promise<number> {
  const { rowCount } = await db.query(looseText, [most]);
  return rowCount ?? 0;
}
