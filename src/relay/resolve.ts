import type { Catalog } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import type { Queryable } from '../store/sql.ts';
import type { RecordEvent } from './events.ts';
import { type ReadyEvent, type Subscriber, subscribersTo } from './fan-out.ts';
import type { NetEffect } from './net-effect.ts';
import type { Payloads } from './payloads.ts';

export interface Resolved {
  readonly ready: readonly ReadyEvent[];
  /** Events whose record is gone although no delete of it has been read. */
  readonly missing: readonly RecordEvent[];
}

/**
 * Gives every event the endpoints it goes to and its payload: one query for each resource, none for events without a subscriber.
 *
 * A delete speaks of the record's last row. So does an earlier event of a record that is gone by now: the delete that came after
 * it, on this page, has the row.
 */
export async function resolve(
  db: Queryable,
  events: readonly RecordEvent[],
  effects: readonly NetEffect[],
  context: {
    readonly catalog: Catalog;
    readonly payloads: Payloads;
    readonly subscribers: readonly Subscriber[];
  },
): Promise<Resolved> {
  const addressed = events.map((event) => ({
    event,
    endpointIds: subscribersTo(event.name, context.subscribers).map(({ id }) => id),
  }));
  const wanted = addressed.filter(({ endpointIds }) => endpointIds.length > 0).map(({ event }) => event);
  const live = await liveBodies(db, wanted, context.payloads);
  const deletes = deletesOf(effects);
  const missing = new Set<RecordEvent>();
  const images = new Map<RecordEvent, string>();
  for (const event of wanted) {
    if (event.image === undefined && live.has(recordId(event))) continue;
    const image = event.image === undefined ? deletes.after(event) : event.image;
    if (image === undefined) missing.add(event);
    else images.set(event, image ?? keyAlone(event, context.catalog));
  }
  const gone = await goneBodies(db, images, context.payloads);
  return {
    ready: addressed
      .filter(({ event }) => !missing.has(event))
      .map(({ event, endpointIds }) => ({
        event,
        endpointIds,
        payload: endpointIds.length === 0 ? null : (gone.get(event) ?? live.get(recordId(event))!),
      })),
    missing: [...missing],
  };
}

const recordId = (record: { resourceName: string; key: string }): string =>
  `${record.resourceName} ${record.key}`;

async function liveBodies(
  db: Queryable,
  events: readonly RecordEvent[],
  payloads: Payloads,
): Promise<Map<string, string>> {
  const keys = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.image !== undefined) continue;
    keys.set(event.resourceName, (keys.get(event.resourceName) ?? new Set()).add(event.key));
  }
  const bodies = new Map<string, string>();
  for (const [resourceName, wanted] of keys) {
    const found = await payloads.live(db, resourceName, [...wanted]);
    for (const [key, body] of found) bodies.set(recordId({ resourceName, key }), body);
  }
  return bodies;
}

async function goneBodies(
  db: Queryable,
  images: ReadonlyMap<RecordEvent, string>,
  payloads: Payloads,
): Promise<Map<RecordEvent, string>> {
  const byResource = new Map<string, RecordEvent[]>();
  for (const event of images.keys()) {
    byResource.set(event.resourceName, [...(byResource.get(event.resourceName) ?? []), event]);
  }
  const bodies = new Map<RecordEvent, string>();
  for (const [resourceName, events] of byResource) {
    const built = await payloads.gone(
      db,
      resourceName,
      events.map((event) => images.get(event)!),
    );
    for (const [i, event] of events.entries()) bodies.set(event, built[i]!);
  }
  return bodies;
}

/** The deletes of a page by record, in their order. */
function deletesOf(effects: readonly NetEffect[]) {
  const deletes = new Map<string, NetEffect[]>();
  for (const effect of effects) {
    if (effect.effect !== 'delete') continue;
    const id = recordId(effect);
    deletes.set(id, [...(deletes.get(id) ?? []), effect]);
  }
  return {
    /** The last row of the record after the event: undefined when no delete follows, null when the delete did not keep it. */
    after(event: RecordEvent): string | null | undefined {
      const next = deletes.get(recordId(event))?.find((effect) => effect.seq > event.seq);
      return next && (next.image ?? null);
    },
  };
}

/** What is left to say of a record whose last row was not kept. */
function keyAlone(event: RecordEvent, catalog: Catalog): string {
  const columns = catalog.resources[event.resourceName]?.key ?? defaultKey;
  const values: string[] = columns.length === 1 ? [event.key] : JSON.parse(event.key);
  return JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, values[i]])));
}
