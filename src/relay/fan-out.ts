import { v7 as uuidv7 } from 'uuid';
import type { Queryable } from '../store/sql.ts';
import type { RecordEvent } from './events.ts';

/** An endpoint that takes events, as the relay needs it. */
export interface Subscriber {
  readonly id: string;
  readonly events: readonly string[];
  /** Whose events it gets; null: everybody's. */
  readonly tenant: string | null;
}

/**
 * Active endpoints that subscribe to any of these events. Read for each page, so that no change of an endpoint is ever missed;
 * the index on their events finds them.
 */
export async function subscribers(db: Queryable, names: readonly string[]): Promise<Subscriber[]> {
  const { rows } = await db.query<Subscriber>({
    name: 'rowhook_subscribers',
    text: 'select id::text, events, tenant from rowhook.endpoint where active and events && $1::text[] order by id',
    values: [[...names, '*']],
  });
  return rows;
}

/** Who gets an event of this name: subscribers to it, and those to every event, present and future. */
export function subscribersTo(name: string, all: readonly Subscriber[]): Subscriber[] {
  return all.filter(({ events }) => events.includes(name) || events.includes('*'));
}

/** An event with what it takes to deliver it. */
export interface ReadyEvent {
  readonly event: RecordEvent;
  /** JSON text; null when nobody is subscribed. */
  readonly payload: string | null;
  readonly tenant: string | null;
  readonly endpointIds: readonly string[];
}

/** Writes events and the deliveries they owe, in their order; returns how many deliveries. Ids are UUIDv7: they keep the order. */
export async function fanOut(db: Queryable, ready: readonly ReadyEvent[]): Promise<number> {
  const events = ready.map((one) => ({ ...one, id: uuidv7() }));
  await db.query({
    name: 'rowhook_events',
    text: `insert into rowhook.event
        (id, name, resource, record_key, request_id, payload, delivery_count, seq, changed_at, tenant)
      select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[],
        $9::timestamptz[], $10::text[])`,
    values: [
      events.map(({ id }) => id),
      events.map(({ event }) => event.name),
      events.map(({ event }) => event.resourceName),
      events.map(({ event }) => event.key),
      events.map(({ event }) => event.requestId),
      events.map(({ payload }) => payload),
      events.map(({ endpointIds }) => endpointIds.length),
      events.map(({ event }) => event.seq),
      events.map(({ event }) => event.changedAt),
      events.map(({ tenant }) => tenant),
    ],
  });
  const deliveries = events.flatMap(({ id, endpointIds }) =>
    endpointIds.map((endpointId) => ({ endpointId, id: uuidv7(), eventId: id })),
  );
  if (deliveries.length > 0) await insertDeliveries(db, deliveries);
  return deliveries.length;
}

async function insertDeliveries(
  db: Queryable,
  deliveries: ReadonlyArray<{ endpointId: string; id: string; eventId: string }>,
): Promise<void> {
  await db.query({
    name: 'rowhook_deliveries',
    text: `insert into rowhook.delivery (endpoint_id, id, event_id)
      select * from unnest($1::bigint[], $2::uuid[], $3::uuid[])`,
    values: [
      deliveries.map(({ endpointId }) => endpointId),
      deliveries.map(({ id }) => id),
      deliveries.map(({ eventId }) => eventId),
    ],
  });
  // Dispatchers of other daemons; ours is told without it.
  await db.query(`select pg_notify('rowhook_delivery', '')`);
}
