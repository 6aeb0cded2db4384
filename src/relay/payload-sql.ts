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
import { defaultKey, ownColumns } from '../catalog/watch.ts';
import type { ColumnTypes } from '../store/tables.ts';

/** What the catalog says of all payloads, and the database of the tables that they show. */
export interface PayloadFacts {
  readonly timestamps: TimestampForm;
  /** By quoted name: the resource's own table, and those of which numbers are shown. */
  readonly tables: ReadonlyMap<string, ColumnTypes>;
}

/**
 * The query that builds the payloads of many records of a resource at once: text straight from Postgres, in the order of the
 * catalog's keys. Pure. Parameter $1 is a text[] of keys; rows come back as `ord` (1-based place in it), `body`, and `life`: what
 * the column of a soft delete says, as text, where the resource has one.
 *
 * Nested objects are correlated subqueries: each an index lookup whose plan does not flip with the size of a page.
 *
 * @param keyTypes the SQL type of each key column, so that the key's index serves
 */
export function livePayloadSql(resource: Resource, keyTypes: readonly string[], facts: PayloadFacts): string {
  const context = contextOf(resource, facts, false);
  return payloadSql(byKey(resource, keyTypes), resource.fields, context, lifeOf(resource));
}

/** The same with nothing in the bodies: which records there are, whatever their columns hold. */
export function therePayloadSql(
  resource: Resource,
  keyTypes: readonly string[],
  facts: PayloadFacts,
): string {
  const nothing = { there: { kind: 'constant', value: true } } as const;
  const context = contextOf(resource, facts, false);
  return payloadSql(byKey(resource, keyTypes), nothing, context, lifeOf(resource));
}

const lifeOf = ({ softDelete }: Resource) =>
  softDelete === undefined ? undefined : `t.${quoteName(softDelete)}::text`;

const contextOf = ({ table }: Resource, facts: PayloadFacts, gone: boolean): Context => ({
  ...facts,
  table: quoteTable(table),
  gone,
});

/**
 * The payloads of records that are gone, as they were: from their last rows, first-level columns as they were last, a single association where it
 * can still be read, null where it cannot, and null for lists, whose rows are found by a record that is no more. Parameter $1 is a
 * text[] of last rows as JSON, $2 a timestamptz[] of when they were deleted.
 */
export function lastPayloadSql(resource: Resource, facts: PayloadFacts): string {
  return fromLastRowSql(resource, resource.fields, facts);
}

/** The same, as their deletes show them. */
export function gonePayloadSql(resource: Resource, facts: PayloadFacts): string {
  return fromLastRowSql(resource, resource.deletedFields ?? resource.fields, facts);
}

/** The same with nothing but the key in them, and what needs no column: it is all that can be said of a record that fails. */
export function barePayloadSql(resource: Resource, fields: Fields, facts: PayloadFacts): string {
  return fromLastRowSql(resource, bareFields(fields, resource.key ?? defaultKey), facts);
}

function bareFields(fields: Fields, key: readonly string[]): Fields {
  const bare = (name: string, field: Field): Field => {
    if (field.kind === 'object') return { ...field, fields: bareFields(field.fields, key) };
    if (field.kind === 'deleted_at') return { kind: 'deleted_at' };
    if (field.kind === 'constant') return field;
    const isKey = field.kind === 'column' && key.includes(field.column ?? name);
    return isKey ? field : { kind: 'constant', value: null };
  };
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, bare(name, field)]));
}

function fromLastRowSql(resource: Resource, fields: Fields, facts: PayloadFacts): string {
  const context = contextOf(resource, facts, true);
  return payloadSql(fromLastRow(lastColumns(resource, fields, context)), fields, context);
}

