import type { RecordKey } from '../catalog/source.ts';
import type { Catalog } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import type { RecordEvent } from './events.ts';
import { recordId } from './tenants.ts';

/** Gets payloads from somewhere else than the database. */
export interface PayloadSource {
  /**
   * JSON texts in the order of the keys, undefined where there is no such record.
   * Rejects where nobody can say: the page is then tried again.
   */
  fetch(keys: readonly RecordKey[]): Promise<ReadonlyArray<string | undefined>>;
}

/** By name of the resource; those without one have their payloads made by the database. */
export type PayloadSources = ReadonlyMap<string, PayloadSource>;

/** What was fetched for a page. */
export interface External {
  /** Undefined: not of such a resource, or the application no longer has the record. */
  bodyOf(event: { readonly resourceName: string; readonly key: string }): string | undefined;
}

export const nothingExternal: External = { bodyOf: () => undefined };

/** The records of these events whose payloads come from elsewhere, by resource, each once. Pure. */
export function wantedOutside(
  events: readonly RecordEvent[],
  sources: PayloadSources,
): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.deleted || event.image !== undefined || !sources.has(event.resourceName)) continue;
    wanted.set(event.resourceName, (wanted.get(event.resourceName) ?? new Set()).add(event.key));
  }
  return new Map([...wanted].map(([name, keys]) => [name, [...keys]]));
}

/** Fetches them, the resources one after the other. Rejects as the sources do. */
export async function fetchOutside(
  wanted: ReadonlyMap<string, readonly string[]>,
  sources: PayloadSources,
  catalog: Catalog,
): Promise<External> {
  const bodies = new Map<string, string>();
  for (const [resourceName, keys] of wanted) {
    const columns = catalog.resources[resourceName]?.key ?? defaultKey;
    const found = await sources.get(resourceName)?.fetch(keys.map((key) => recordKey(key, columns)));
    for (const [i, key] of keys.entries()) {
      const body = found?.[i];
      if (body !== undefined) bodies.set(recordId({ resourceName, key }), body);
    }
  }
  return { bodyOf: (event) => bodies.get(recordId(event)) };
}

/** A key of the outbox by its columns. */
function recordKey(key: string, columns: readonly string[]): RecordKey {
  const values: string[] = columns.length === 1 ? [key] : JSON.parse(key);
  return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? '']));
}
