import { uuidTime } from '../uuid-time.ts';
import { type AttemptSummary, latestAttempts } from './attempts.ts';
import type { Step } from './delivery-steps.ts';
import type { Queryable } from './sql.ts';

/**
 * Where a delivery stands: `due` (also while its endpoint is held), `behind` an earlier one of its record, `sending`, `waiting` for a
 * retry, `succeeded`, `exhausted`; `dropped` when it was taken away before it came to an end.
 */
export type DeliveryState = 'due' | 'behind' | 'sending' | 'waiting' | 'succeeded' | 'exhausted' | 'dropped';

export interface DeliverySummary {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly state: DeliveryState;
  /** Null when retention has taken the event away; so are the next two, and both are for no event without a record. */
  readonly eventName: string | null;
  readonly resource: string | null;
  readonly recordKey: string | null;
  /** Requests made so far. */
  readonly attempts: number;
  /** The latest of them. */
  readonly lastStatus: number | null;
  readonly lastReason: string | null;
  readonly lastAttemptAt: Date | null;
  /** When it is sent next, in state `waiting`. */
  readonly dueAt: Date | null;
  readonly createdAt: Date;
}

/** A delivery in short, and the id of its latest attempt. */
export interface Summed {
  readonly step: Step;
  readonly summary: DeliverySummary;
  readonly latestId: string | undefined;
}

/** What a list shows of these deliveries, in their order; of those alone whose event has this name, where one is given. */
export async function summariesOf(
  db: Queryable,
  steps: readonly Step[],
  eventName?: string | undefined,
): Promise<Summed[]> {
  const events = await eventsOf(db, [...new Set(steps.map((step) => step.eventId))]);
  const named = steps.filter(
    ({ eventId }) => eventName === undefined || events.get(eventId)?.name === eventName,
  );
  const attempts = await latestAttempts(db, [...new Set(named.map((step) => step.id))]);
  return named.map((step) => {
    const attempt = attempts.get(step.id);
    return { step, summary: summaryOf(step, attempt, events.get(step.eventId)), latestId: attempt?.id };
  });
}

function summaryOf(
  step: Step,
  attempt: AttemptSummary | undefined,
  event: EventNamed | undefined,
): DeliverySummary {
  return {
    id: step.id,
    endpointId: step.endpointId,
    eventId: step.eventId,
    state: stateOf(step, attempt),
    eventName: event?.name ?? null,
    resource: event?.resource ?? null,
    recordKey: event?.recordKey ?? null,
    attempts: attempt?.number ?? 0,
    lastStatus: attempt?.status ?? null,
    lastReason: attempt?.reason ?? null,
    lastAttemptAt: attempt?.startedAt ?? null,
    dueAt: step.dueAt,
    createdAt: uuidTime(step.id),
  };
}

/** Where a delivery stands: in the queue, or at the end that its latest attempt made of it. */
export function stateOf(
  { queued, dueAt }: Pick<Step, 'queued' | 'dueAt'>,
  attempt: AttemptSummary | undefined,
): DeliveryState {
  if (queued) return queued;
  if (dueAt) return 'waiting';
  return attempt && attempt.verdict !== 'retry' ? attempt.verdict : 'dropped';
}

interface EventNamed {
  readonly id: string;
  readonly name: string;
  readonly resource: string | null;
  readonly recordKey: string | null;
}

async function eventsOf(db: Queryable, ids: readonly string[]): Promise<Map<string, EventNamed>> {
  if (ids.length === 0) return new Map();
  const sorted = [...ids].sort();
  // The range leaves out the days that none of them is of. A subselect with a limit for each, as in latestAttempts.
  const { rows } = await db.query<EventNamed>(
    `select found.*
       from unnest($1::uuid[]) as wanted (id)
      cross join lateral (
         select id, name, resource, record_key as "recordKey"
           from rowhook.event
          where event.id = wanted.id and event.id between $2::uuid and $3::uuid
          limit 1
      ) as found`,
    [ids, sorted[0], sorted.at(-1)],
  );
  return new Map(rows.map((event) => [event.id, event]));
}
