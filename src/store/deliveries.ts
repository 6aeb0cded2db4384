import { RowhookError } from '../errors.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { type Attempt, attemptsOf } from './attempts.ts';
import { type DeliveryState, stateOf } from './history.ts';
import { ringText } from './ring.ts';
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
  /** The latest 60, the first one of them first: a whole schedule, and some by hand. */
  readonly attempts: ReadonlyArray<
    Attempt & {
      /** As it was sent; null when the event or the dialect is gone. */
      readonly requestBody: string | null;
    }
  >;
  /** There were attempts before those. */
  readonly attemptsCut: boolean;
}

/** Each holds up to 64 KiB of an answer. */
const attemptsMost = 60;

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
  const found = await findStanding(db, id, attemptsMost + 1);
  const { endpointId, eventId, state, dueAt } = found;
  const event = await findEvent(db, eventId);
  const bodies = new Map<string, string | null>();
  // The same for all attempts of a dialect: a large one is there once.
  const bodyIn = (dialect: string): string | null => {
    const body = bodies.has(dialect) ? (bodies.get(dialect) ?? null) : bodyOf(dialect, event);
    bodies.set(dialect, body);
    return body;
  };
  return {
    id,
    endpointId,
    state,
    dueAt,
    eventId,
    event,
    attempts: found.attempts.slice(-attemptsMost).map(({ endpointId: _, eventId: __, ...attempt }) => ({
      ...attempt,
      requestBody: bodyIn(attempt.dialect),
    })),
    attemptsCut: found.attempts.length > attemptsMost,
  };
}

/** Where a delivery stands, with so many of its latest attempts. */
async function findStanding(
  db: Queryable,
  id: string,
  most: number,
): Promise<
  Pick<DeliveryDetail, 'endpointId' | 'eventId' | 'state' | 'dueAt'> & {
    attempts: Awaited<ReturnType<typeof attemptsOf>>;
  }
> {
  if (!isUuid(id)) throw unknown(id);
  // The queue first: what leaves it in between has its attempt by then.
  const queued = await findQueued(db, id);
  const attempts = await attemptsOf(db, id, most);
  const latest = attempts.at(-1);
  const { endpointId, eventId } = queued ?? latest ?? {};
  if (endpointId === undefined || eventId === undefined) throw unknown(id);
  const state = stateOf(queued ?? { queued: null, dueAt: null }, latest);
  return { endpointId, eventId, state, dueAt: queued?.dueAt ?? null, attempts };
}

/**
 * Puts a delivery that has come to its end back into the queue, for one more schedule of attempts with the same id and bytes.
 * The numbers of the attempts go on.
 * @returns to which endpoint it goes
 * @throws RowhookError `delivery_unknown` (also when its event is gone), `delivery_pending`, `endpoint_unknown`
 */
export async function redeliver(db: Queryable, id: string): Promise<{ readonly endpointId: string }> {
  const delivery = await findStanding(db, id, 1);
  if (['due', 'behind', 'sending', 'waiting'].includes(delivery.state)) throw pending(id);
  if (!(await isKept(db, delivery.eventId))) {
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
  await db.query(ringText('rowhook_delivery'));
  return { endpointId: delivery.endpointId };
}

// The limits keep a planner from reading a whole queue: of each endpoint it is one descent of the index, whatever waits (invariant 8).
const queuedText = `
select found.*
  from rowhook.endpoint
 cross join lateral (
    (select endpoint_id::text as "endpointId", event_id as "eventId", null::timestamptz as "dueAt",
            case when leased_until > now() then 'sending' else 'due' end as queued
       from rowhook.delivery where lane in (0, 1, 2) and endpoint_id = endpoint.id and delivery.id = $1 limit 1)
    union all
    (select endpoint_id::text, event_id, due_at, null
       from rowhook.delivery_waiting where endpoint_id = endpoint.id and delivery_waiting.id = $1 limit 1)
    union all
    (select endpoint_id::text, event_id, null, 'behind'
       from rowhook.delivery_behind where endpoint_id = endpoint.id and delivery_behind.id = $1 limit 1)
 ) as found
 limit 1`;

/** Where a delivery is queued, if it is. The queue is looked into by endpoint; what it owes to deleted ones is gone with them. */
async function findQueued(db: Queryable, id: string): Promise<Queued | undefined> {
  const { rows } = await db.query<Queued>(queuedText, [id]);
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

/** Whether there is still a body to be sent. */
async function isKept(db: Queryable, eventId: string): Promise<boolean> {
  const { rows } = await db.query(`select from rowhook.event where id = $1 and payload is not null`, [
    eventId,
  ]);
  return rows.length > 0;
}

function bodyOf(dialect: string, event: DeliveredEvent | null): string | null {
  if (event?.payload == null) return null;
  try {
    return dialectNamed(dialect).body({ ...event, payload: event.payload });
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
