import { quoteName, quoteTable } from '../catalog/table-name.ts';
import { defaultKey } from '../catalog/watch.ts';
import type { Queryable } from '../store/sql.ts';
import type { KnownRecord } from './record-name.ts';

/** As captures write values (trigger-sql.ts), whatever the session has: conditions are compared with them. */
const settings = `(select set_config('datestyle', 'ISO, YMD', true), set_config('timezone', 'UTC', true),
  set_config('intervalstyle', 'iso_8601', true), set_config('extra_float_digits', '1', true), set_config('bytea_output', 'hex', true) offset 0)`;

/** Columns of the record's row as text; undefined where there is none, null where nobody may look. */
export async function readRow(
  db: Queryable,
  { definition, values, types }: KnownRecord,
  columns: readonly string[],
): Promise<Array<string | null> | undefined | null> {
  const table = quoteTable(definition.table);
  // Of other types a text that is none would be an error.
  const safe = ['smallint', 'integer', 'bigint', 'uuid', 'text', 'character varying'];
  if (!types.every((type) => type !== undefined && safe.includes(type))) return null;
  const { rows: rights } = await db.query<{ may: boolean }>(
    `select coalesce(bool_and(has_table_privilege(to_regclass($1), 'select')), false) as may`,
    [table],
  );
  if (!rights[0]!.may) return null;
  const key = (definition.key ?? defaultKey).map(
    (column, i) => `t.${quoteName(column)} = $${i + 1}::text::${types[i]}`,
  );
  const texts = columns.map((column) => `t.${quoteName(column)}::text`);
  const { rows } = await db.query<{ found: Array<string | null> }>(
    `select array[${texts.join(', ')}]::text[] as found from ${settings} settings, ${table} t where ${key.join(' and ')} limit 1`,
    values,
  );
  return rows[0]?.found;
}
