import type { Catalog } from '../../catalog/types.ts';
import { defaultKey } from '../../catalog/watch.ts';
import type { Unshown } from '../aside/unshown.ts';
import { keyValues } from '../payloads/key-text.ts';
import type { RecordEvent } from './events.ts';

/**
 * Why an event is of no record of this catalog, though it was of one of the catalog before: nothing can be asked of it, be it from the
 * database or from the application, and it waits until somebody drops it or the catalog knows it again. Undefined: it is of one. Pure.
 */
export function unknownRecord(
  { resourceName, key, body }: Pick<RecordEvent, 'resourceName' | 'key' | 'body'>,
  { resources }: Catalog,
): Unshown | undefined {
  // It speaks of no record.
  if (body !== undefined) return undefined;
  const resource = Object.hasOwn(resources, resourceName) ? resources[resourceName] : undefined;
  if (!resource)
    return { reason: 'resource_unknown', detail: 'the catalog has no such resource', proven: true };
  const { length } = resource.key ?? defaultKey;
  if (keyValues(key, length)) return undefined;
  return { reason: 'key_changed', detail: `the key is made of ${length} columns now`, proven: true };
}
