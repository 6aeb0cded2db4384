import { int4Array, int8Array, textArray, timestampArray, uuidArray } from '../../store/binary-arrays.ts';
import { ringText } from '../../store/ring.ts';
import type { NamedStatement, Queryable } from '../../store/sql.ts';
import { ids } from './event-ids.ts';
import type { RecordEvent } from './events.ts';

/** An endpoint that takes events, as the relay needs it. */
export interface Subscriber {
  readonly id: string;
  readonly events: readonly string[];
  /** Whose events it gets; null: everybody's. */
  readonly tenant: string | null;
  /** It is sent one delivery of a record at a time. */
  readonly ordered: boolean;
}

/**
 * Active endpoints that subscribe to any of these events. Read for each page, so that no change of an endpoint is ever missed;
 * the index on their events finds them.
 */
export async function subscribers(db: Queryable, names: readonly string[]): Promise<Subscriber[]> {
  if (names.length === 0) return [];
  const { rows } = await db.query<Subscriber>({
    name: 'rowhook_subscribers',
    text: `select id::text, events, tenant, ordering = 'record' as ordered from rowhook.endpoint where active and events && $1::text[] order by id`,
    values: [[...names, '*']],
  });
  return rows;
}

/**
 * The same with those that are inactive. An event that was set aside is theirs too, whenever it is shown: its delivery is held until they
 * are active again, as it would be had the event not been set aside.
 */
export async function subscribersEver(db: Queryable, names: readonly string[]): Promise<Subscriber[]> {
  const { rows } = await db.query<Subscriber>({
    name: 'rowhook_subscribers_ever',
    text: `select id::text, events, tenant, ordering = 'record' as ordered from rowhook.endpoint where events && $1::text[] order by id`,
    values: [[...names, '*']],
  });
  return rows;
}

/** Who gets an event of this name: subscribers to it, and those to every event, present and future. */
export function subscribersTo(name: string, all: readonly Subscriber[]): Subscriber[] {
  return all.filter(({ events }) => events.includes(name) || events.includes('*'));
}

/** The same, asked for many events. */
export function subscribersByName(all: readonly Subscriber[]): (name: string) => readonly Subscriber[] {
  const known = new Map<string, readonly Subscriber[]>();
  return (name) => {
    const found = known.get(name) ?? subscribersTo(name, all);
    known.set(name, found);
    return found;
  };
}

/** An event with what it takes to deliver it. */
export interface ReadyEvent {
  readonly event: RecordEvent;
  /** JSON text; null when nobody is subscribed. */
  readonly payload: string | null;
  readonly tenant: string | null;
  readonly endpointIds: readonly string[];
  /** Those of them that are sent one delivery of a record at a time; none where it is left out. */
  readonly orderedIds?: readonly string[];
}

/** Writes events and the deliveries they owe, in their order; returns how many deliveries. Ids are UUIDv7: they keep the order. */
export async function fanOut(db: Queryable, ready: readonly ReadyEvent[]): Promise<number> {
  if (ready.length === 0) return 0;
  const eventIds = ids.next(ready.length);
  // Both are made ready before either is sent: where one cannot be, neither is.
  const deliveries = deliveriesOf(ready, eventIds);
  const owed = deliveries.endpointIds.length > 0 ? deliveryStatement(deliveries) : undefined;
  const events: NamedStatement = {
    name: 'rowhook_events',
    text: `insert into rowhook.event
        (id, name, resource, record_key, request_id, delivery_count, seq, changed_at, tenant, payload)
      select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bigint[],
        $8::timestamptz[], $9::text[], $10::text[])`,
    values: [
      uuidArray(eventIds),
      textArray(ready.map(({ event }) => event.name)),
      textArray(ready.map(({ event }) => event.resourceName)),
      textArray(ready.map(({ event }) => (event.body === undefined ? event.key : null))),
      textArray(ready.map(({ event }) => event.requestId)),
      int4Array(ready.map(({ endpointIds }) => endpointIds.length)),
      int8Array(ready.map(({ event }) => event.seq)),
      timestampArray(ready.map(({ event }) => Date.parse(event.changedAt))),
      textArray(ready.map(({ tenant }) => tenant)),
      // The last one: pg makes room for what comes behind it by copying all that is there.
      textArray(ready.map(({ payload }) => payload)),
    ],
  };
  // At once where one is not even sent: whoever ends the page must know before it does.
  await Promise.all([db.query(events), owed && db.query(owed)]);
  return deliveries.endpointIds.length;
}

interface Deliveries {
  readonly endpointIds: readonly string[];
  /** 16 bytes for each. */
  readonly eventIds: Uint8Array;
  /** resource:key for each, null where its endpoint is sent all at once; undefined: so are all. */
  readonly records: ReadonlyArray<string | null> | undefined;
}

function deliveriesOf(ready: readonly ReadyEvent[], eventIds: Buffer): Deliveries {
  const endpointIds = ready.flatMap((one) => one.endpointIds);
  const events = Buffer.allocUnsafe(16 * endpointIds.length);
  let at = 0;
  for (const [i, one] of ready.entries()) {
    for (let n = 0; n < one.endpointIds.length; n++) at += eventIds.copy(events, at, 16 * i, 16 * i + 16);
  }
  const ordered = ready.some(({ orderedIds }) => orderedIds !== undefined && orderedIds.length > 0);
  return { endpointIds, eventIds: events, records: ordered ? ready.flatMap(recordsOf) : undefined };
}

/** For each endpoint of an event. An event without a record is in order with nothing. */
function recordsOf({ event, endpointIds, orderedIds = [] }: ReadyEvent): Array<string | null> {
  const record = event.body === undefined ? `${event.resourceName}:${event.key}` : null;
  return endpointIds.map((id) => (orderedIds.includes(id) ? record : null));
}

function deliveryStatement({ endpointIds, eventIds, records }: Deliveries): NamedStatement {
  const values = [int8Array(endpointIds), uuidArray(ids.next(endpointIds.length)), uuidArray(eventIds)];
  return records
    ? {
        name: 'rowhook_ordered_deliveries',
        text: deliveryText(true),
        values: [...values, textArray(records)],
      }
    : { name: 'rowhook_deliveries', text: deliveryText(false), values };
}

// Rings for dispatchers of other daemons. Ours is told without it, and knows by the session who rang.
const deliveryText = (ordered: boolean): string => `
with written as (
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id${ordered ? ', record' : ''})
  select 0, (select slot from rowhook.delivery_slot), *
    from unnest($1::bigint[], $2::uuid[], $3::uuid[]${ordered ? ', $4::text[]' : ''})
)
${ringText('rowhook_delivery', 'pg_backend_pid()::text')}`;
