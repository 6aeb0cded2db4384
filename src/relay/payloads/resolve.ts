import type { Catalog } from '../../catalog/types.ts';
import { defaultKey } from '../../catalog/watch.ts';
import type { Queryable } from '../../store/sql.ts';
import type { Parked } from '../aside/parked.ts';
import { type Aside, createAsideEvents, isUnshown, type Unshown } from '../aside/unshown.ts';
import type { RecordEvent } from '../events/events.ts';
import { type ReadyEvent, type Subscriber, subscribersByName } from '../events/fan-out.ts';
import { type RecordName, recordId } from '../events/record-id.ts';
import { unknownRecord } from '../events/unknown-records.ts';
import type { External } from './external.ts';
import type { GoneRows } from './gone-rows.ts';
import { keyValues } from './key-text.ts';
import type { Gone, LiveBody, Payloads } from './payloads.ts';
import { createSlices, inSlices, whileRoom } from './slices.ts';
import { type Found, type Owned, tenantsOf } from './tenants.ts';

export interface ResolveContext {
  readonly catalog: Catalog;
  readonly payloads: Payloads;
  /** Whoever subscribes to one of the events, of whatever tenant. */
  readonly subscribers: readonly Subscriber[];
  /** Last rows of the records that ended on this page. */
  readonly goneRows: GoneRows;
  /** Payloads that were not made by the database. */
  readonly external: External;
}

export interface Resolved {
  /** Events that wait for an end that has not been read: of their record, or of one on the way to its tenant. */
  readonly missing: readonly Parked[];
  /** Events of records that cannot be shown, and those behind them; in the order of the events. */
  readonly aside: readonly Aside[];
  /** The writing of what was ready last, see inSlices. */
  readonly written: Promise<void>;
}

/**
 * Gives every event its tenant, the endpoints it goes to, and its payload: one query for each resource, none for events that
 * nobody gets. Tenant and payload are read in one snapshot: an event belongs to the tenant of the record as its body shows it.
 * What is ready is handed on slice by slice, so that a page of large records is never held as a whole.
 *
 * A delete speaks of the record's last row. So does an earlier event of a record that is gone by now: the delete that came after
 * it, on this page, has the row.
 */
export async function resolve(
  db: Queryable,
  events: readonly RecordEvent[],
  context: ResolveContext,
  write: (ready: readonly ReadyEvent[]) => Promise<void>,
): Promise<Resolved> {
  const subscribed = subscribersByName(context.subscribers);
  const named = events.map((event) => ({
    event,
    to: subscribed(event.name),
    unknown: unknownRecord(event, context.catalog),
  }));
  const tenants = await tenantsOfEvents(
    db,
    // Also of deletes that nobody gets: what hangs on the record may ask for them later.
    named
      .filter(
        ({ event, to, unknown }) => event.body === undefined && !unknown && (to.length > 0 || event.deleted),
      )
      .map(({ event }) => event),
    context,
  );
  const missing = new Map<RecordEvent, Parked>();
  const aside = createAsideEvents(events);
  const addressed = named.flatMap(({ event, to, unknown }) => {
    if (unknown && to.length > 0) {
      aside.put(event, unknown);
      return [];
    }
    const found = tenants.get(event) ?? { tenant: null };
    if ('unshown' in found && to.length > 0) {
      aside.put(event, found.unshown);
      return [];
    }
    // Where not even its end has a row, there is nothing to wait for.
    const ended = 'rowless' in found && lastRow(event, context) === null;
    if (!('tenant' in found) && to.length > 0 && !event.overdue && !ended) {
      missing.set(event, { event, waitsFor: 'waitsFor' in found ? found.waitsFor : event });
      return [];
    }
    const tenant = 'tenant' in found ? found.tenant : null;
    const takers = to.filter((one) => takes(one, tenant));
    const orderedIds = takers.filter(({ ordered }) => ordered).map(({ id }) => id);
    return [{ event, tenant, endpointIds: takers.map(({ id }) => id), orderedIds }];
  });
  const slices = createSlices(addressed.length);
  const readSlice = async (from: number, to: number): Promise<readonly ReadyEvent[]> => {
    // The body of a record that is gone is about as long as its last row.
    const slice = whileRoom(addressed.slice(from, to), ({ event, endpointIds }) =>
      event.body === undefined && endpointIds.length > 0 ? (lastRow(event, context)?.length ?? 0) : 0,
    );
    const wanted = slice
      .filter(
        ({ event, endpointIds }) => event.body === undefined && endpointIds.length > 0 && !aside.holds(event),
      )
      .map(({ event }) => event);
    const bodies = await bodiesOf(db, wanted, context);
    const ready: ReadyEvent[] = [];
    for (const { event, tenant, endpointIds, orderedIds } of slice) {
      const payload = endpointIds.length === 0 ? null : (event.body ?? bodies.get(event));
      if (payload === tooMuch || !slices.takes(isUnshown(payload) ? null : payload)) break;
      if (aside.putBehind(event)) continue;
      if (isUnshown(payload)) {
        aside.put(event, payload);
        continue;
      }
      // Parts of a record that the world does not see: there is nothing to say.
      if (payload === hidden) continue;
      if (payload !== undefined) ready.push({ event, tenant, endpointIds, orderedIds, payload });
      else missing.set(event, { event, waitsFor: event });
    }
    return ready;
  };
  const { written } = await inSlices(slices, readSlice, write, context.payloads.inTurn);
  const kept = [...missing.values()].filter(({ event }) => !aside.putBehind(event));
  return { missing: kept, aside: aside.all(), written };
}

