import { pino } from 'pino';
import type { Catalog } from '../../src/catalog/types.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

export interface EventRow {
  name: string;
  resource: string;
  record_key: string;
  payload: string | null;
  request_id: string | null;
  delivery_count: number;
}

/** A relay at work on a database, with its bell; stopped by `stop`. */
export async function startRelay(
  db: TestDatabase,
  options: {
    catalog?: Catalog;
    pollMs?: number;
    drowsyMs?: number;
    url?: string;
    onDeliveries?: () => void;
    /** Nobody listens for rings. */
    deaf?: boolean;
  } = {},
): Promise<{ relay: Relay; stop(): Promise<void> }> {
  const connection = { connectionString: options.url ?? db.url };
  const log = pino({ level: process.env.ROWHOOK_TEST_LOG ?? 'silent' });
  const bell = createBell({ connection, log });
  const { catalog = siteStacker(), pollMs = 1_000, onDeliveries = () => {}, drowsyMs, deaf } = options;
  const relay = createRelay({
    ...{ connection, catalog, log, bell, onDeliveries, pollMs },
    ...(drowsyMs === undefined ? {} : { drowsyMs }),
  });
  if (!deaf) await bell.start();
  await relay.start();
  return {
    relay,
    async stop() {
      await relay.stop();
      if (!deaf) await bell.stop();
    },
  };
}

/** An endpoint for these events; nobody delivers to it. */
export async function subscribe(db: TestDatabase, events: readonly string[] = ['*']): Promise<void> {
  await db.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', $1)`, [events]);
}

/** All events so far, in their order, but for the markers of `relayed`. */
export async function events(db: TestDatabase): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>(
    `select name, resource, record_key, payload, request_id, delivery_count from rowhook.event
     where not (resource = 'tag_category' and record_key in (select id::text from tag_categories where name = 'marker'))
     order by id`,
  );
  return rows;
}

/** Waits until everything that is committed now has become events. */
export async function relayed(db: TestDatabase): Promise<EventRow[]> {
  // A change of its own marks the end: events follow the order of seqs within what is visible at once.
  const { rows } = await db.query<{ id: string }>(
    `insert into tag_categories (name) values ('marker') returning id`,
  );
  const marker = rows[0]!.id;
  await waitUntil(
    async () =>
      (
        await db.query('select 1 from rowhook.event where resource = $1 and record_key = $2', [
          'tag_category',
          marker,
        ])
      ).rowCount === 1,
    { what: 'the relay to reach the marker' },
  );
  return (await events(db)).filter(
    (event) => event.record_key !== marker || event.resource !== 'tag_category',
  );
}

/** Names and keys, as `person_update 412`. */
export const named = (rows: readonly EventRow[]): string[] =>
  rows.map((row) => `${row.name} ${row.record_key}`);
