import { json } from '../../catalog/define.ts';
import { excludedColumns } from '../../catalog/field-mistakes.ts';
import { quoteTable } from '../../catalog/table-name.ts';
import { type Catalog, type Field, type Fields, isBare, type Resource } from '../../catalog/types.ts';
import { defaultKey } from '../../catalog/watch.ts';
import { RowhookError } from '../../errors.ts';
import type { Queryable } from '../../store/sql.ts';
import { type ColumnTypes, columnTypes } from '../../store/tables.ts';
import type { PayloadFacts } from './field-sql.ts';
import {
  barePayloadSql,
  gonePayloadSql,
  lastPayloadSql,
  livePayloadSql,
  markedPayloadSql,
  therePayloadSql,
} from './payload-sql.ts';
import { goneTenantSql, liveTenantSql } from './tenant-sql.ts';

export const kinds = [
  'live',
  'there',
  'last',
  'gone',
  'bare',
  'bareGone',
  'marked',
  'tenant',
  'goneTenant',
] as const;
export type Kind = (typeof kinds)[number];

/** The queries of a resource. */
export interface Statements {
  readonly keyTypes: readonly string[];
  readonly texts: Partial<Record<Kind, string>>;
}

/** Compiles them. */
export function statementsOf(resource: Resource, catalog: Catalog, facts: PayloadFacts): Statements {
  const own = facts.tables.get(quoteTable(resource.table))!;
  const keyTypes = keyTypesOf(resource, own);
  const shown = withAllFields(resource, own, catalog);
  return {
    keyTypes,
    texts: {
      live: livePayloadSql(shown, keyTypes, facts),
      there: therePayloadSql(shown, keyTypes, facts),
      last: lastPayloadSql(shown, facts),
      ...(shown.deletedFields === undefined ? {} : { gone: gonePayloadSql(shown, facts) }),
      bare: barePayloadSql(shown, shown.fields, facts),
      bareGone: barePayloadSql(shown, shown.deletedFields ?? shown.fields, facts),
      ...(resource.softDelete === undefined ? {} : { marked: markedPayloadSql(shown, keyTypes, facts) }),
      ...(resource.tenant === undefined
        ? {}
        : {
            tenant: liveTenantSql(resource, resource.tenant, keyTypes),
            goneTenant: goneTenantSql(resource.tenant, own),
          }),
    },
  };
}

/** A resource without fields shows its row as it is, but for what must not leave. */
function withAllFields(resource: Resource, types: ColumnTypes, { resources }: Catalog): Resource {
  if (Object.keys(resource.fields).length > 0) return resource;
  const excluded = excludedColumns(resources).get(quoteTable(resource.table));
  const columns = [...types.keys()].filter((column) => !excluded?.has(column));
  return { ...resource, fields: Object.fromEntries(columns.map((column) => [column, json()])) };
}

/** A payload that names what is not there, as the person who wrote the catalog needs to hear it. */
export function payloadError(resourceName: string, error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string };
  // Class 42: the statement itself is wrong. Anything else is the database's trouble, not the catalog's.
  if (!code?.startsWith('42')) return error;
  const errorCode =
    code === '42703' ? 'column_missing' : code === '42P01' ? 'table_missing' : 'catalog_invalid';
  return new RowhookError(
    errorCode,
    `the payload of resource "${resourceName}" cannot be built: ${message}`,
    {
      where: `resources.${resourceName}.fields`,
      fix: 'Correct the field in the catalog.',
      cause: error,
    },
  );
}

/** Of the resources' own tables, and of those of which numbers are shown: what a text holds may be none. */
export async function typesOf(db: Queryable, { resources }: Catalog): Promise<Map<string, ColumnTypes>> {
  const tables = Object.values(resources).flatMap(({ table, fields, deletedFields = {} }) => [
    quoteTable(table),
    ...numberTables(fields),
    ...numberTables(deletedFields),
  ]);
  const types = await columnTypes(db, [...new Set(tables)]);
  const missing = Object.values(resources).find(({ table }) => !types.has(quoteTable(table)));
  if (missing) throw tableMissing(quoteTable(missing.table), missing.table);
  return types;
}

function tableMissing(table: string, where: string): RowhookError {
  return new RowhookError('table_missing', `table ${table} does not exist in this database`, {
    where,
    fix: 'Correct the table in the catalog, or connect to the database that has it.',
  });
}

/** The tables, other than its own, of which a payload shows numbers. */
function* numberTables(fields: Fields): Generator<string> {
  for (const field of Object.values(fields)) {
    if (field.kind === 'object') yield* numberTables(field.fields);
    if (field.kind === 'choice') yield* numberTables(field.cases);
    if (field.kind !== 'one' && field.kind !== 'many') continue;
    const shown = isBare(field.fields) ? [field.fields] : Object.values(field.fields);
    if (shown.some(hasNumber)) yield quoteTable(field.table);
    if (!isBare(field.fields)) yield* numberTables(field.fields);
  }
}

function hasNumber(field: Field): boolean {
  if (field.kind === 'object') return Object.values(field.fields).some(hasNumber);
  return field.kind === 'column' && (field.format === 'number' || typeof field.format === 'object');
}

function keyTypesOf({ table, key = defaultKey }: Resource, types: ColumnTypes): string[] {
  return key.map((column) => {
    const found = types.get(column);
    if (found) return found.type;
    throw new RowhookError('column_missing', `${quoteTable(table)} has no column "${column}"`, {
      where: quoteTable(table),
      fix: 'Correct the key in the catalog.',
    });
  });
}
