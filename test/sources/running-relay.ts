import knex from 'knex';
import { type CatalogInput, defineCatalog } from '../../src/catalog/define.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { RowhookError } from '../../src/errors.ts';
import { capture, install } from '../../src/migrations.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import { createSources } from '../../src/sources/sources.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

export interface EventRow {
  readonly name: string;
  readonly record_key: string;
  readonly payload: string | null;
  readonly tenant: string | null;
}

export interface RunningRelay {
  readonly relay: Relay;
  /** What the relay failed with, in order. */
  readonly failures: readonly RowhookError[];
  /** What the log said of records. */
  readonly told: readonly object[];
  stop(how?: 'drain' | 'abort'): Promise<void>;
}

/** People, some of them with notes: parts that are found by the person's key. */
const tables = `
  create table people (id bigint primary key, tenant_id text, name text, tax_id text, deleted_at timestamptz);
  create table notes (id bigint primary key, person_id bigint not null, body text)`;

export function catalogOf(
  person: Partial<CatalogInput['resources'][string]>,
  events: CatalogInput['events'] = {},
): Catalog {
  return defineCatalog({
    name: 'test',
    resources: { person: { table: 'people', ...person } },
    events: {
      person_create: { resource: 'person', on: 'insert' },
      person_update: { resource: 'person', on: 'update' },
      person_delete: { resource: 'person', on: 'delete' },
      ...events,
    },
  });
}

/** A database with these tables, captured for a catalog. */
export async function databaseFor(catalog: Catalog): Promise<TestDatabase> {
  const db = await createTestDatabase();
  await db.query(tables);
  const client = knex({ client: 'pg', connection: db.url });
  await install(client);
  await capture(client, catalog);
  await client.destroy();
  return db;
}

/** A relay with the sources of its catalog, at work. */
export async function runRelay(
  db: TestDatabase,
  catalog: Catalog,
  options: { mostFetched?: number } = {},
): Promise<RunningRelay> {
  const connection = { connectionString: db.url, application_name: 'relay' };
  const failures: RowhookError[] = [];
  const told: object[] = [];
  const log = {
    debug() {},
    info() {},
    warn(fields: object) {
      told.push(fields);
    },
    error(fields: { err?: unknown }) {
      if (fields.err instanceof RowhookError) failures.push(fields.err);
      else told.push(fields);
    },
  };
  const bell = createBell({ connection, log });
  const { sources, close } = createSources({ catalog });
  const relay = createRelay({ connection, catalog, log, bell, sources, ...options, onDeliveries: () => {} });
  await bell.start();
  await relay.start();
  return {
    relay,
    failures,
    told,
    async stop(how = 'drain') {
      await relay.stop(how);
      await bell.stop();
      close();
    },
  };
}

export async function subscribe(
  db: TestDatabase,
  events: readonly string[] = ['*'],
  tenant: string | null = null,
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into rowhook.endpoint (url, events, tenant) values ('http://127.0.0.1:9/', $1, $2) returning id::text`,
    [events, tenant],
  );
  return rows[0]!.id;
}

/** Waits for as many events, and returns them all, in their order. */
export async function eventsOf(db: TestDatabase, count: number): Promise<EventRow[]> {
  const read = async () =>
    (await db.query<EventRow>('select name, record_key, payload, tenant from rowhook.event order by id'))
      .rows;
  await waitUntil(async () => (await read()).length >= count, { what: `${count} events` });
  return read();
}
