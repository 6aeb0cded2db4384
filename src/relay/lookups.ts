import { quoteName, quoteTable } from '../catalog/table-name.ts';
import { defaultKey } from '../catalog/watch.ts';
import type { Queryable } from '../store/sql.ts';
import { tableFacts } from '../store/tables.ts';
import type { RecordChange } from './net-effect.ts';
import type { Role } from './roles.ts';
import { type Lookup, touches } from './route.ts';

/**
 * Finds the records that parts belong to by a column of the records, one query for each resource and column, in the page's
 * snapshot: a record that has left the part by then is not among them.
 *
 * @param lookups all of the same page
 */
export async function lookUp(db: Queryable, lookups: readonly Lookup[]): Promise<RecordChange[]> {
  const groups = new Map<Role, Lookup[]>();
  for (const lookup of lookups) push(groups, lookup.role, lookup);
  const changes: RecordChange[] = [];
  for (const [role, group] of groups) {
    const keys = await recordsWith(db, role, [...new Set(group.flatMap(({ values }) => values))]);
    for (const lookup of group) {
      const records = lookup.values.flatMap((value) =>
        (keys.get(value) ?? []).map((key) => ({ key, value })),
      );
      for (const change of touches(lookup, records)) changes.push(change);
    }
  }
  return changes;
}

/** Keys of records by the value of the column that ties them to the part. */
async function recordsWith(
  db: Queryable,
  role: Role,
  values: readonly string[],
): Promise<Map<string, string[]>> {
  const table = quoteTable(role.resource.table);
  const column = role.part!.lookupColumn!;
  const facts = await tableFacts(db, table);
  // The column's own type, so that its index serves.
  const type = facts?.columns.get(column) ?? 'text';
  const texts = (role.resource.key ?? defaultKey).map((name) => `t.${quoteName(name)}::text`);
  const key = texts.length === 1 ? texts[0] : `json_build_array(${texts.join(', ')})::text`;
  // The value as it was given, not as the record has it: 5 and 5.00 are one number in two texts.
  const { rows } = await db.query<{ value: string; key: string }>(
    `select given.value, ${key} as key
     from unnest($1::text[]) given(value) join ${table} t on t.${quoteName(column)} = given.value::${type}`,
    [values],
  );
  const found = new Map<string, string[]>();
  for (const row of rows) push(found, row.value, row.key);
  return found;
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
