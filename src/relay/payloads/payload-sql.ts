import { quoteName, quoteTable } from '../../catalog/table-name.ts';
import type { Field, Fields, Resource } from '../../catalog/types.ts';
import { defaultKey, ownColumns } from '../../catalog/watch.ts';
import { type Context, objectSql, type PayloadFacts, selectList } from './field-sql.ts';

/**
 * The query that builds the payloads of many records of a resource at once: text straight from Postgres, in the order of the
 * catalog's keys. Pure. Parameter $1 is a text[] of keys, $2 how many characters of bodies are wanted; rows come back as `ord` (1-based
 * place in it), `body`, null where those up to it are more than that (the first one always comes), and `life`: what the column of a
 * soft delete says, as text, where the resource has one.
 *
 * Nested objects are correlated subqueries: each an index lookup whose plan does not flip with the size of a page.
 *
 * @param keyTypes the SQL type of each key column, so that the key's index serves
 */
export function livePayloadSql(resource: Resource, keyTypes: readonly string[], facts: PayloadFacts): string {
  const context = contextOf(resource, facts, false);
  const all = payloadSql(byKey(resource, keyTypes), resource.fields, context, lifeOf(resource));
  // Behind the fence each body is made once. The sum needs no order, and so no sort: whoever asks comes again for what is missing.
  return `select ord, case when total <= $2::bigint or total = octet_length(body) then body end as body${lifeOf(resource) === undefined ? '' : ', life'}
from (
  select made.*, sum(octet_length(body)) over (rows unbounded preceding) as total
  from (${all} offset 0) made
) counted`;
}

/** The same with nothing in the bodies: which records there are, whatever their columns hold. Without $2. */
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

/**
 * Ends a subquery that looks one record up, so that it stays one. As a join, a plan that was made while the table was empty, and is kept,
 * would walk all of the table for each key once it is not (invariant 8).
 */
export const byItself = 'offset 0';

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
  ${byItself}
) body`;
  }
  return `select given.ord::int as ord, record.body, record.life
from ${given}
cross join lateral (
  select (${objectSql(fields, 't', context)})::text as body, ${life} as life
  from ${from}
  where ${where}
  ${byItself}
) record`;
}
