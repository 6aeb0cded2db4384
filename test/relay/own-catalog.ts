import pg from 'pg';
import { pino } from 'pino';
import { type CatalogInput, defineCatalog } from '../../src/catalog/define.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { anyParked } from '../../src/relay/aside/parked.ts';
import { createRetries } from '../../src/relay/aside/retries.ts';
import { type Cursor, firstCursor } from '../../src/relay/cursor/cursor.ts';
import { eventTable } from '../../src/relay/events/events.ts';
import { createLateNames } from '../../src/relay/events/late-names.ts';
import { type PageContext, turnPage } from '../../src/relay/page.ts';
import { preparePayloads } from '../../src/relay/payloads/payloads.ts';
import { prepareSession } from '../../src/relay/session.ts';
import { captureAll } from '../fixtures/captured.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

export interface OwnEvent {
  readonly name: string;
  readonly key: string;
  /** As text, so that no digit is lost. */
  readonly payload: string | null;
  readonly tenant: string | null;
  /** Endpoints that get it. */
  readonly to: readonly string[];
}

export interface OwnDatabase {
  readonly db: TestDatabase;
  readonly client: pg.Client;
  readonly catalog: Catalog;
  /** An endpoint that nobody delivers to; returns its id. */
  endpoint(tenant?: string | null): Promise<string>;
  /** Reads the outbox to its end, page by page; returns the events that came of it. */
  turnAll(options?: Partial<PageContext>): Promise<OwnEvent[]>;
  /** Tries again what is set aside, be it due or not; returns the events that came of it. */
  retryAll(options?: Partial<PageContext>): Promise<OwnEvent[]>;
  end(): Promise<void>;
}

/** A database with these tables, captured for this catalog, whose outbox is read when the test says so. */
export async function ownDatabase(sql: string, input: CatalogInput): Promise<OwnDatabase> {
  const catalog = defineCatalog(input);
  const db = await createTestDatabase();
  const client = new pg.Client({ connectionString: db.url, pipeline: true });
  client.on('error', () => {});
  await client.connect();
  await client.query(sql);
  await captureAll(client, catalog);
  await prepareSession(client, 1_000);
  const context: PageContext = {
    catalog,
    events: eventTable(catalog),
    payloads: await preparePayloads(client, catalog),
    sources: new Map(),
    log: pino({ level: 'silent' }),
    size: { rows: 1_000, changes: 1_000 },
    roles: new Map(),
    lately: createLateNames(),
  };
  let cursor: Cursor = await firstCursor(client);
  let seen = 0;
  const fresh = async (): Promise<OwnEvent[]> => {
    const { rows } = await db.query<OwnEvent>(
      `select e.name, e.record_key as key, e.payload, e.tenant,
         array(select endpoint_id::text from rowhook.delivery d where d.event_id = e.id order by endpoint_id) as to
       from rowhook.event e order by e.id`,
    );
    const found = rows.slice(seen);
    seen = rows.length;
    return found;
  };
  return {
    db,
    client,
    catalog,
    async endpoint(tenant = null) {
      const { rows } = await db.query<{ id: string }>(
        `insert into rowhook.endpoint (url, events, tenant) values ('http://127.0.0.1:9/', '{*}', $1) returning id::text`,
        [tenant],
      );
      return rows[0]!.id;
    },
    async turnAll(options = {}) {
      for (;;) {
        const turned = await turnPage(client, { ...context, ...options }, cursor, await anyParked(client));
        cursor = turned.cursor;
        if (!turned.full && !turned.parked) break;
      }
      return fresh();
    },
    async retryAll(options = {}) {
      await db.query('update rowhook.set_aside set retry_at = clock_timestamp()');
      const all = { ...context, ...options };
      const retries = createRetries(true, all.log, 1);
      for (;;) {
        const turned = await retries.turn(client, all, cursor, false);
        if (!turned) return fresh();
        cursor = turned.cursor;
      }
    },
    end: () => client.end(),
  };
}

/** `order_paid 5`, in their order. */
export const named = (events: readonly OwnEvent[]): string[] =>
  events.map(({ name, key }) => `${name} ${key}`);
