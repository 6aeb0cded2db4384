import type { Catalog } from '../../catalog/types.ts';
import { RowhookError } from '../../errors.ts';
import { readRecordName } from '../../explain/record-name.ts';
import type { Queryable } from '../../store/sql.ts';

/**
 * A record's name as history has it: `person:0412` is `person:412`. What the catalog does not know (any more) is looked for as it was typed:
 * the history may.
 */
export async function recordName(
  db: Queryable,
  catalog: Catalog,
  typed: string | undefined,
): Promise<string | undefined> {
  if (!typed?.includes(':')) return typed;
  try {
    const { resource, key } = await readRecordName(db, catalog, typed);
    return `${resource}:${key}`;
  } catch (error) {
    if (error instanceof RowhookError) return typed;
    throw error;
  }
}
