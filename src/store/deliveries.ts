import { RowhookError } from '../errors.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { type Attempt, attemptsOf } from './attempts.ts';
import { type DeliveryState, stateOf } from './history.ts';
import type { Queryable } from './sql.ts';

/** A delivery with everything that is known of it. */
export interface DeliveryDetail {
  readonly id: string;
  readonly endpointId: string;
  readonly state: DeliveryState;
  /** When it is sent next, in state `waiting`. */
  readonly dueAt: Date | null;
  readonly eventId: string;
  /** Null when retention has taken the event away. */
  readonly event: DeliveredEvent | null;
  /** The first one first. */
  readonly attempts: ReadonlyArray<
    Attempt & {
      /** As it was sent; null when the event or the dialect is gone. */
      readonly requestBody: string | null;
    }
  >;
}

export interface DeliveredEvent {
  readonly name: string;
  readonly resource: string | null;
  readonly recordKey: string | null;
  readonly requestId: string | null;
  readonly payload: string | null;
  readonly changedAt: Date;
}

interface Queued {
  readonly endpointId: string;
  readonly eventId: string;
  readonly queued: 'due' | 'behind' | 'sending' | null;
  readonly dueAt: Date | null;
}

/**
 * @param id a delivery's UUID
 * @throws RowhookError `delivery_unknown`
 */
export async function showDelivery(db: Queryable, id: string): Promise<DeliveryDetail> {
  if (!isUuid(id)) throw unknown(id);
  const queued = await findQueued(db, id);
  const attempts = await attemptsOf(db, id);
  const latest = attempts.at(-1);
  const { endpointId, eventId } = queued ?? latest ?? {};
  if (endpointId === undefined || eventId === undefined) throw unknown(id);
  const event = await findEvent(db, eventId);
  return {
    id,
    endpointId,
    state: stateOf(queued ?? { queued: null, dueAt: null }, latest),
    dueAt: queued?.dueAt ?? null,
    eventId,
    event,
    attempts: attempts.map(({ endpointId: _, eventId: __, ...attempt }) => ({
      ...attempt,
      requestBody: bodyOf(attempt, event),
    })),
  };
}

/**
 * Puts a delivery that has come to its end back into the queue, for one more schedule of attempts with the same id and bytes.
 * The numbers of the attempts go on.
 * @throws RowhookError `delivery_unknown` (also when its event is gone), `delivery_pending`, `endpoint_unknown`
 */
export async function redeliver(db: Queryable, id: string): Promise<void> {
  const delivery = await showDelivery(db, id);
  if (['due', 'behind', 'sending', 'waiting'].includes(delivery.state)) throw pending(id);
  if (delivery.event?.payload == null) {
    throw new RowhookError(
      'delivery_unknown',
      `the event of delivery ${id} is older than what retention keeps`,
      {
        fix: 'Change the record, or let the receiver fetch it.',
      },
    );
  }
  // Attempts go on from the highest number; what it has had before does not count for the retries, see claim.ts.
  const { rows } = await db.query<{ outcome: 'queued' | 'pending' | 'endpoint_unknown' }>(
    'select rowhook.redeliver($1, $2, $3, $4) as outcome',
    [delivery.endpointId, id, delivery.eventId, delivery.attempts.at(-1)?.number ?? 0],
  );
  const { outcome } = rows[0]!;
  if (outcome === 'endpoint_unknown') {
    throw new RowhookError(
      'endpoint_unknown',
      `the endpoint ${delivery.endpointId} of delivery ${id} is deleted`,
      {
        fix: 'Register it anew; what happens from then on is delivered to it.',
      },
    );
  }
  // Somebody else was quicker.
  if (outcome === 'pending') throw pending(id);
  await db.query(`select pg_notify('rowhook_delivery', '')`);
}

/** Where a delivery is queued, if it is. The queue is looked into by endpoint; what it owes to deleted ones is gone with them. */
async function findQueued(db: Queryable, id: string): Promise<Queued | undefined> {
  const { rows } = await db.query<Queued>(
    `select delivery.endpoint_id::text as "endpointId", delivery.event_id as "eventId", null as "dueAt",
            case when delivery.leased_until > now() then 'sending' else 'due' end as queued
       from rowhook.endpoint
       join rowhook.delivery on delivery.lane in (0, 1, 2) and delivery.endpoint_id = endpoint.id and delivery.id = $1
      union all
     select waiting.endpoint_id::text, waiting.event_id, waiting.due_at, null
       from rowhook.endpoint
       join rowhook.delivery_waiting as waiting on waiting.endpoint_id = endpoint.id and waiting.id = $1
      union all
     select behind.endpoint_id::text, behind.event_id, null, 'behind'
       from rowhook.endpoint
       join rowhook.delivery_behind as behind on behind.endpoint_id = endpoint.id and behind.id = $1`,
    [id],
  );
  return rows[0];
}

async function findEvent(db: Queryable, id: string): Promise<DeliveredEvent | null> {
  const { rows } = await db.query<DeliveredEvent>(
    `select name, resource, record_key as "recordKey", request_id as "requestId", payload, changed_at as "changedAt"
       from rowhook.event
      where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

function bodyOf(attempt: Attempt, event: DeliveredEvent | null): string | null {
  if (event?.payload == null) return null;
  try {
    return dialectNamed(attempt.dialect).body({ ...event, payload: event.payload });
  } catch {
    return null;
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function unknown(id: string): RowhookError {
  return new RowhookError('delivery_unknown', `there is no delivery ${id}`, {
    fix: 'List the deliveries to see their ids.',
  });
}

function pending(id: string): RowhookError {
  return new RowhookError('delivery_pending', `delivery ${id} is still on its way`, {
    fix: 'Wait until it has succeeded or is exhausted.',
  });
}
