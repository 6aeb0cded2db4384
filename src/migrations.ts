import type { Knex } from 'knex';
import { capturePlans } from './capture/plan.ts';
import { quoteTable } from './catalog/table-name.ts';
import type { Catalog } from './catalog/types.ts';
import { RowhookError } from './errors.ts';
import * as capturing from './install/capture-tables.ts';
import { lockingSteps, type Patience } from './install/patience.ts';
import { ownTransactions, type Place, savepoints } from './install/place.ts';
import * as removal from './install/uninstall.ts';
import {
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  type Sealing,
  updateEndpoint,
} from './store/endpoints.ts';
import { resultTypes } from './store/result-types.ts';
import { checkSchema, installSchema } from './store/schema.ts';
import type { NamedStatement, Queryable } from './store/sql.ts';
import { type EndpointInput, newTenant } from './wire/endpoint-input.ts';
import { sameUrl } from './wire/endpoint-url.ts';

export type { Patience } from './install/patience.ts';
export type { Sealing } from './store/endpoints.ts';
export { createSealer, type Sealer } from './store/sealer.ts';
export type { EndpointInput } from './wire/endpoint-input.ts';
export { type SecretKey, secretKeys } from './wire/secret-key.ts';

/*
 * What an application's knex migrations call. Everything may be called twice, and by several processes at once.
 *
 * Write `export const config = { transaction: false }` in such a migration: each table is then locked for a moment only. In
 * knex's own transaction, its default, a table that is done stays locked against writes until the last one is done too.
 */

/**
 * Creates the schema rowhook, or brings it up to date with this version of the program.
 * @throws RowhookError `privilege_missing`, `schema_too_new`, `schema_foreign`, `database_version`, `lock_timeout`
 */
export function install(knex: Knex, patience: Patience = {}): Promise<void> {
  return at(knex, async (place) => {
    await lockingSteps(place, patience)([], installSchema);
  });
}

/**
 * Takes the triggers off all tables and drops the schema rowhook with everything in it: waiting changes and deliveries too.
 * The application's own schema is then what it was before.
 * @throws RowhookError `lock_timeout`, `privilege_missing`
 */
export function uninstall(knex: Knex, patience: Patience = {}): Promise<void> {
  return at(knex, async (place) => {
    await removal.uninstall(place, patience);
  });
}

/**
 * Puts triggers on the tables that a catalog's events need, or on some of them. Where a table is captured for another catalog,
 * changes that wait are still read by the plan that wrote them.
 * @param options.tables named as in the catalog
 * @throws RowhookError `table_missing`, `column_missing`, `key_missing`, `table_unsupported`, `table_unknown`,
 *   `privilege_missing`, `lock_timeout`, and `schema_missing`, `schema_too_old`, `schema_too_new` when `install` has not run
 */
export function capture(
  knex: Knex,
  catalog: Catalog,
  options: Patience & { readonly tables?: readonly string[] } = {},
): Promise<void> {
  return at(knex, async (place) => {
    await capturing.captureTables(place, catalog, options);
  });
}

/**
 * Takes the triggers off the tables of a catalog, or off these tables. Changes that wait are still delivered.
 * @throws RowhookError `lock_timeout`
 */
export function release(
  knex: Knex,
  from: Catalog | readonly string[],
  patience: Patience = {},
): Promise<void> {
  const tables = isList(from) ? from.map(quoteTable) : capturePlans(from).map((plan) => plan.table);
  return at(knex, async (place) => {
    await capturing.releaseTables(place, tables, patience);
  });
}

/**
 * Registers the endpoint of this URL (and tenant), or changes it to what is given here, where there is one. A new one gets its
 * ping from the daemon.
 * @param endpoint a secret, a description, a limit and so on that it does not name stay as they are; a limit of null has its default
 * @param sealing.sealer seals its secrets, with the keys that the daemon has: `createSealer(secretKeys(process.env.ROWHOOK_SECRET_KEYS))`
 * @returns its id
 * @throws RowhookError `endpoint_invalid`, `event_unknown`, `secret_sealed`, and `schema_missing` and the like when `install` has not run
 */
export function registerEndpoint(
  knex: Knex,
  catalog: Catalog,
  endpoint: EndpointInput,
  sealing: Sealing = {},
): Promise<string> {
  return at(knex, async (place) => {
    await checkSchema(place.db);
    // Under the lock of installations: two processes must not both find that there is none.
    return lockingSteps(place, {})([], async (db) => {
      const tenant = newTenant(endpoint.tenant, catalog);
      const known = (await listEndpoints(db)).find(
        (each) => sameUrl(each.url, endpoint.url) && each.tenant === tenant,
      );
      const { id } = known
        ? await updateEndpoint(db, catalog, known.id, endpoint, sealing)
        : await createEndpoint(db, catalog, endpoint, sealing);
      return id;
    });
  });
}

/**
 * Deletes every endpoint of this URL, with the deliveries that it still was to get. Does nothing where there is none.
 * @param which.tenant only that of this tenant; null: only one for all of them
 */
export function removeEndpoint(
  knex: Knex,
  { url, tenant }: { readonly url: string; readonly tenant?: string | null },
): Promise<void> {
  return at(knex, async (place) => {
    if (!(await capturing.isInstalled(place.db))) return;
    await lockingSteps(place, {})([], async (db) => {
      for (const endpoint of await listEndpoints(db)) {
        const asked = tenant === undefined || endpoint.tenant === tenant;
        if (sameUrl(endpoint.url, url) && asked) await deleteEndpoint(db, endpoint.id);
      }
    });
  });
}

function isList(from: Catalog | readonly string[]): from is readonly string[] {
  return Array.isArray(from);
}

/** Runs `work` on one connection of knex: that of its transaction, or one of its pool, which goes back in the end. */
async function at<T>(knex: Knex, work: (place: Place) => Promise<T>): Promise<T> {
  const { client } = knex;
  if (client.driverName !== 'pg' && client.driverName !== 'pgnative') {
    throw new RowhookError('client_unsupported', `knex was made for ${client.driverName || 'no database'}`, {
      fix: "Use a knex instance with `client: 'pg'`.",
    });
  }
  const connection = await client.acquireConnection();
  try {
    if (!knex.isTransaction) return await work(ownTransactions(verbatim(connection, () => false)));
    const transaction = knex as Knex.Transaction;
    return await work(savepoints(verbatim(connection, () => transaction.isCompleted())));
  } finally {
    await client.releaseConnection(connection);
  }
}

/** What we need of the pg connection that knex holds. */
interface PgConnection {
  query(statement: object): Promise<{ rows: never[]; rowCount: number | null }>;
}

/**
 * Runs statements as they are. Through `knex.raw` they would not be: it rewrites every question mark, also those in comments,
 * in strings and in the bodies of functions, and drops a backslash before one.
 */
function verbatim(connection: PgConnection, completed: () => boolean): Queryable {
  return {
    query(statement: string | NamedStatement, values?: readonly unknown[]) {
      // The connection may serve somebody else by then, outside of any transaction.
      if (completed()) throw new Error('the knex transaction has ended already: await what you call in it');
      const parts = typeof statement === 'string' ? { text: statement, values } : statement;
      return connection.query({ ...parts, types: resultTypes });
    },
  };
}
