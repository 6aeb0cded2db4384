import { quoteName, quoteTable } from '../../catalog/table-name.ts';
import { defaultKey } from '../../catalog/watch.ts';
import type { Queryable } from '../../store/sql.ts';
import { columnTypes } from '../../store/tables.ts';
import { canBe } from '../payloads/key-text.ts';
import { inHalves, isOfData } from '../payloads/savepoint.ts';
import type { RecordChange } from './net-effect.ts';
import type { Role } from './roles.ts';
import { type Lookup, touches } from './route.ts';

/**
 * Finds the records that parts belong to by a column of the records, one query for each resource and column, in the page's
 * snapshot: a record that has left the part by then is not among them.
 *
 * @param lookups all of the same page
 */
export const lookUp = (db: Queryable, lookups: readonly Lookup[]) => lookUpBy(recordsWith, db, lookups);

/** The same where the value of one of the parts may be none of the column's type: such a part belongs to no record. */
export const lookUpEach = (db: Queryable, lookups: readonly Lookup[]) =>
  lookUpBy(
    (...[inner, role, values]) =>
      inHalves(
        inner,
        values,
        (some) => recordsWith(inner, role, some),
        async (_, error) => {
          if (!isOfData(error)) throw error;
          return [];
        },
      ),
    db,
    lookups,
  );

async function lookUpBy(
  keysOf: typeof recordsWith,
  db: Queryable,
  lookups: readonly Lookup[],
): Promise<RecordChange[]> {
  const groups = new Map<Role, Lookup[]>();
  for (const lookup of lookups) push(groups, lookup.role, lookup);
  const changes: RecordChange[] = [];
  for (const [role, group] of groups) {
    const values = [...new Set(group.flatMap((lookup) => lookup.values))];
    const found = await keysOf(db, role, values);
    const keys = new Map(values.map((value, i) => [value, found[i]!]));
    for (const lookup of group) {
      const records = lookup.values.flatMap((value) => keys.get(value)!.map((key) => ({ key, value })));
      for (const change of touches(lookup, records)) changes.push(change);
    }
  }
  return changes;
}

/** Keys of records by the value of the column that ties them to the part, in the order of the values. */
async function recordsWith(db: Queryable, role: Role, values: readonly string[]): Promise<string[][]> {
  const table = quoteTable(role.resource.table);
  const column = role.part!.lookupColumn!;
  const types = await columnTypes(db, [table]);
  // The column's own type, so that its index serves.
  const type = types.get(table)?.get(column)?.type ?? 'text';
  const texts = (role.resource.key ?? defaultKey).map((name) => `t.${quoteName(name)}::text`);
  const key = texts.length === 1 ? texts[0] : `json_build_array(${texts.join(', ')})::text`;
  // The value as it was given, not as the record has it: 5 and 5.00 are one number in two texts.
  const { rows } = await db.query<{ ord: number; key: string }>(
    `select given.ord::int as ord, ${key} as key
     from unnest($1::text[]) with ordinality given(value, ord)
     join ${table} t on t.${quoteName(column)} = given.value::${type}`,
    [values.map((value) => (canBe(type, value) ? value : null))],
  );
  const found = values.map((): string[] => []);
  for (const row of rows) found[row.ord - 1]!.push(row.key);
  return found;
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
