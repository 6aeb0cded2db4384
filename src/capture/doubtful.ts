import { quoteLiteral } from '../catalog/table-name.ts';

/*
 * How a value is read whose type is not known when the statement is planned: by its output function alone, which is the server's for
 * every type that the application can make. No cast is even looked for: the planner may run what is in one.
 */

/** As `::text` would write it, which differs from the output function for three types of the server's. */
export const safeText = (name: string): string => `case when num_nulls(${name}) = 0 then case
      when pg_typeof(${name}) = 'boolean'::regtype then case format('%s', ${name}) when 't' then 'true' else 'false' end
      when pg_typeof(${name}) = 'bpchar'::regtype then rtrim(format('%s', ${name}), ' ')
      when pg_typeof(${name}) = 'inet'::regtype then host(format('%s', ${name})::inet) || '/' || masklen(format('%s', ${name})::inet)
      else format('%s', ${name}) end end`;

/**
 * JSON of a row, column by column: numbers, booleans and JSON as they are, all else as text.
 * @param read `value` an expression of any type for each column
 */
export function safeJson(read: ReadonlyArray<{ column: string; value: string }>): string {
  if (read.length === 0) return 'null';
  const names = read.map(({ column }) => quoteLiteral(column));
  const texts = read.map(({ value }) => `case when num_nulls(${value}) = 0 then format('%s', ${value}) end`);
  const types = read.map(({ value }) => `pg_typeof(${value})`);
  return `(select json_object_agg(each.name, case
      when each.type in ('int2', 'int4', 'int8', 'float4', 'float8', 'numeric') and each.value ~ '^-?[0-9]' then each.value::json
      when each.type = 'bool'::regtype then to_json(each.value = 't')
      when each.type in ('json', 'jsonb') then each.value::json
      else to_json(each.value) end)
    from unnest(array[${names.join(', ')}]::text[], array[${texts.join(', ')}]::text[], array[${types.join(', ')}]::regtype[])
      each (name, value, type))`;
}