/** The same for records that are marked as deleted, whose rows are still there. Parameter $1 is a text[] of keys. */
export function markedPayloadSql(
  resource: Resource,
  keyTypes: readonly string[],
  facts: PayloadFacts,
): string {
  const fields = resource.deletedFields ?? resource.fields;
  return payloadSql(byKey(resource, keyTypes), fields, contextOf(resource, facts, true));
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

/**
 * By `given.key` as a row in JSON. Only the columns that the query names are read: what the others held need not fit the table, as it
 * is by now.
 * @param columns name to SQL type
 */
export function fromLastRow(columns: ReadonlyMap<string, string>): RowSource {
  const list = [...columns].map(([name, type]) => `${quoteName(name)} ${type}`);
  return { from: `json_to_record(given.key::json) t(${list.join(', ')})`, where: 'true' };
}

/**
 * The columns of a last row that its payload names, with their types. What is shown as the JSON that it is stays that: Postgres can make
 * JSON of values that it could not make of that JSON again.
 */
function lastColumns(resource: Resource, fields: Fields, { table, tables }: Context): Map<string, string> {
  const key = (resource.key ?? defaultKey).map((column) => ({ column, asJson: false }));
  const columns = new Map<string, string>();
  for (const { column, asJson } of [...namedColumns(fields), ...key]) {
    const found = tables.get(table)?.get(column);
    // What the table does not have is missing here too, and the server says so.
    if (!found) continue;
    const staysJson = asJson && !found.isUnsafe && (columns.get(column) ?? 'json') === 'json';
    columns.set(column, staysJson ? 'json' : found.type);
  }
  return columns;
}

/** The columns of its own row that the payload of a record that is gone names. */
function* namedColumns(fields: Fields): Generator<{ readonly column: string; readonly asJson: boolean }> {
  for (const [name, field] of Object.entries(fields)) {
    if (field.kind === 'column') yield { column: field.column ?? name, asJson: field.format === 'json' };
    else if (field.kind === 'object') yield* namedColumns(field.fields);
    else if (field.kind !== 'many') {
      const columns = ownColumns({ [name]: field });
      for (const column of columns) yield { column, asJson: false };
    }
  }
}

interface Context extends PayloadFacts {
  /** Quoted: whose columns are shown. */
  readonly table: string;
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
      return columnExpression(name, field, alias, context);
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

function columnExpression(name: string, field: ColumnField, alias: string, context: Context): string {
  const column = `${alias}.${quoteName(field.column ?? name)}`;
  switch (field.format) {
    case 'text':
      return `${column}::text`;
    case 'json':
      return column;
    case 'flag':
      return `case when ${column} then '1' when not ${column} then '0' end`;
    case 'timestamp':
      return timestampExpression(column, context.timestamps);
    case 'number':
      return `trim_scale(${numberExpression(name, field, alias, context)})`;
    case 'base64':
      // Postgres breaks lines after 76 characters.
      return `translate(encode(${column}, 'base64'), E'\\n', '')`;
    default:
      return `round(${numberExpression(name, field, alias, context)}, ${field.format.places})::text`;
  }
}

const numberText = String.raw`^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$`;

/** Null for what is no number: a text that is none, NaN, infinity. */
function numberExpression(
  name: string,
  field: ColumnField,
  alias: string,
  { table, tables }: Context,
): string {
  const columnName = field.column ?? name;
  const column = `${alias}.${quoteName(columnName)}`;
  const { type = '', isText = false } = tables.get(table)?.get(columnName) ?? {};
  if (/^(smallint|integer|bigint)$/.test(type)) return `${column}::numeric`;
  const isNumber = isText
    ? `length(${column}::text) < 1000 and ${column}::text ~ ${quoteLiteral(numberText)}`
    : `abs(${column}::numeric) < 'Infinity'`;
  return `case when ${isNumber} then ${column}::numeric end`;
}

/**
 * The session's time zone is UTC, so this holds for timestamps with and without a zone. Null for what the form cannot say: infinity,
 * and years that four digits do not hold.
 */
function timestampExpression(value: string, timestamps: TimestampForm): string {
  if (timestamps === 'unix')
    return `case when isfinite(${value}) then floor(extract(epoch from ${value}))::bigint end`;
  const form = timestamps === 'iso' ? 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"' : 'YYYY-MM-DD HH24:MI:SS';
  return `case when ${value} >= '0001-01-01' and ${value} < '10000-01-01' then to_char(${value}, '${form}') end`;
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
  const isShort = order.length > 0 && limit !== undefined;
  const rows = [
    `from ${isShort ? fencedSql(field, alias, inner, between) : fromSql(field, alias, inner, between)}`,
    ...(order.length > 0 ? [`order by ${order.join(', ')}`] : []),
    ...(limit === undefined ? [] : [`limit ${limit}`]),
  ].join(' ');
  const linkedContext = { ...context, table: quoteTable(field.table) };
  if (!isBare(field.fields)) {
    return `select row_to_json(r.*) from (select ${selectList(field.fields, inner, linkedContext)} ${rows}) r`;
  }
  const value = columnExpression('', field.fields, inner, linkedContext);
  // As JSON, since a list of arrays could not be an array of Postgres.
  return field.kind === 'many' ? `select to_json(${value}) ${rows}` : `select ${value} ${rows}`;
}

function fromSql(link: Link, alias: string, inner: string, between: string): string {
  const { first, second } = stepsOf(link, alias, inner, between);
  if (!link.through) return `${quoteTable(link.table)} ${inner} where ${second.join(' and ')}`;
  return `${quoteTable(link.through.table)} ${between} join ${quoteTable(link.table)} ${inner} on ${second.join(' and ')}
    where ${first.join(' and ')}`;
}

/**
 * The same for the first few rows of an order: to find them, the planner would rather walk an index in that order, past the rows of all
 * other records, than take this record's rows and sort them.
 */
function fencedSql(field: OneField | ManyField, alias: string, inner: string, between: string): string {
  const { first, second } = stepsOf(field, alias, inner, between);
  const { fields, orderBy = [], through } = field;
  const shown = isBare(fields) ? [fields.column ?? ''] : [...ownColumns(fields)];
  const rows = (table: string, as: string, columns: readonly string[], conditions: readonly string[]) =>
    `(select ${[...new Set(columns)].map((column) => `${as}.${quoteName(column)}`).join(', ')}
      from ${quoteTable(table)} ${as} where ${conditions.join(' and ')} offset 0) ${as}`;
  const own = rows(field.table, inner, [...shown, ...orderColumns(orderBy, false)], second);
  if (!through) return own;
  const links = rows(
    through.table,
    between,
    [...[through.from].flat(), ...orderColumns(orderBy, true)],
    first,
  );
  return `${links} cross join lateral ${own}`;
}

function orderColumns(orderBy: readonly Order[], ofThrough: boolean): string[] {
  return orderBy
    .map((order) => (typeof order === 'string' ? { column: order } : order))
    .filter((order) => ('of' in order && order.of === 'through') === ofThrough)
    .map(({ column }) => column);
}

/** The conditions that lead to the rows of a link: to those between, where there are such, and from there to its own. */
function stepsOf(
  { through, from, to, where }: Link,
  alias: string,
  inner: string,
  between: string,
): { readonly first: string[]; readonly second: string[] } {
  const conditions = conditionsSql(inner, where);
  if (!through) return { first: [], second: [...linked(inner, to, alias, from), ...conditions] };
  return {
    first: [...linked(between, through.to, alias, from), ...conditionsSql(between, through.where)],
    second: [...linked(inner, to, between, through.from), ...conditions],
  };
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
