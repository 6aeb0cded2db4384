import type { Queryable } from '../store/sql.ts';
import type { EndpointNow, EndpointThen, EventFacts, Group, Standing } from './facts.ts';

/** How many endpoints of each standing are read: those that the event may have gone to, and some of the others. */
const most = { taking: 10_000, disabled: 1_000, others: 5 };

// rowhook.endpoint_change is walked by its index: from each endpoint to the next one, and of each to the last change before the event.
// 10,000 endpoints are 20,000 short descents, however long the history of each is.
const thenSql = `
with recursive known (id) as (
  (select endpoint_id from rowhook.endpoint_change where $4::bigint is null or endpoint_id = $4 order by endpoint_id limit 1)
  union all
  select (select c.endpoint_id from rowhook.endpoint_change c where c.endpoint_id > known.id order by c.endpoint_id limit 1)
    from known where known.id is not null and $4::bigint is null
), stood as (
  select known.id as endpoint_id, c.id as change, c.changed_at, c.url, c.events, c.tenant, c.active, c.disabled_reason,
    case when c.id is null then 'created_later'
      when c.deleted then 'deleted_before'
      when not c.events && array[$1, '*'] then 'not_subscribed'
      when not c.active then 'disabled'
      when c.tenant is not null and c.tenant is distinct from $2 then 'other_tenant'
      else 'taking' end as standing
  from known
  left join lateral (
    select * from rowhook.endpoint_change c
    where c.endpoint_id = known.id and c.changed_at <= $3::timestamptz order by c.id desc limit 1
  ) c on true
  where known.id is not null
), ranked as (
  select *, row_number() over (partition by standing order by endpoint_id) as place,
    count(*) over (partition by standing)::int as count
  from stood
)
select r.endpoint_id::text as id, r.standing, r.count, coalesce(r.url, f.url) as url, coalesce(r.events, f.events) as events,
  coalesce(r.tenant, f.tenant) as tenant, r.disabled_reason as "disabledReason",
  coalesce(off.changed_at, r.changed_at, f.changed_at) as since
from ranked r
left join lateral (
  select * from rowhook.endpoint_change c where r.change is null and c.endpoint_id = r.endpoint_id order by c.id limit 1
) f on true
left join lateral (
  select o.changed_at from rowhook.endpoint_change o
  where r.standing = 'disabled' and o.endpoint_id = r.endpoint_id and o.id <= r.change and o.id > coalesce((
    select a.id from rowhook.endpoint_change a
    where a.endpoint_id = r.endpoint_id and a.id < r.change and a.active order by a.id desc limit 1), 0)
  order by o.id limit 1
) off on true
where r.place <= case r.standing when 'taking' then $5::int when 'disabled' then $6::int else $7::int end
order by r.standing, r.endpoint_id`;

/**
 * What each endpoint that exists, or existed, was to an event when that was made: by standing, the first ones of each.
 * @param endpointId only this one
 */
export async function endpointsThen(
  db: Queryable,
  event: Pick<EventFacts, 'name' | 'tenant' | 'madeAt'>,
  endpointId: string | undefined,
): Promise<Map<Standing, Group>> {
  const { rows } = await db.query<EndpointThen & { count: number }>(thenSql, [
    event.name,
    event.tenant,
    event.madeAt,
    endpointId ?? null,
    most.taking,
    most.disabled,
    most.others,
  ]);
  const groups = new Map<Standing, Group & { endpoints: EndpointThen[] }>();
  for (const { count, ...endpoint } of rows) {
    const { standing } = endpoint;
    const group = groups.get(standing) ?? { standing, count, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(standing, group);
  }
  return groups;
}

/** When an endpoint was last changed before a moment, to the microsecond; null: never. */
export async function lastChangeBefore(db: Queryable, at: string): Promise<string | null> {
  const { rows } = await db.query<{ at: string }>(
    'select changed_at::text as at from rowhook.endpoint_change where changed_at <= $1::timestamptz order by changed_at desc limit 1',
    [at],
  );
  return rows[0]?.at ?? null;
}

const nowSql = `
select asked.id::text as id, last.url, case when last.deleted then last.changed_at end as "deletedAt",
  coalesce(e.active, false) as active, e.disabled_reason as "disabledReason", off.changed_at as "disabledAt", e.paused_at as "pausedAt",
  coalesce(h.failures, 0) as failures, h.failing_since as "failingSince",
  case when h.open_until is not null then h.open_until end as "openUntil",
  case when h.paused_until > clock_timestamp() then h.paused_until end as "pausedUntil",
  least(e.rate, h.throttle) as rate, h.throttle is not null as throttled, e.concurrency,
  array(
    select distinct split_part(t, ':', 3) from unnest(array[e.secret, e.headers, e.client_key, e.proxy]) t where t like 'sealed:v1:%'
    order by 1
  ) as "sealedWith",
  gone.changed_at as "droppedAt"
from unnest($1::bigint[]) asked(id)
cross join lateral (
  select * from rowhook.endpoint_change c where c.endpoint_id = asked.id order by c.id desc limit 1
) last
left join rowhook.endpoint e on e.id = asked.id
left join rowhook.endpoint_health h on h.endpoint_id = asked.id
left join lateral (
  select o.changed_at from rowhook.endpoint_change o
  where not e.active and o.endpoint_id = asked.id and o.id > coalesce((
    select a.id from rowhook.endpoint_change a where a.endpoint_id = asked.id and a.active order by a.id desc limit 1), 0)
  order by o.id limit 1
) off on true
left join lateral (
  select d.changed_at from rowhook.endpoint_change d
  where d.endpoint_id = asked.id and d.dropped > 0 and d.changed_at >= $2 order by d.id limit 1
) gone on true`;

/** Endpoints as they are now, by id; those that exist no more too. @param madeAt when the event was made that is asked about */
export async function endpointsNow(
  db: Queryable,
  ids: readonly string[],
  madeAt: Date,
): Promise<Map<string, EndpointNow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<EndpointNow>(nowSql, [ids, madeAt.toISOString()]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The endpoints of a URL, or the one of an id, that exist or existed: the latest ones first. */
export async function findEndpoints(db: Queryable, idOrUrl: string): Promise<string[]> {
  if (/^\d{1,18}$/.test(idOrUrl)) {
    const { rows } = await db.query<{ id: string }>(
      'select endpoint_id::text as id from rowhook.endpoint_change where endpoint_id = $1 limit 1',
      [idOrUrl],
    );
    return rows.map(({ id }) => id);
  }
  const { rows } = await db.query<{ id: string }>(
    'select id::text from rowhook.endpoint where url = $1 order by id desc limit 20',
    [idOrUrl],
  );
  return rows.map(({ id }) => id);
}
