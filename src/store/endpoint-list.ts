import { dayMs, highestUuid, lowestUuid } from '../uuid-time.ts';
import { type EndpointDay, endpointDays } from './delivery-stats.ts';
import { keyOf, readEndpointsOf, type Sealing } from './endpoint-row.ts';
import type { Endpoint } from './endpoints.ts';
import type { Queryable } from './sql.ts';
import type { Count } from './status.ts';

/** What to show of an endpoint: `failing` is an active one whose receiver fails, is throttled or asked for a pause. */
export type EndpointStatus = 'active' | 'failing' | 'paused' | 'disabled';

/** An endpoint in the list. */
export interface EndpointRow extends Endpoint {
  readonly status: EndpointStatus;
  /** Since when it is so; null while it is active, and where it is not known. */
  readonly statusSince: Date | null;
  readonly lastDay: EndpointDay;
  /** Due, behind and waiting for a retry. */
  readonly backlog: Count;
  readonly lastAttemptAt: Date | null;
}

export interface EndpointListFilter extends Sealing {
  /** A part of the URL, the description or the tenant, in any case. */
  readonly search?: string | undefined;
  readonly status?: EndpointStatus | undefined;
  /** Default 50, at most 200. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
}

export interface EndpointListPage {
  /** The oldest first. */
  readonly endpoints: readonly EndpointRow[];
  /** Undefined when there are no more. */
  readonly next: string | undefined;
  /** How many match, on all pages. */
  readonly total: number;
}

/** How many of each queue are counted in the list, and where one endpoint is asked for. */
const listedMost = 1_000;
const heldMost = 100_000;

/** `failing` as a condition on rowhook.endpoint and its health. */
const failing = `(coalesce(health.failures, 0) > 0 or health.open_until is not null or health.paused_until > now() or health.throttle is not null)`;
/** SQL of an endpoint's status, where rowhook.endpoint is joined with its health. */
export const statusSql = `case when not endpoint.active then 'disabled' when endpoint.paused_at is not null then 'paused'
     when ${failing} then 'failing' else 'active' end`;
export const joinedHealth =
  'rowhook.endpoint left join rowhook.endpoint_health as health on health.endpoint_id = endpoint.id';

// Endpoints are some thousands at most: all of them are looked at for the total. position, as a search may hold what like would take for a
// pattern.
const pageText = `
with matching as materialized (
  select endpoint.id
    from ${joinedHealth}
   where ($1::text is null or ${statusSql} = $1)
     and ($2::text is null or position(lower($2) in lower(url || ' ' || description || ' ' || coalesce(tenant, ''))) > 0)
)
select coalesce((select array_agg(id::text order by id)
                   from (select id from matching where id > $3::bigint order by id limit $4) as page), '{}') as ids,
       (select count(*)::int from matching) as total`;

/** A page of the endpoints, and what is shown of each in a list. Whatever the history, it reads a bounded number of rows for each endpoint. */
export async function endpointList(
  db: Queryable,
  filter: EndpointListFilter = {},
): Promise<EndpointListPage> {
  const { search, status, after, sealer } = filter;
  const limit = Math.min(Math.max(1, filter.limit ?? 50), 200);
  const { rows } = await db.query<{ ids: string[]; total: number }>(pageText, [
    status ?? null,
    search?.trim() || null,
    after === undefined ? '0' : keyOf(after),
    limit + 1,
  ]);
  const { ids, total } = rows[0]!;
  const shown = ids.slice(0, limit);
  const endpoints = await endpointRows(db, shown, { sealer });
  return { endpoints, next: ids.length > limit ? shown.at(-1) : undefined, total };
}

/** These endpoints as the list shows them, the oldest first; those that there are. At most 200 at a time. */
export async function endpointRows(
  db: Queryable,
  ids: readonly string[],
  sealing: Sealing = {},
): Promise<EndpointRow[]> {
  if (ids.length === 0) return [];
  const endpoints = await readEndpointsOf(db, ids, sealing);
  const days = await endpointDays(db, ids);
  const backlogs = await heldBy(db, ids, listedMost);
  const attempted = await lastAttempts(db, ids);
  return endpoints.map((endpoint) => {
    const held = backlogs.get(endpoint.id)!;
    const { status, statusSince } = statusOf(endpoint);
    return {
      ...endpoint,
      status,
      statusSince,
      lastDay: days.get(endpoint.id)!,
      backlog: sumOf([held.due, held.behind, held.waiting]),
      lastAttemptAt: attempted.get(endpoint.id) ?? null,
    };
  });
}

