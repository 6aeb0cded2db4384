import { validate } from 'uuid';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import type { Queryable } from '../store/sql.ts';
import { uuidTime } from '../uuid-time.ts';
import { awaitedEvents, unmet, unwatched } from './awaited.ts';
import { readTellable } from './event-tale.ts';
import type { DeliveryFacts } from './facts.ts';
import { waitingChanges } from './read-changes.ts';
import { readDelivery } from './read-delivery.ts';
import { findEndpoints } from './read-endpoints.ts';
import { readEvent, readEvents, readSurroundings } from './read-event.ts';
import { readDrift, readGaps, readParked, readSetAside, tablesOf } from './read-record.ts';
import { readRecordName } from './record-name.ts';
import { readRow } from './record-row.ts';
import type { Story } from './story.ts';
import { tellEvent } from './tell-event.ts';
import { tellRecord } from './tell-record.ts';

export interface ExplainOptions {
  /** Why did this endpoint get it, or not: its id or its URL. */
  readonly endpoint?: string | undefined;
}

const eventsMost = 20;
const countedMost = 1_000;
const dayMs = 86_400_000;

/**
 * What became of an event, for each endpoint; or of one delivery. Reads a bounded number of rows, whatever there is.
 * @param id of an event or a delivery
 * @throws RowhookError `id_unknown`, `endpoint_unknown`
 */
export async function explain(db: Queryable, id: string, options: ExplainOptions = {}): Promise<Story> {
  if (!validate(id)) throw unknown(id);
  const only = await endpointOf(db, options.endpoint);
  const event = await readEvent(db, id);
  const surroundings = await readSurroundings(db);
  if (event) {
    const { answer, step } = tellEvent(await readTellable(db, event, { surroundings, only }));
    return { answer, steps: [step] };
  }
  const delivery = await readDelivery(db, id);
  const made = delivery && (await readEvent(db, delivery.eventId));
  if (!delivery) throw unknown(id);
  const tale = await readTellable(db, made ?? goneEvent(delivery), {
    surroundings,
    only: delivery.endpointId,
    delivery,
  });
  const { answer, step } = tellEvent(tale);
  return { answer, steps: [step] };
}

/**
 * What became of the changes of a record: what waits, the latest events and their deliveries, and what may have been missed.
 * @param record.name `person:412`; a key of several columns as a JSON array: `member:["7", "12"]`
 * @param record.since from then on; or since so many milliseconds, by the database's clock. Default: a day
 * @throws RowhookError `resource_unknown`, `record_invalid`, `endpoint_unknown`
 */
export async function explainRecord(
  db: Queryable,
  catalog: Catalog,
  record: { readonly name: string; readonly since?: Date | number | undefined },
  options: ExplainOptions = {},
): Promise<Story> {
  const known = await readRecordName(db, catalog, record.name);
  const only = await endpointOf(db, options.endpoint);
  const surroundings = await readSurroundings(db);
  const { since: given = dayMs } = record;
  const since = typeof given === 'number' ? new Date(surroundings.now.getTime() - given) : given;
  // Before the events: what the relay reads meanwhile is told twice rather than not at all.
  const waiting = await waitingChanges(db, catalog, known);
  const { resource, key } = known;
  const { events, count } = await readEvents(db, { resource, key, since, most: eventsMost, countedMost });
  const told = [];
  const groups = new Map();
  for (const event of events)
    told.push({ event, ...tellEvent(await readTellable(db, event, { surroundings, only, groups })) });
  const tables = tablesOf(known);
  const awaited = awaitedEvents(catalog, resource);
  const decisive = known.columns.filter((column) =>
    awaited.some(({ after }) => Object.hasOwn(after, column)),
  );
  const row = await readRow(db, known, decisive);
  const values = new Map(decisive.map((column, i) => [column, row?.[i] ?? null]));
  return tellRecord({
    resource,
    key,
    since,
    events: told,
    count: { count, atLeast: count === countedMost },
    waiting,
    setAside: await readSetAside(db, known),
    parked: await readParked(db, known),
    gaps: await readGaps(db, tables, since),
    drift: await readDrift(db, catalog, tables),
    awaited: awaited.map((each) => ({ ...each, unmet: row ? unmet(each, values) : [] })),
    unwatched: unwatched(catalog, resource, known.columns),
    there: row === null ? null : row !== undefined,
    surroundings,
  });
}

/** Retention has taken it away, and not yet the attempts. */
function goneEvent({ eventId }: DeliveryFacts) {
  return {
    id: eventId,
    name: 'an event that is no longer kept',
    ...{ resource: null, recordKey: null, tenant: null, requestId: null },
    deliveryCount: 1,
    changedAt: uuidTime(eventId),
    createdAt: uuidTime(eventId),
    madeAt: uuidTime(eventId).toISOString(),
  };
}

async function endpointOf(db: Queryable, idOrUrl: string | undefined): Promise<string | undefined> {
  if (idOrUrl === undefined) return undefined;
  const found = await findEndpoints(db, idOrUrl);
  if (found.length === 1) return found[0]!;
  const message =
    found.length === 0
      ? `there is no endpoint ${idOrUrl}, and none is known that was there`
      : `several endpoints have the URL ${idOrUrl}: ${found.join(', ')}`;
  throw new RowhookError('endpoint_unknown', message, {
    fix: 'Name one by its id: `rowhook endpoints list`.',
  });
}

function unknown(id: string): RowhookError {
  return new RowhookError('id_unknown', `there is no event and no delivery ${id}`, {
    fix: 'See `rowhook deliveries list`; or ask by the record: `rowhook explain --record person:412 --since 1h`. A delivery that was dropped before its first attempt leaves no trace of its own: ask for its event.',
  });
}
