import { conditionSql } from '../catalog/condition.ts';
import { quoteLiteral, quoteName, quoteTable } from '../catalog/table-name.ts';
import {
  type ChoiceField,
  type ColumnField,
  type Conditions,
  type ConstantField,
  type DeletedAtField,
  type Field,
  type Fields,
  isBare,
  type Link,
  type LinkColumns,
  type ManyField,
  type OneField,
  type Order,
  type Resource,
  type TimestampForm,
} from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';

/**
 * The query that builds the payloads of many records of a resource at once: text straight from Postgres, in the order of the
 * catalog's keys. Pure. Parameter $1 is a text[] of keys; rows come back as `ord` (1-based place in it), `body`, and `life`: what
 * the column of a soft delete says, as text, where the resource has one.
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
  const { softDelete } = resource;
  const life = softDelete === undefined ? undefined : `t.${quoteName(softDelete)}::text`;
  return payloadSql(byKey(resource, keyTypes), resource.fields, { timestamps, gone: false }, life);
}

/**
 * The payloads of records that are gone, as they were: from their last rows, first-level columns as they were last, a single association where it
 * can still be read, null where it cannot, and null for lists, whose rows are found by a record that is no more. Parameter $1 is a
 * text[] of last rows as JSON, $2 a timestamptz[] of when they were deleted.
 */
export function lastPayloadSql(resource: Resource, timestamps: TimestampForm): string {
  return payloadSql(fromLastRow(resource), resource.fields, { timestamps, gone: true });
}

/** The same, as their deletes show them. */
export function gonePayloadSql(resource: Resource, timestamps: TimestampForm): string {
  const fields = resource.deletedFields ?? resource.fields;
  return payloadSql(fromLastRow(resource), fields, { timestamps, gone: true });
}

/** The same for records that are marked as deleted, whose rows are still there. Parameter $1 is a text[] of keys. */
export function markedPayloadSql(
  resource: Resource,
  keyTypes: readonly string[],
  timestamps: TimestampForm,
): string {
  const fields = resource.deletedFields ?? resource.fields;
  return payloadSql(byKey(resource, keyTypes), fields, { timestamps, gone: true });
}

/** Where the record's row comes from, under the alias t. */
interface RowSource {
  readonly from: string;
  readonly where: string;
}

/** By `given.key`: the text of the key, or a JSON array of texts. */
export function byKey(resource: Resource, keyTypes: readonly string[]): RowSource {
  const key = resource.key ?? defaultKey;
  const conditions = key.map((column, i) => {
    const given = key.length === 1 ? 'given.key' : `(given.key::json ->> ${i})`;
    return `t.${quoteName(column)} = ${given}::${keyTypes[i]}`;
  });
  return { from: `${quoteTable(resource.table)} t`, where: conditions.join(' and ') };
}

/** By `given.key` as a whole row in JSON. */
export function fromLastRow(resource: Resource): RowSource {
  return {
    from: `json_populate_record(null::${quoteTable(resource.table)}, (${withoutNul('given.key')})::json) t`,
    where: 'true',
  };
}

/** JSON can hold a NUL, which no text of Postgres can: a column of type json that has one could not be read any more. */
function withoutNul(value: string): string {
  // An escape only where an even number of backslashes goes before it.
  const nul = String.raw`(?<!\\)((?:\\\\)*)\\u0000`;
  const instead = String.raw`\1\\ufffd`;
  return String.raw`case when position('\u0000' in ${value}) = 0 then ${value}
    else regexp_replace(${value}, '${nul}', '${instead}', 'g') end`;
}

interface Context {
  readonly timestamps: TimestampForm;
  readonly gone: boolean;
}

function payloadSql({ from, where }: RowSource, fields: Fields, context: Context, life?: string): string {
  const given = context.gone
    ? 'unnest($1::text[], $2::timestamptz[]) with ordinality given(key, at, ord)'
    : 'unnest($1::text[]) with ordinality given(key, ord)';
  if (life === undefined) {
    return `select given.ord::int as ord, row_to_json(body.*)::text as body
from ${given}
cross join lateral (
  select ${selectList(fields, 't', context)}
  from ${from}
  where ${where}
) body`;
  }
  return `select given.ord::int as ord, record.body, record.life
from ${given}
cross join lateral (
  select (${objectSql(fields, 't', context)})::text as body, ${life} as life
  from ${from}
  where ${where}
) record`;
}

