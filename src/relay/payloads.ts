import { json } from '../catalog/define.ts';
import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog, Resource } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import { RowhookError } from '../errors.ts';
import type { NamedStatement, Queryable } from '../store/sql.ts';
import { type TableFacts, tableFacts } from '../store/tables.ts';
import { isAlive } from './decide.ts';
import { gonePayloadSql, lastPayloadSql, livePayloadSql, markedPayloadSql } from './payload-sql.ts';
import { goneTenantSql, liveTenantSql } from './tenant-sql.ts';

/** A record as it is in the transaction's snapshot. */
export interface LiveBody {
  /** JSON text. */
  readonly body: string;
  /** False: it is marked as deleted, and the world does not see it. */
  readonly alive: boolean;
}

/** Speaks of a record that is gone. */
export interface Gone {
  /** Its last row as JSON text; undefined: the row is still there, marked as deleted. */
  readonly image: string | undefined;
  /** To be shown as its delete shows it; else as it was. */
  readonly deleted: boolean;
  readonly key: string;
  /** ISO 8601. */
  readonly changedAt: string;
}

/** Builds payloads as JSON text, and finds tenants. */
export interface Payloads {
  /** The records with these keys; one that is missing has no entry. */
  live(db: Queryable, resourceName: string, keys: readonly string[]): Promise<Map<string, LiveBody>>;
  /** Bodies of records that are gone, in their order; undefined for a marked one whose row has gone since. */
  gone(db: Queryable, resourceName: string, gone: readonly Gone[]): Promise<Array<string | undefined>>;
  /** The values along the resource's path to its tenant, in the order of what is given; undefined for a row that is missing. */
  tenants(
    db: Queryable,
    resourceName: string,
    kind: 'key' | 'image',
    given: readonly string[],
  ): Promise<Array<ReadonlyArray<string | null> | undefined>>;
}

const kinds = ['live', 'last', 'gone', 'marked', 'tenant', 'goneTenant'] as const;
/** Those that speak of a time. */
const timed: readonly Kind[] = ['last', 'gone', 'marked'];
type Kind = (typeof kinds)[number];

/**
 * Reads the types of the catalog's keys once, compiles the queries of each resource, and has the server plan them: a mistake in a
 * payload shows before anything is read, and the first event does not wait for the planner.
 * @throws RowhookError `table_missing`, `column_missing`, naming the resource
 */
export async function preparePayloads(db: Queryable, catalog: Catalog): Promise<Payloads> {
  const statements = new Map<string, Partial<Record<Kind, string>>>();
  for (const [name, resource] of Object.entries(catalog.resources)) {
    statements.set(name, await textsOf(db, resource, catalog));
  }
  const names = [...statements.keys()];
  const statement = (kind: Kind, resourceName: string, values: readonly unknown[]): NamedStatement => ({
    // Planning ten nested lookups costs more than running them.
    name: `rowhook_${kind}_${names.indexOf(resourceName)}`,
    text: statements.get(resourceName)?.[kind] ?? '',
    values,
  });
  for (const [name, texts] of statements) {
    for (const kind of kinds) {
      if (texts[kind] === undefined) continue;
      const values = timed.includes(kind) ? [[], []] : [[]];
      await db.query(statement(kind, name, values)).catch((error: unknown) => {
        throw payloadError(name, error);
      });
    }
  }
  const bodies = async (db: Queryable, kind: Kind, resourceName: string, gone: readonly Gone[]) => {
    if (gone.length === 0) return [];
    const given = gone.map(({ image, key }) => (kind === 'marked' ? key : (image ?? '{}')));
    const at = gone.map(({ changedAt }) => changedAt);
    const { rows } = await db.query<{ ord: number; body: string }>(
      statement(kind, resourceName, [given, at]),
    );
    return inOrder(gone.length, rows, ({ body }) => body);
  };
  return {
    async live(db, resourceName, keys) {
      const { rows } = await db.query<{ ord: number; body: string; life?: string | null }>(
        statement('live', resourceName, [keys]),
      );
      return new Map(rows.map(({ ord, body, life }) => [keys[ord - 1]!, { body, alive: isAlive(life) }]));
    },
    async gone(db, resourceName, gone) {
      const built = new Map<Gone, string | undefined>();
      for (const kind of ['last', 'gone', 'marked'] as const) {
        const some = gone.filter((one) => kindOf(one) === kind);
        for (const [i, body] of (await bodies(db, kind, resourceName, some)).entries())
          built.set(some[i]!, body);
      }
      return gone.map((one) => built.get(one));
    },
    async tenants(db, resourceName, kind, given) {
      if (given.length === 0) return [];
      const { rows } = await db.query<{ ord: number; path: Array<string | null> }>(
        statement(kind === 'key' ? 'tenant' : 'goneTenant', resourceName, [given]),
      );
      return inOrder(given.length, rows, ({ path }) => path);
    },
  };
}

function kindOf({ image, deleted }: Gone): 'last' | 'gone' | 'marked' {
  if (image === undefined) return 'marked';
  return deleted ? 'gone' : 'last';
}

function inOrder<Row extends { ord: number }, T>(
  length: number,
  rows: readonly Row[],
  value: (row: Row) => T,
): Array<T | undefined> {
  const ordered = new Array<T | undefined>(length).fill(undefined);
  for (const row of rows) ordered[row.ord - 1] = value(row);
  return ordered;
}

async function textsOf(
  db: Queryable,
  resource: Resource,
  { timestamps }: Catalog,
): Promise<Partial<Record<Kind, string>>> {
  const facts = await factsOf(db, resource);
  const keyTypes = keyTypesOf(resource, facts);
  const shown = withAllFields(resource, facts);
  return {
    live: livePayloadSql(shown, keyTypes, timestamps),
    last: lastPayloadSql(shown, timestamps),
    gone: gonePayloadSql(shown, timestamps),
    ...(resource.softDelete === undefined ? {} : { marked: markedPayloadSql(shown, keyTypes, timestamps) }),
    ...(resource.tenant === undefined
      ? {}
      : {
          tenant: liveTenantSql(resource, resource.tenant, keyTypes),
          goneTenant: goneTenantSql(resource, resource.tenant),
        }),
  };
}

/** A resource without fields shows its row as it is, but for what must not leave. */
function withAllFields(resource: Resource, facts: TableFacts): Resource {
  if (Object.keys(resource.fields).length > 0) return resource;
  const columns = [...facts.columns.keys()].filter((column) => !resource.exclude?.includes(column));
  return { ...resource, fields: Object.fromEntries(columns.map((column) => [column, json()])) };
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

async function factsOf(db: Queryable, resource: Resource): Promise<TableFacts> {
  const table = quoteTable(resource.table);
  const facts = await tableFacts(db, table);
  if (facts) return facts;
  throw new RowhookError('table_missing', `table ${table} does not exist in this database`, {
    where: resource.table,
    fix: 'Correct the table in the catalog, or connect to the database that has it.',
  });
}

function keyTypesOf(resource: Resource, facts: TableFacts): string[] {
  return (resource.key ?? defaultKey).map((column) => {
    const type = facts.columns.get(column);
    if (type) return type;
    throw new RowhookError('column_missing', `${facts.table} has no column "${column}"`, {
      where: facts.table,
      fix: 'Correct the key in the catalog.',
    });
  });
}
