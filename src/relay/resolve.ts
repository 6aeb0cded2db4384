import type { Catalog } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import type { Queryable } from '../store/sql.ts';
import type { RecordEvent } from './events.ts';
import type { External } from './external.ts';
import { type ReadyEvent, type Subscriber, subscribersTo } from './fan-out.ts';
import type { GoneRows } from './gone-rows.ts';
import type { Gone, LiveBody, Payloads } from './payloads.ts';
import { type Owned, recordId, tenantsOf } from './tenants.ts';

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
  readonly ready: readonly ReadyEvent[];
  /** Events whose record is gone although no delete of it has been read. */
  readonly missing: readonly RecordEvent[];
}

/**
 * Gives every event its tenant, the endpoints it goes to, and its payload: one query for each resource, none for events that
 * nobody gets. Tenant and payload are read in one snapshot: an event belongs to the tenant of the record as its body shows it.
 *
 * A delete speaks of the record's last row. So does an earlier event of a record that is gone by now: the delete that came after
 * it, on this page, has the row.
 */
export async function resolve(
  db: Queryable,
  events: readonly RecordEvent[],
  context: ResolveContext,
): Promise<Resolved> {
  const named = events.map((event) => ({ event, to: subscribersTo(event.name, context.subscribers) }));
  const tenants = await tenantsOfEvents(
    db,
    // Also of deletes that nobody gets: what hangs on the record may ask for them later.
    named.filter(({ event, to }) => to.length > 0 || event.deleted).map(({ event }) => event),
    context,
  );
  const addressed = named.map(({ event, to }) => {
    const tenant = tenants.get(event) ?? null;
    return { event, tenant, endpointIds: to.filter((one) => takes(one, tenant)).map(({ id }) => id) };
  });
  // Nobody knows yet whose record it was.
  const unknown = named.filter(
    ({ event, to }) => to.length > 0 && tenants.has(event) && tenants.get(event) === undefined,
  );
  const missing = new Set(unknown.map(({ event }) => event));
  const wanted = addressed
    .filter(({ event, endpointIds }) => endpointIds.length > 0 && !missing.has(event))
    .map(({ event }) => event);
  const bodies = await bodiesOf(db, wanted, context, missing);
  return {
    ready: addressed.flatMap(({ event, tenant, endpointIds }) => {
      if (missing.has(event)) return [];
      const payload = bodies.get(event);
      // Parts of a record that the world does not see: there is nothing to say.
      if (payload === hidden) return [];
      return [{ event, tenant, endpointIds, payload: endpointIds.length === 0 ? null : payload! }];
    }),
    missing: [...missing],
  };
}

/** Instead of a body, where an event is none. */
const hidden = Symbol('hidden');

function takes(subscriber: Subscriber, tenant: string | null): boolean {
  return subscriber.tenant === null || subscriber.tenant === tenant;
}

async function tenantsOfEvents(
  db: Queryable,
  events: readonly RecordEvent[],
  context: ResolveContext,
): Promise<Map<RecordEvent, string | null | undefined>> {
  const owned = events.filter(
    ({ resourceName }) => context.catalog.resources[resourceName]?.tenant !== undefined,
  );
  const asked = owned.map((event) => ask(event, event.image ?? undefined));
  const found = await tenantsOf(db, asked, { ...context, lastRows: context.goneRows.latest });
  // Their rows have gone since: what is left is on this page, or not yet read.
  const late = owned.filter((_, i) => found[i] === undefined);
  const again = late.map((event) => ask(event, context.goneRows.after(event) ?? undefined));
  const foundLate = await tenantsOf(db, again, { ...context, lastRows: context.goneRows.latest });
  return new Map(
    owned.map((event, i) => [event, found[i] === undefined ? foundLate[late.indexOf(event)] : found[i]]),
  );

  function ask({ resourceName, key }: RecordEvent, image: string | undefined): Owned {
    return { resourceName, key, image };
  }
}

async function bodiesOf(
  db: Queryable,
  wanted: readonly RecordEvent[],
  context: ResolveContext,
  missing: Set<RecordEvent>,
): Promise<Map<RecordEvent, string | typeof hidden>> {
  const bodies = new Map<RecordEvent, string | typeof hidden>();
  const gone = new Map<RecordEvent, string | undefined>();
  const live = await liveBodies(db, wanted, context);
  for (const event of wanted) {
    if (event.deleted) {
      // A mark was set, and the row is there; or it went with a later delete, or its end is still to be read.
      const image = event.image === undefined ? context.goneRows.after(event) : event.image;
      gone.set(event, image === null ? keyAlone(event, context.catalog) : image);
      continue;
    }
    if (event.image !== undefined) {
      gone.set(event, event.image ?? keyAlone(event, context.catalog));
      continue;
    }
    const row = live.get(recordId(event));
    const fetched = context.external.bodyOf(event);
    // The row says whether the world sees the record, whatever the application answers.
    const known = fetched === undefined ? row : { body: fetched, alive: row?.alive ?? true };
    if (known && (known.alive || !event.touched || context.goneRows.markedAfter(event))) {
      bodies.set(event, known.body);
    } else if (known) {
      bodies.set(event, hidden);
    } else {
      const image = context.goneRows.after(event);
      if (image === undefined) missing.add(event);
      else gone.set(event, image ?? keyAlone(event, context.catalog));
    }
  }
  for (const [event, body] of await goneBodies(db, gone, context.payloads)) {
    if (body === undefined) missing.add(event);
    else bodies.set(event, body);
  }
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
): Promise<Map<RecordEvent, string | undefined>> {
  const byResource = new Map<string, RecordEvent[]>();
  for (const event of images.keys()) {
    byResource.set(event.resourceName, [...(byResource.get(event.resourceName) ?? []), event]);
  }
  const bodies = new Map<RecordEvent, string | undefined>();
  for (const [resourceName, events] of byResource) {
    const asked = events.map(
      ({ key, changedAt, deleted }, i): Gone => ({ key, changedAt, deleted, image: images.get(events[i]!) }),
    );
    const built = await payloads.gone(db, resourceName, asked);
    for (const [i, event] of events.entries()) bodies.set(event, built[i]);
  }
  return bodies;
}

/** What is left to say of a record whose last row was not kept. */
function keyAlone(event: RecordEvent, catalog: Catalog): string {
  const columns = catalog.resources[event.resourceName]?.key ?? defaultKey;
  const values: string[] = columns.length === 1 ? [event.key] : JSON.parse(event.key);
  return JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, values[i]])));
}
