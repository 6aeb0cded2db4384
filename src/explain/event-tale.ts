import { attemptedDeliveries, queuedDeliveries } from '../store/event-deliveries.ts';
import type { Queryable } from '../store/sql.ts';
import type { DeliveryFacts, EventFacts, Group, Standing, Surroundings } from './facts.ts';
import { readTale } from './read-delivery.ts';
import { endpointsNow, endpointsThen, lastChangeBefore } from './read-endpoints.ts';
import type { EventTale } from './tell-event.ts';

/** Deliveries that are told one by one: those that were not taken first. */
const toldMost = 20;
const missingMost = 20;

interface Asked {
  readonly surroundings: Surroundings;
  /** The endpoint that is asked about. */
  readonly only: string | undefined;
  /** The delivery that is asked about, where it is known. */
  readonly delivery?: DeliveryFacts;
  /** What was read for other events of the same story: filled as they are met. */
  readonly groups?: Map<string, Groups>;
}

type Groups = ReadonlyMap<Standing, Group>;

/** Reads what became of an event. */
export async function readTellable(db: Queryable, event: EventFacts, asked: Asked): Promise<EventTale> {
  const { surroundings, only, delivery } = asked;
  const isPing = event.resource === 'endpoint';
  const groups: Groups = isPing ? new Map() : await groupsOf(db, event, asked);
  const taking = groups.get('taking')?.endpoints ?? [];
  const found = delivery ? [delivery] : await deliveriesOf(db, event, groups, asked);
  const untaken = found.filter(({ verdict, place }) => verdict !== 'succeeded' || place !== null);
  const told = [...untaken, ...found.filter((each) => !untaken.includes(each))].slice(0, toldMost);
  const tales = [];
  for (const each of told) tales.push(await readTale(db, each));
  const known = new Set(found.map(({ endpointId }) => endpointId));
  const missing = taking.filter(({ id }) => !known.has(id)).slice(0, missingMost);
  const ids = [...told.map(({ endpointId }) => endpointId), ...missing.map(({ id }) => id)];
  return {
    event,
    groups,
    tales,
    rest: found.filter((each) => !told.includes(each)),
    missing,
    endpoints: await endpointsNow(db, ids, event.createdAt),
    surroundings,
    only,
  };
}

/** The same for all events of a name and a tenant between two changes of endpoints. */
async function groupsOf(db: Queryable, event: EventFacts, { only, groups }: Asked): Promise<Groups> {
  const key = JSON.stringify([event.name, event.tenant, only, await lastChangeBefore(db, event.madeAt)]);
  const known = groups?.get(key);
  if (known) return known;
  const found = await endpointsThen(db, event, only);
  groups?.set(key, found);
  return found;
}

/**
 * The event's deliveries, by endpoint: among what is queued for those who took such events then, or were disabled (what was set aside goes
 * to these too), and among attempts. Only where more were made than these can have had, in the queue of
 * every endpoint.
 */
async function deliveriesOf(
  db: Queryable,
  event: EventFacts,
  groups: Groups,
  { only, groups: story }: Asked,
): Promise<DeliveryFacts[]> {
  const wanted = only === undefined ? event.deliveryCount : Math.min(1, event.deliveryCount);
  if (wanted === 0) return [];
  const idsOf = (standing: Standing) => groups.get(standing)?.endpoints.map(({ id }) => id) ?? [];
  const taking = event.resource === 'endpoint' ? [event.recordKey ?? ''] : idsOf('taking');
  const first = only === undefined ? [...taking, ...idsOf('disabled')] : [only];
  const queued = await queuedDeliveries(db, event, first);
  const known = queued.map(({ id }) => id);
  const attempted = await attemptedDeliveries(db, event, { wanted, known, endpointId: only });
  const all = new Map(attempted.map((each) => [each.id, each]));
  const add = (some: readonly DeliveryFacts[]) => {
    for (const each of some) all.set(each.id, { ...each, verdict: all.get(each.id)?.verdict ?? null });
  };
  add(queued);
  const reached = new Set([...all.values()].map(({ endpointId }) => endpointId));
  const unfound = taking.filter((id) => !reached.has(id)).length;
  // Ten thousand queues for one event; not for each event of a record.
  if (only === undefined && story === undefined && all.size + unfound < wanted) {
    const { rows } = await db.query<{ id: string }>(
      'select id::text from rowhook.endpoint where id <> all ($1::bigint[])',
      [first],
    );
    const others = rows.map(({ id }) => id);
    add(await queuedDeliveries(db, event, others));
  }
  return [...all.values()].sort((a, b) => Number(a.endpointId) - Number(b.endpointId));
}
