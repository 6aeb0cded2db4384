import { attemptsFrom, lowestUuid, uuidTime } from '../uuid-time.ts';
import type { AttemptSummary } from './attempts.ts';
import type { Queryable } from './sql.ts';

/** Where a delivery is queued; null: it is not any more. */
export type Place = 'due' | 'sending' | 'waiting' | 'behind' | null;

/** A delivery of an event, as the queue or its attempts tell of it. */
export interface EventDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly place: Place;
  /** When it is sent next, where it waits for that. */
  readonly dueAt: Date | null;
  readonly starts: number;
  /** Requests made for it, as far as the queue or the attempts say. */
  readonly attempts: number;
  /** Set where it is sent one of its record at a time. */
  readonly record: string | null;
  readonly lane: number | null;
  /** Of its latest attempt. */
  readonly verdict: AttemptSummary['verdict'] | null;
}

interface Delivered {
  readonly id: string;
  readonly resource: string | null;
  readonly recordKey: string | null;
}

/** Deliveries are made right after their event, and have higher ids: by the clock no more than this later, in ms. */
const laterMs = 600_000;
/** A slice of a page makes 500 events at most, so no more of an endpoint's deliveries lie between an event and its own. */
const besideMost = 1_000;
/** How far the attempts are walked over: in steps, each longer than the one before. */
const walks = [2_000, 8_000, 40_000];

const place = `case when d.leased_until > now() then 'sending' else 'due' end`;
const lane = (number: number): string => `
(select d.id, d.event_id, ${place} as place, null::timestamptz as due_at, d.starts, d.attempts, d.record, d.lane
   from rowhook.delivery d
  where d.lane = ${number} and d.endpoint_id = e.id and d.id > $2::uuid and d.id < $3::uuid
  order by d.id limit $4)`;

// The event's deliveries among those that are queued: of each endpoint the few that lie right behind the event's id, in each lane.
const queuedSql = `
select q.id, e.id::text as "endpointId", q.event_id as "eventId", q.place, q.due_at as "dueAt", q.starts, q.attempts, q.record, q.lane
from unnest($1::bigint[]) e(id)
cross join lateral (
  select * from (
    ${[0, 1, 2].map(lane).join(' union all ')}
    union all
    (select w.id, w.event_id, 'waiting', w.due_at, w.attempts, w.attempts, w.record, null
       from rowhook.delivery_waiting w
      where w.endpoint_id = e.id and w.id > $2::uuid and w.id < $3::uuid
      order by w.id limit $4)
    union all
    (select b.id, b.event_id, 'behind', null, b.attempts, b.attempts, b.record, b.lane
       from rowhook.delivery_behind b
      where b.endpoint_id = e.id and b.record = $6)
  ) near
  where near.event_id = $5 limit 1
) q`;

/** The event's deliveries to these endpoints, as far as they are still queued. */
export async function queuedDeliveries(
  db: Queryable,
  event: Delivered,
  endpointIds: readonly string[],
): Promise<EventDelivery[]> {
  if (endpointIds.length === 0) return [];
  const { rows } = await db.query<Omit<EventDelivery, 'verdict'>>(queuedSql, [
    endpointIds,
    event.id,
    endOf(event.id),
    besideMost,
    event.id,
    `${event.resource}:${event.recordKey}`,
  ]);
  return rows.map((row) => ({ ...row, verdict: null }));
}

/** The ids of an event's deliveries lie between its own and this one. */
export const endOf = (eventId: string): string => lowestUuid(new Date(uuidTime(eventId).getTime() + laterMs));

/** What a delivery is that is not queued any more. */
export const notQueued = { place: null, dueAt: null, starts: 0, record: null, lane: null } as const;

interface Walked {
  id: string;
  endpointId: string;
  attempts: number;
  verdict: AttemptSummary['verdict'];
}

// Attempts have no index by event. But its deliveries have ids right behind its own, and by those there is one. The limit bounds the walk,
// whatever it finds.
const attemptedSql = `
with walk as materialized (
  select delivery_id, endpoint_id, event_id, number, verdict from rowhook.attempt
  where delivery_id > $1::uuid and delivery_id < $2::uuid and id >= $3::uuid
  order by delivery_id, number limit $4
)
select (select delivery_id from walk order by delivery_id desc limit 1) as last, (select count(*)::int from walk) as walked,
  coalesce((select json_agg(f) from (
    select distinct on (delivery_id) delivery_id as id, endpoint_id::text as "endpointId", number as attempts, verdict
    from walk where event_id = $5 and ($6::bigint is null or endpoint_id = $6) order by delivery_id, number desc) f), '[]') as found`;

/**
 * The event's deliveries that had attempts, with the latest of them, until `wanted` are found. Walks over the attempts of deliveries that
 * were made right after the event, and over a bounded number of them.
 */
export async function attemptedDeliveries(
  db: Queryable,
  event: Pick<Delivered, 'id'>,
  { wanted, known, endpointId }: AttemptedQuery,
): Promise<EventDelivery[]> {
  const found = new Map<string, EventDelivery>();
  const all = new Set(known);
  let from = event.id;
  for (const length of walks) {
    if (all.size >= wanted) break;
    const { rows } = await db.query<{ last: string | null; walked: number; found: Walked[] }>(attemptedSql, [
      from,
      endOf(event.id),
      attemptsFrom([event.id]),
      length,
      event.id,
      endpointId ?? null,
    ]);
    const { last, walked, found: some } = rows[0]!;
    for (const each of some) {
      all.add(each.id);
      found.set(each.id, { ...each, eventId: event.id, ...notQueued });
    }
    if (last === null || walked < length) break;
    // The last delivery of a walk may have more attempts than the walk has seen.
    from = before(last);
  }
  return [...found.values()];
}

interface AttemptedQuery {
  /** How many there are, with those that are known. */
  readonly wanted: number;
  /** Ids of those that were found in the queue. */
  readonly known: readonly string[];
  /** Only that of this endpoint. */
  readonly endpointId: string | undefined;
}

/** The UUID before this one, so that a walk behind it begins with it. */
function before(id: string): string {
  const hex = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
