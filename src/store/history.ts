import { type AttemptSummary, latestAttempts } from './attempts.ts';
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
}

export interface DeliveryFilter {
  readonly endpointId?: string | undefined;
  readonly eventName?: string | undefined;
  readonly state?: DeliveryState | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
}

export interface DeliveryPage {
  readonly deliveries: readonly DeliverySummary[];
  /** Undefined when there are no more. A page may hold fewer than its limit, even none, and yet have a next one. */
  readonly next: string | undefined;
}

interface Step {
  /** Where it lies in the order of the listing: a UUIDv7. */
  readonly place: string;
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly queued: 'due' | 'behind' | 'sending' | null;
  readonly dueAt: Date | null;
}

// A page walks a bounded number of rows, backwards from where the page before ended, so that it costs the same with 10 million
// attempts, and however rare that is which is looked for. There is no index by time across endpoints, and none is wanted on
// such a table: a listing of all of them merges one walk along (endpoint_id, id) for each.
const perEndpoint = (walk: string): string => `
select step.place, step.id, step.endpoint_id::text as "endpointId", step.event_id as "eventId",
       case when delivery.leased_until > now() then 'sending' when delivery.id is not null then 'due'
            when delivery_behind.id is not null then 'behind' end as queued,
       delivery_waiting.due_at as "dueAt"
  from (
    select walked.*
      from (select id from rowhook.endpoint where $1::bigint is null
             union all
            select $1::bigint where $1::bigint is not null) as endpoint
     cross join lateral (${walk} order by place desc limit $3::int) as walked
     order by place desc
     limit $3::int
  ) as step
  left join rowhook.delivery
    on delivery.lane in (0, 1, 2) and delivery.endpoint_id = step.endpoint_id and delivery.id = step.id
  left join rowhook.delivery_waiting
    on delivery_waiting.endpoint_id = step.endpoint_id and delivery_waiting.id = step.id
  left join rowhook.delivery_behind
    on delivery_behind.endpoint_id = step.endpoint_id and delivery_behind.id = step.id
 order by step.place desc`;

// A walk for each lane of the queue: over all three at once, what one endpoint is owed would have to be sorted.
const queued = (condition = ''): string =>
  [0, 1, 2]
    .map(
      (lane) => `
(select id as place, id, endpoint_id, event_id
   from rowhook.delivery
  where lane = ${lane} and endpoint_id = endpoint.id and id < $2::uuid${condition}
  order by id desc
  limit $3::int)`,
    )
    .join(' union all ');

const dueText = perEndpoint(queued());

const waitingText = perEndpoint(`
select id as place, id, endpoint_id, event_id
  from rowhook.delivery_waiting
 where endpoint_id = endpoint.id and id < $2::uuid`);

const behind = (condition = ''): string => `
select id as place, id, endpoint_id, event_id
  from rowhook.delivery_behind
 where endpoint_id = endpoint.id and id < $2::uuid${condition}`;
const behindText = perEndpoint(behind());

// A delivery's place is its latest attempt, or itself before the first one. Earlier attempts are met on the way, and skipped.
const allText = perEndpoint(`${queued(' and attempts = 0')}
union all
(${behind(' and attempts = 0')}
  order by id desc
  limit $3::int)
union all
(select id, delivery_id, endpoint_id, event_id
   from rowhook.attempt
  where endpoint_id = endpoint.id and id < $2::uuid
  order by id desc
  limit $3::int)`);

/** Deliveries, the ones with the latest attempts first; of all endpoints that exist, or of one that may be deleted. */
export async function listDeliveries(db: Queryable, filter: DeliveryFilter = {}): Promise<DeliveryPage> {
  const limit = Math.min(Math.max(1, filter.limit ?? 50), 500);
  const walk = stepsFor(filter, limit);
  const { rows: steps } = await db.query<Step>(textFor(filter.state), [
    filter.endpointId ?? null,
    filter.before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    walk,
  ]);
  const attempts = await latestAttempts(db, [...new Set(steps.map((step) => step.id))]);
  const events = await eventsOf(db, [...new Set(steps.map((step) => step.eventId))]);

  const deliveries: DeliverySummary[] = [];
  let last: Step | undefined;
  for (const step of steps) {
    if (deliveries.length === limit) break;
    last = step;
    const attempt = attempts.get(step.id);
    const isItsPlace = step.place === step.id || step.place === attempt?.id;
    const summary = summaryOf(step, attempt, events.get(step.eventId));
    if (isItsPlace && matches(summary, filter)) deliveries.push(summary);
  }
  const ended = last === steps.at(-1) && steps.length < walk;
  return { deliveries, next: ended ? undefined : last?.place };
}

function stepsFor(filter: DeliveryFilter, limit: number): number {
  const searching = filter.eventName !== undefined || filter.state !== undefined;
  if (filter.endpointId !== undefined) return searching ? 2_000 : limit * 4;
  return searching ? 500 : limit * 2;
}

function textFor(state: DeliveryState | undefined): string {
  if (state === 'due' || state === 'sending') return dueText;
  if (state === 'behind') return behindText;
  return state === 'waiting' ? waitingText : allText;
}

function matches(summary: DeliverySummary, { state, eventName }: DeliveryFilter): boolean {
  return (state ?? summary.state) === summary.state && (eventName ?? summary.eventName) === summary.eventName;
}

function summaryOf(
  step: Step,
  attempt: AttemptSummary | undefined,
  event: EventSummary | undefined,
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

interface EventSummary {
  readonly id: string;
  readonly name: string;
  readonly resource: string | null;
  readonly recordKey: string | null;
}

async function eventsOf(db: Queryable, ids: readonly string[]): Promise<Map<string, EventSummary>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<EventSummary>(
    `select id, name, resource, record_key as "recordKey" from rowhook.event where id = any ($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map((event) => [event.id, event]));
}