/** What to show of an endpoint, as `endpointList` finds it. */
export function statusOf(endpoint: Pick<Endpoint, 'state' | 'stateSince' | 'health'>): {
  status: EndpointStatus;
  statusSince: Date | null;
} {
  const { state, stateSince, health } = endpoint;
  if (state !== 'active') return { status: state, statusSince: stateSince };
  const isFailing =
    health.failures > 0 ||
    health.openUntil !== null ||
    health.pausedUntil !== null ||
    health.throttle !== null;
  return isFailing
    ? { status: 'failing', statusSince: health.failingSince }
    : { status: 'active', statusSince: null };
}

/** What a delete, or a resume that drops, takes along. */
export interface EndpointHeld {
  readonly due: Count;
  /** They wait for an earlier one of their record. */
  readonly behind: Count;
  /** They failed, and wait for their next attempt. */
  readonly waiting: Count;
}

/** What is queued for an endpoint, each counted up to 100,000. Of one that there is not all are 0. */
export async function endpointHeld(db: Queryable, id: string): Promise<EndpointHeld> {
  return (await heldBy(db, [keyOf(id)], heldMost)).get(keyOf(id))!;
}

const limited = (from: string): string =>
  `(select count(*)::int from (select from ${from} limit $2) as counted)`;
// The due ones lane by lane, so that each count is one walk along the key which ends at its limit.
const heldText = `
select endpoint.id::text,
       ${[0, 1, 2].map((lane) => limited(`rowhook.delivery where lane = ${lane} and endpoint_id = endpoint.id`)).join(' + ')} as due,
       ${limited('rowhook.delivery_behind where endpoint_id = endpoint.id')} as behind,
       ${limited('rowhook.delivery_waiting where endpoint_id = endpoint.id')} as waiting
  from unnest($1::bigint[]) as endpoint (id)`;

async function heldBy(
  db: Queryable,
  ids: readonly string[],
  most: number,
): Promise<Map<string, EndpointHeld>> {
  const { rows } = await db.query<{ id: string; due: number; behind: number; waiting: number }>(heldText, [
    ids,
    most,
  ]);
  const count = (found: number): Count => ({ count: Math.min(found, most), atLeast: found >= most });
  return new Map(
    rows.map(({ id, due, behind, waiting }) => [
      id,
      { due: count(due), behind: count(behind), waiting: count(waiting) },
    ]),
  );
}

function sumOf(counts: readonly Count[]): Count {
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    atLeast: counts.some(({ atLeast }) => atLeast),
  };
}

// One step back along the key for each endpoint, in the partitions of these days only.
const lastText = `
select endpoint.id::text, last.started_at as "at"
  from unnest($1::bigint[]) as endpoint (id)
 cross join lateral (
    select started_at from rowhook.attempt
     where endpoint_id = endpoint.id and id >= $2::uuid and id < $3::uuid
     order by id desc
     limit 1
 ) as last`;

/** When each of these endpoints was last sent something. The latest days first: most are found there. */
async function lastAttempts(db: Queryable, ids: readonly string[]): Promise<Map<string, Date>> {
  const found = new Map<string, Date>();
  let missing = ids;
  for (const { from, to } of lookBacks()) {
    if (missing.length === 0) break;
    const { rows } = await db.query<{ id: string; at: Date }>(lastText, [missing, from, to]);
    for (const { id, at } of rows) found.set(id, at);
    missing = missing.filter((id) => !found.has(id));
  }
  return found;
}

/** Ranges of ids to look through, the latest first: two days, then all before. */
function lookBacks(): { from: string; to: string }[] {
  const days = lowestUuid(new Date(Date.now() - 2 * dayMs));
  return [
    { from: days, to: highestUuid },
    { from: lowestUuid(new Date(0)), to: days },
  ];
}