/** Instead of a body, where an event is none. */
const hidden = Symbol('hidden');
/** Instead of a body, where it had no room beside the others. */
const tooMuch = Symbol('too much');
type Body = string | typeof hidden | typeof tooMuch | Unshown | undefined;

function takes(subscriber: Subscriber, tenant: string | null): boolean {
  return subscriber.tenant === null || subscriber.tenant === tenant;
}

async function tenantsOfEvents(
  db: Queryable,
  events: readonly RecordEvent[],
  context: ResolveContext,
): Promise<Map<RecordEvent, Found>> {
  // Whose a record was whose last row was not kept nobody knows: the key may have another owner by now.
  const owned = events.filter(
    (event) =>
      context.catalog.resources[event.resourceName]?.tenant !== undefined &&
      !(event.deleted && lastRow(event, context) === null),
  );
  const found = await tenantsOf(
    db,
    // A delete is asked by the very row that its body shows.
    owned.map((event) => asked(event, event.deleted ? lastRow(event, context) : event.image)),
    context,
  );
  // Their rows have gone since: what is left is on this page, or not yet read.
  const late = owned.filter((_, i) => 'rowless' in found[i]!);
  const foundLate = await tenantsOf(
    db,
    late.map((event) => asked(event, lastRow(event, context))),
    context,
  );
  return new Map([
    ...owned.map((event, i) => [event, found[i]!] as const),
    ...late.map((event, i) => [event, foundLate[i]!] as const),
  ]);
}

function asked(event: RecordEvent, image: string | null | undefined): Owned {
  const { resourceName, key, seq, xid, overdue } = event;
  return { resourceName, key, seq, xid, overdue, image: image ?? undefined };
}

/** The row that speaks of a record that is gone: the event's own, or the one that a later end on this page has. */
function lastRow(event: RecordEvent, { goneRows }: ResolveContext): string | null | undefined {
  return event.image === undefined ? goneRows.after(event) : event.image;
}

/** Bodies of these events; one that has none waits for its record's end, `hidden` ones are no events. */
async function bodiesOf(
  db: Queryable,
  wanted: readonly RecordEvent[],
  context: ResolveContext,
): Promise<Map<RecordEvent, Body>> {
  const bodies = new Map<RecordEvent, Body>();
  const gone = new Map<RecordEvent, string | undefined>();
  const live = await liveBodies(db, wanted, context);
  for (const event of wanted) {
    const row = live.get(recordId(event));
    const fetched = context.external.bodyOf(event);
    // The row says whether the world sees the record, whatever the application answers.
    const known = fetched === undefined ? row : { body: fetched, alive: row?.alive ?? true };
    if (known && !event.deleted && event.image === undefined) {
      const seen = known.alive || !event.touched || context.goneRows.markedAfter(event);
      bodies.set(event, seen ? (known.body ?? tooMuch) : hidden);
      continue;
    }
    const image = lastRow(event, context);
    if (image === null) gone.set(event, keyAlone(event, context.catalog));
    // Of a mark that was set, the row may be there.
    else if (image !== undefined || event.deleted) gone.set(event, image);
    // A part of a record that there has never been. Or a record that a trigger of the application's deleted while it was being inserted, which is captured the other way round.
    else if (event.overdue && (event.touched || event.replaced)) bodies.set(event, hidden);
    else if (event.overdue) gone.set(event, keyAlone(event, context.catalog));
  }
  const built = await goneBodies(db, gone, context.payloads);
  const lost = [...built].filter(([event, body]) => body === undefined && event.overdue);
  const keys = new Map(lost.map(([event]) => [event, keyAlone(event, context.catalog)]));
  for (const [event, body] of [...built, ...(await goneBodies(db, keys, context.payloads))])
    bodies.set(event, body);
  return bodies;
}

async function liveBodies(
  db: Queryable,
  events: readonly RecordEvent[],
  { catalog, payloads, external }: ResolveContext,
): Promise<Map<string, LiveBody>> {
  const keys = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.deleted || event.image !== undefined) continue;
    const markable = catalog.resources[event.resourceName]?.softDelete !== undefined;
    if (external.bodyOf(event) !== undefined && !(event.touched && markable)) continue;
    keys.set(event.resourceName, (keys.get(event.resourceName) ?? new Set()).add(event.key));
  }
  const bodies = new Map<string, LiveBody>();
  for (const [resourceName, wanted] of keys) {
    const found = await payloads.live(db, resourceName, [...wanted]);
    for (const [key, body] of found) bodies.set(recordId({ resourceName, key }), body);
  }
  return bodies;
}

async function goneBodies(
  db: Queryable,
  images: ReadonlyMap<RecordEvent, string | undefined>,
  payloads: Payloads,
): Promise<Map<RecordEvent, string | Unshown | undefined>> {
  const byResource = new Map<string, RecordEvent[]>();
  for (const event of images.keys()) {
    byResource.set(event.resourceName, [...(byResource.get(event.resourceName) ?? []), event]);
  }
  const bodies = new Map<RecordEvent, string | Unshown | undefined>();
  for (const [resourceName, events] of byResource) {
    const asked = events.map(
      ({ key, changedAt, deleted }, i): Gone => ({ key, changedAt, deleted, image: images.get(events[i]!) }),
    );
    const built = await payloads.gone(db, resourceName, asked);
    for (const [i, event] of events.entries()) bodies.set(event, built[i]);
  }
  return bodies;
}

/** What is left to say of a record whose last row was not kept, or cannot be read. */
export function keyAlone({ resourceName, key }: RecordName, catalog: Catalog): string {
  const columns = catalog.resources[resourceName]?.key ?? defaultKey;
  const values = keyValues(key, columns.length);
  return JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, values?.[i]])));
}
