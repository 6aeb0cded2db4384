import { conditionSql } from '../../catalog/condition.ts';
import { quoteLiteral, quoteName, quoteTable } from '../../catalog/table-name.ts';
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
  type TimestampForm,
} from '../../catalog/types.ts';
import { ownColumns } from '../../catalog/watch.ts';
import type { ColumnTypes } from '../../store/tables.ts';

/*
 * How the fields of a payload are read: each is an expression on a row, which has an alias; links are subqueries on rows of their own.
 */

/** What the catalog says of all payloads, and the database of the tables that they show. */
export interface PayloadFacts {
  readonly timestamps: TimestampForm;
  /** By quoted name: the resource's own table, and those of which numbers are shown. */
  readonly tables: ReadonlyMap<string, ColumnTypes>;
}

/** What the fields are shown of. */
export interface Context extends PayloadFacts {
  /** Quoted: whose columns are shown. */
  readonly table: string;
  readonly gone: boolean;
}

/** An object of these fields, as json. */
export function objectSql(fields: Fields, alias: string, context: Context): string {
  return `select row_to_json(body.*) from (select ${selectList(fields, alias, context)}) body`;
}

export function selectList(fields: Fields, alias: string, context: Context): string {
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
    `from ${isShort || field.through ? fencedSql(field, alias, inner, between) : fromSql(field, alias, inner, between)}`,
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
