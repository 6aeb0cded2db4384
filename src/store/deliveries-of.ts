import { attemptsFrom, highestUuid, isUuid, uuidTime } from '../uuid-time.ts';
import type { DeliveryFilter, DeliveryPage } from './delivery-filter.ts';
import { type Step, stepsOf } from './delivery-steps.ts';
import { type DeliverySummary, type Summed, summariesOf } from './delivery-summary.ts';
import { attemptedDeliveries, endOf, queuedDeliveries } from './event-deliveries.ts';
import { recordOf } from './events.ts';
import type { Queryable } from './sql.ts';

/** Events of a record that are looked at together, and for a page. */
const eventsAtATime = 25;
const eventsMost = 200;
/** Attempts behind an event that are looked at for its deliveries. */
const behindMost = 10_000;
/** Endpoints in whose queues an event's deliveries are looked for. */
const queuesMost = 1_000;
/** Deliveries of one event that are told of. */
const ofEventMost = 500;

interface EventOfRecord {
  readonly id: string;
  readonly resource: string | null;
  readonly recordKey: string | null;
  readonly deliveryCount: number;
}

type Known = Pick<Step, 'id' | 'endpointId' | 'eventId'>;

// A place in this order is a delivery; or an event, where all of its own and of later ones are done. Deliveries lie in the order of their
// events, behind them.
const eventsText = `
select id, resource, record_key as "recordKey", delivery_count as "deliveryCount"
  from rowhook.event
 where resource = $1 and record_key = $2 and id < $3::uuid
 order by id desc
 limit $4`;

/**
 * Deliveries of a record's events, the latest made first. By the index that events have by record, and from there to what lies behind
 * each of them.
 * @param accept whether one belongs to the page
 */
export async function deliveriesOfRecord(
  db: Queryable,
  filter: DeliveryFilter & { readonly record: string; readonly limit: number },
  accept: (each: Summed) => boolean,
): Promise<DeliveryPage> {
  const { limit, endpointId, eventName, before = highestUuid } = filter;
  const { resource, key = '' } = recordOf(filter.record);
  const isEvent = filter.before !== undefined && (await eventOf(db, filter.before)) !== undefined;
  const deliveries: DeliverySummary[] = [];
  let place = before;
  for (let looked = 0; looked < eventsMost; looked += eventsAtATime) {
    const { rows: events } = await db.query<EventOfRecord>(eventsText, [resource, key, place, eventsAtATime]);
    const known = await deliveriesBehind(db, events, endpointId);
    const steps = await stepsOf(
      db,
      known.filter(({ id }) => isEvent || id < before),
    );
    for (const each of await summariesOf(db, steps, eventName)) {
      if (!accept(each)) continue;
      if (deliveries.length === limit) return pageOf(deliveries, deliveries.at(-1)!.id);
      deliveries.push(each.summary);
    }
    if (events.length < eventsAtATime) return pageOf(deliveries, undefined);
    place = events.at(-1)!.id;
  }
  return pageOf(deliveries, place);
}

function pageOf(deliveries: readonly DeliverySummary[], next: string | undefined): DeliveryPage {
  return { deliveries, next, searchedUntil: next === undefined ? null : uuidTime(next) };
}

// Of each event, the first attempts that lie behind it, until there are as many as it has deliveries. The limits keep a planner to the index.
const behindText = `
select near.id, near.endpoint_id::text as "endpointId", event.id as "eventId"
  from unnest($1::uuid[], $2::uuid[], $3::int[]) as event (id, until, deliveries)
 cross join lateral (
    select * from (
      select delivery_id as id, endpoint_id, event_id, number
        from rowhook.attempt
       where delivery_id > event.id and delivery_id < event.until and attempt.id >= $4::uuid
       order by delivery_id, number
       limit $5
    ) as walk
     where event_id = event.id and number = 1
     limit event.deliveries
 ) as near`;

