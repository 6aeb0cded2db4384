import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog, Resource } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import { RowhookError } from '../errors.ts';
import type { NamedStatement, Queryable } from '../store/sql.ts';
import { tableFacts } from '../store/tables.ts';
import { gonePayloadSql, livePayloadSql } from './payload-sql.ts';

/** Builds payloads as JSON text. */
export interface Payloads {
  /** Bodies of the records with these keys, as they are in the transaction's snapshot; a record that is missing has none. */
  live(db: Queryable, resourceName: string, keys: readonly string[]): Promise<Map<string, string>>;
  /** Bodies from last rows (JSON text), in their order. */
  gone(db: Queryable, resourceName: string, images: readonly string[]): Promise<string[]>;
}

/**
 * Reads the types of the catalog's keys once, compiles one query for each resource, and has the server plan it: a mistake in a
 * payload shows before anything is read, and the first event does not wait for the planner.
 * @throws RowhookError `table_missing`, `column_missing`, naming the resource
 */
export async function preparePayloads(db: Queryable, catalog: Catalog): Promise<Payloads> {
  const statements = new Map<string, { live: string; gone: string }>();
  for (const [name, resource] of Object.entries(catalog.resources)) {
    statements.set(name, {
      live: livePayloadSql(resource, await keyTypes(db, resource), catalog.timestamps),
      gone: gonePayloadSql(resource, catalog.timestamps),
    });
  }
  const statement = (
    kind: 'live' | 'gone',
    resourceName: string,
    values: readonly string[],
  ): NamedStatement => ({
    // Planning ten nested lookups costs more than running them.
    name: `rowhook_${kind}_${[...statements.keys()].indexOf(resourceName)}`,
    text: statements.get(resourceName)![kind],
    values: [values],
  });
  for (const name of statements.keys()) {
    for (const kind of ['live', 'gone'] as const) {
      await db.query(statement(kind, name, [])).catch((error: unknown) => {
        throw payloadError(name, error);
      });
    }
  }
  return {
    async live(db, resourceName, keys) {
      const { rows } = await db.query<{ ord: number; body: string }>(statement('live', resourceName, keys));
      return new Map(rows.map((row) => [keys[row.ord - 1]!, row.body]));
    },
    async gone(db, resourceName, images) {
      const { rows } = await db.query<{ ord: number; body: string }>(statement('gone', resourceName, images));
      const bodies: string[] = [];
      for (const row of rows) bodies[row.ord - 1] = row.body;
      return bodies;
    },
  };
}

/** A payload that names what is not there, as the person who wrote the catalog needs to hear it. */
function payloadError(resourceName: string, error: unknown): unknown {
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

async function keyTypes(db: Queryable, resource: Resource): Promise<string[]> {
  const facts = await tableFacts(db, quoteTable(resource.table));
  if (!facts) {
    throw new RowhookError(
      'table_missing',
      `table ${quoteTable(resource.table)} does not exist in this database`,
      {
        where: resource.table,
        fix: 'Correct the table in the catalog, or connect to the database that has it.',
      },
    );
  }
  return (resource.key ?? defaultKey).map((column) => {
    const type = facts.columns.get(column);
    if (type) return type;
    throw new RowhookError('column_missing', `${facts.table} has no column "${column}"`, {
      where: facts.table,
      fix: 'Correct the key in the catalog.',
    });
  });
}