/** An object of these fields, as json. */
function objectSql(fields: Fields, alias: string, context: Context): string {
  return `select row_to_json(body.*) from (select ${selectList(fields, alias, context)}) body`;
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
    case 'constant':
      return constantExpression(field);
    case 'object':
      return `(${objectSql(field.fields, alias, context)})`;
    case 'deleted_at':
      return deletedAtExpression(field, alias, context.timestamps);
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
      return timestampExpression(column, timestamps);
    case 'number':
      return `trim_scale(${column}::numeric)`;
    case 'base64':
      // Postgres breaks lines after 76 characters.
      return `translate(encode(${column}, 'base64'), E'\\n', '')`;
    default:
      return `round(${column}::numeric, ${field.format.places})::text`;
  }
}

/** The session's time zone is UTC, so this holds for timestamps with and without a zone. */
function timestampExpression(value: string, timestamps: TimestampForm): string {
  const forms = {
    iso: `to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')`,
    sql: `to_char(${value}, 'YYYY-MM-DD HH24:MI:SS')`,
    unix: `floor(extract(epoch from ${value}))::bigint`,
  };
  return forms[timestamps];
}

function constantExpression({ value }: ConstantField): string {
  if (value === null) return 'null::json';
  return typeof value === 'string' ? `${quoteLiteral(value)}::text` : `${quoteLiteral(String(value))}::json`;
}

function deletedAtExpression({ column }: DeletedAtField, alias: string, timestamps: TimestampForm): string {
  const at = column === undefined ? 'given.at' : `coalesce(${alias}.${quoteName(column)}, given.at)`;
  return timestampExpression(at, timestamps);
}

function oneExpression(field: OneField, alias: string, context: Context): string {
  // What hangs on a record that can be read is read in full, also below one that is gone.
  return `(${linkedSql(field, alias, { ...context, gone: false }, 1)})`;
}

function manyExpression(field: ManyField, alias: string, context: Context): string {
  return `array_to_json(array(${linkedSql(field, alias, context, field.limit)}))`;
}

/** The rows that a link leads to, in their order, each as an object or a bare value. */
function linkedSql(
  field: OneField | ManyField,
  alias: string,
  context: Context,
  limit: number | undefined,
): string {
  const inner = `${alias}_`;
  const between = `${alias}_x`;
  const order = (field.orderBy ?? []).map((each) => orderSql(each, inner, between));
  const rows = [
    `from ${fromSql(field, alias, inner, between)}`,
    ...(order.length > 0 ? [`order by ${order.join(', ')}`] : []),
    ...(limit === undefined ? [] : [`limit ${limit}`]),
  ].join(' ');
  if (!isBare(field.fields)) {
    return `select row_to_json(r.*) from (select ${selectList(field.fields, inner, context)} ${rows}) r`;
  }
  const value = columnExpression('', field.fields, inner, context.timestamps);
  // As JSON, since a list of arrays could not be an array of Postgres.
  return field.kind === 'many' ? `select to_json(${value}) ${rows}` : `select ${value} ${rows}`;
}

function fromSql(link: Link, alias: string, inner: string, between: string): string {
  const { through } = link;
  const own = through
    ? linked(inner, link.to, between, through.from)
    : linked(inner, link.to, alias, link.from);
  const conditions = [...own, ...conditionsSql(inner, link.where)];
  if (!through) return `${quoteTable(link.table)} ${inner} where ${conditions.join(' and ')}`;
  const first = [...linked(between, through.to, alias, link.from), ...conditionsSql(between, through.where)];
  return `${quoteTable(through.table)} ${between} join ${quoteTable(link.table)} ${inner} on ${conditions.join(' and ')}
    where ${first.join(' and ')}`;
}

function linked(inner: string, to: LinkColumns, outer: string, from: LinkColumns): string[] {
  const outerColumns = [from].flat();
  return [to]
    .flat()
    .map((column, i) => `${inner}.${quoteName(column)} = ${outer}.${quoteName(outerColumns[i] ?? '')}`);
}

function conditionsSql(alias: string, conditions: Conditions = {}): string[] {
  return Object.entries(conditions).map(([column, condition]) =>
    conditionSql(`${alias}.${quoteName(column)}`, condition),
  );
}

function orderSql(order: Order, inner: string, between: string): string {
  if (typeof order === 'string') return `${inner}.${quoteName(order)}`;
  const { column, direction = 'asc', nulls, of } = order;
  const end = nulls === undefined ? '' : ` nulls ${nulls}`;
  return `${of === 'through' ? between : inner}.${quoteName(column)} ${direction}${end}`;
}

function choiceExpression(field: ChoiceField, alias: string, context: Context): string {
  const cases = Object.entries(field.cases).map(
    ([value, one]) => `when ${quoteLiteral(value)} then ${oneExpression(one, alias, context)}`,
  );
  return `case ${alias}.${quoteName(field.column)} ${cases.join(' ')} end`;
}