async function deliveriesBehind(
  db: Queryable,
  events: readonly EventOfRecord[],
  endpointId: string | undefined,
): Promise<Known[]> {
  const delivered = events.filter(({ deliveryCount }) => deliveryCount > 0);
  if (delivered.length === 0) return [];
  const ids = delivered.map(({ id }) => id);
  const { rows: found } = await db.query<Known>(behindText, [
    ids,
    ids.map(endOf),
    delivered.map(({ deliveryCount }) => deliveryCount),
    attemptsFrom(ids),
    behindMost,
  ]);
  const all = new Map(found.map((each) => [each.id, each]));
  const short = delivered.filter(
    (event) => found.filter(({ eventId }) => eventId === event.id).length < event.deliveryCount,
  );
  if (short.length > 0) {
    const queues = endpointId === undefined ? await endpointsWithQueues(db) : [endpointId];
    for (const event of short) {
      for (const each of await queuedDeliveries(db, event, queues)) all.set(each.id, each);
    }
  }
  return [...all.values()].filter((each) => (endpointId ?? each.endpointId) === each.endpointId);
}

// From one endpoint to the next by the key of each queue: an endpoint's backlog is one step, whatever its length.
const queuesText = `
with recursive queue (part, endpoint_id, n) as (
  select part, 0::bigint, 0 from generate_series(0, 4) as part
  union all
  select part, case
      when part < 3 then (select delivery.endpoint_id from rowhook.delivery
                           where lane = part::smallint and delivery.endpoint_id > queue.endpoint_id order by delivery.endpoint_id limit 1)
      when part = 3 then (select delivery_waiting.endpoint_id from rowhook.delivery_waiting
                           where delivery_waiting.endpoint_id > queue.endpoint_id order by delivery_waiting.endpoint_id limit 1)
      else (select delivery_behind.endpoint_id from rowhook.delivery_behind
             where delivery_behind.endpoint_id > queue.endpoint_id order by delivery_behind.endpoint_id limit 1)
    end, n + 1
    from queue
   where queue.endpoint_id is not null and n < $1::int
)
select distinct endpoint_id::text as id from queue where endpoint_id > 0 limit $1::int`;

async function endpointsWithQueues(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(queuesText, [queuesMost]);
  return rows.map(({ id }) => id);
}

/**
 * The first 500 deliveries of an event, the first made first, as far as they can be found: what was dropped before its first attempt left
 * nothing.
 */
export async function deliveriesOfEvent(db: Queryable, eventId: string): Promise<DeliverySummary[]> {
  if (!isUuid(eventId)) return [];
  const summed = await summedOfEvent(db, eventId);
  return summed.map(({ summary }) => summary).reverse();
}

async function summedOfEvent(db: Queryable, eventId: string): Promise<Summed[]> {
  const event = await eventOf(db, eventId);
  if (!event || event.deliveryCount === 0) return [];
  const wanted = event.deliveryCount;
  const attempted = await attemptedDeliveries(db, event, { wanted, known: [], endpointId: undefined });
  const all = new Map<string, Known>(attempted.map((each) => [each.id, each]));
  if (all.size < wanted) {
    const queued = await queuedDeliveries(db, event, await endpointsWithQueues(db));
    for (const each of queued) all.set(each.id, each);
  }
  const first = [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, ofEventMost);
  return summariesOf(db, await stepsOf(db, first));
}

const byIdText = `
(select endpoint_id::text as "endpointId", event_id as "eventId"
   from rowhook.attempt where delivery_id = $1::uuid and id >= $2::uuid order by number limit 1)
union all
(select found.* from unnest($3::bigint[]) as endpoint (id) cross join lateral (
   (select endpoint_id::text, event_id from rowhook.delivery where lane in (0, 1, 2) and endpoint_id = endpoint.id and id = $1::uuid limit 1)
   union all
   (select endpoint_id::text, event_id from rowhook.delivery_waiting where endpoint_id = endpoint.id and id = $1::uuid limit 1)
   union all
   (select endpoint_id::text, event_id from rowhook.delivery_behind where endpoint_id = endpoint.id and id = $1::uuid limit 1)
 ) as found)
limit 1`;

/** The delivery that has this id, or those of the event that has it. */
export async function deliveriesOfId(db: Queryable, id: string): Promise<Summed[]> {
  const queues = await endpointsWithQueues(db);
  const { rows } = await db.query<Omit<Known, 'id'>>(byIdText, [id, attemptsFrom([id]), queues]);
  const [found] = rows;
  return found ? summariesOf(db, await stepsOf(db, [{ id, ...found }])) : summedOfEvent(db, id);
}

async function eventOf(db: Queryable, id: string): Promise<EventOfRecord | undefined> {
  const { rows } = await db.query<EventOfRecord>(
    `select id, resource, record_key as "recordKey", delivery_count as "deliveryCount" from rowhook.event where id = $1`,
    [id],
  );
  return rows[0];
}
