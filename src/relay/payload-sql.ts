import { quoteLiteral, quoteName, quoteTable } from '../catalog/table-name.ts';
import {
  type ChoiceField,
  type ColumnField,
  type ColumnValue,
  type Field,
  type Fields,
  isBare,
  type Link,
  type ManyField,
  type OneField,
  type Resource,
  type TimestampForm,
} from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';

/**
 * The query that builds the payloads of many records of a resource at once: text straight from Postgres, in the order of the
 * catalog's keys. Pure. Parameter $1 is a text[] of keys, or of last rows; rows come back as `ord` (1-based place in it), `body`.
 *
 * Nested objects are correlated subqueries: each an index lookup whose plan does not flip with the size of a page.
 *
 * @param keyTypes the SQL type of each key column, so that the key's index serves
 */
export function livePayloadSql(
  resource: Resource,
  keyTypes: readonly string[],
  timestamps: TimestampForm,
): string {
  const key = resource.key ?? defaultKey;
  const condition = key.map((column, i) => {
    const given = key.length === 1 ? 'given.key' : `(given.key::json ->> ${i})`;
    return `t.${quoteName(column)} = ${given}::${keyTypes[i]}`;
  });
  return payloadSql(`${quoteTable(resource.table)} t`, condition.join(' and '), resource, {
    timestamps,
    gone: false,
  });
}

/**
 * The same for records that are gone, from their last rows: first-level columns as they were last, a single association where it
 * can still be read, null where it cannot, and null for lists, whose rows are found by a record that is no more.
 */
export function gonePayloadSql(resource: Resource, timestamps: TimestampForm): string {
  const source = `json_populate_record(null::${quoteTable(resource.table)}, given.key::json) t`;
  return payloadSql(source, 'true', resource, { timestamps, gone: true });
}

interface Context {
  readonly timestamps: TimestampForm;
  readonly gone: boolean;
}

function payloadSql(source: string, condition: string, resource: Resource, context: Context): string {
  return `select given.ord::int as ord, row_to_json(body.*)::text as body
from unnest($1::text[]) with ordinality given(key, ord)
cross join lateral (
  select ${selectList(resource.fields, 't', context)}
  from ${source}
  where ${condition}
) body`;
}

function selectList(fields: Fields, alias: string, context: Context): string {
  return Object.entries(fields)
    .map(([name, field]) => `${expression(name, field, alias, context)} as ${quoteName(name)}`)
    .join(', ');
}

function expression(name: string, field: Field, alias: string, context: Context): string {
  switch (field.kind) {
    case 'column':
      return columnExpression(name, field, alias, context.timestamps);
    case 'one':
      return oneExpression(field, alias, context);
    case 'many':
      return context.gone ? 'null::json' : manyExpression(field, alias, context);
    case 'choice':
      return choiceExpression(field, alias, context);
  }
}

function columnExpression(
  name: string,
  field: ColumnField,
  alias: string,
  timestamps: TimestampForm,
): string {
  const column = `${alias}.${quoteName(field.column ?? name)}`;
  switch (field.format) {
    case 'text':
      return `${column}::text`;
    case 'json':
      return column;
    case 'flag':
      return `case when ${column} then '1' when not ${column} then '0' end`;
    case 'timestamp':
      // The session's time zone is UTC, so this holds for timestamps with and without a zone.
      return timestamps === 'iso'
        ? `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')`
        : `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS')`;
    default:
      return `round(${column}, ${field.format.places})::text`;
  }
}

function oneExpression(field: OneField, alias: string, context: Context): string {
  const inner = `${alias}_`;
  const from = `from ${quoteTable(field.table)} ${inner} where ${linkCondition(field, alias, inner)}`;
  // What hangs on a record that can be read is read in full, also below one that is gone.
  const within = { ...context, gone: false };
  if (isBare(field.fields)) {
    return `(select ${columnExpression('', field.fields, inner, context.timestamps)} ${from} limit 1)`;
  }
  return `(select row_to_json(r.*) from (select ${selectList(field.fields, inner, within)} ${from} limit 1) r)`;
}

function manyExpression(field: ManyField, alias: string, context: Context): string {
  const inner = `${alias}_`;
  const order = field.orderBy.map((column) => `${inner}.${quoteName(column)}`).join(', ');
  return `array_to_json(array(select row_to_json(r.*) from (select ${selectList(field.fields, inner, context)}
    from ${quoteTable(field.table)} ${inner} where ${linkCondition(field, alias, inner)} order by ${order}) r))`;
}

function choiceExpression(field: ChoiceField, alias: string, context: Context): string {
  const cases = Object.entries(field.cases).map(
    ([value, one]) => `when ${quoteLiteral(value)} then ${oneExpression(one, alias, context)}`,
  );
  return `case ${alias}.${quoteName(field.column)} ${cases.join(' ')} end`;
}

function linkCondition(link: Link, alias: string, inner: string): string {
  const wanted = Object.entries(link.where ?? {}).map(([column, value]) =>
    valueCondition(inner, column, value),
  );
  return [`${inner}.${quoteName(link.to)} = ${alias}.${quoteName(link.from)}`, ...wanted].join(' and ');
}

function valueCondition(alias: string, column: string, value: ColumnValue): string {
  const name = `${alias}.${quoteName(column)}`;
  // An untyped literal takes the column's type.
  return value === null ? `${name} is null` : `${name} = ${quoteLiteral(String(value))}`;
}
