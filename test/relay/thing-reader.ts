import pg from 'pg';
import { pino } from 'pino';
import { changesOf, defineCatalog, text } from '../../src/catalog/define.ts';
import { anyParked } from '../../src/relay/aside/parked.ts';
import type { Cursor } from '../../src/relay/cursor/cursor.ts';
import { openCursor } from '../../src/relay/cursor/open-cursor.ts';
import { eventTable } from '../../src/relay/events/events.ts';
import { createLateNames } from '../../src/relay/events/late-names.ts';
import { type PageContext, turnPage } from '../../src/relay/page.ts';
import { preparePayloads } from '../../src/relay/payloads/payloads.ts';
import { prepareSession } from '../../src/relay/session.ts';
import { captureAll } from '../fixtures/captured.ts';
import { longestTransaction, thingTable } from './moving-history.ts';

export const things = defineCatalog({
  name: 'things',
  resources: {
    thing: { table: 'thing', fields: { id: text(), name: text() } },
    note: { table: 'note', fields: { id: text(), body: text() } },
  },
  events: Object.fromEntries(
    [...changesOf('thing'), ...changesOf('note')].map(({ name, ...event }) => [name, event]),
  ),
});

/** Runs some SQL on a connection of its own; returns the rows of the last statement. */
export async function ask<Row extends pg.QueryResultRow>(
  url: string,
  ...statements: string[]
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const sql of statements) ({ rows } = await client.query<Row>(sql));
    return rows;
  } finally {
    await client.end();
  }
}

/** A table of things, captured, and an endpoint that nobody delivers to. */
export async function captureThings(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(thingTable);
  await captureAll(client, things);
  await client.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
  await client.end();
}

/** The names of the events of each thing, or each note, in their order. */
export async function eventsOfThings(url: string, resource = 'thing'): Promise<Record<string, string[]>> {
  const rows = await ask<{ record_key: string; names: string[] }>(
    url,
    `select record_key, array_agg(name order by id) as names from rowhook.event where resource = '${resource}' group by 1`,
  );
  return Object.fromEntries(rows.map(({ record_key, names }) => [record_key, names]));
}

/** A relay whose pages are turned by hand. */
export interface ThingReader {
  readonly client: pg.Client;
  cursor(): Cursor;
  /** Why the outbox was given new ids when the reader came; undefined: it was not. */
  readonly reason: string | undefined;
  /** Turns a page; whether there may be more. */
  turn(): Promise<boolean>;
  turnAll(): Promise<void>;
  end(): Promise<void>;
}

export async function openReader(url: string, size = 2 * longestTransaction + 2): Promise<ThingReader> {
  const client = new pg.Client({ connectionString: url, pipeline: true });
  client.on('error', () => {});
  await client.connect();
  await prepareSession(client, 1_000);
  let reason: string | undefined;
  const write = (line: string) => {
    reason ??= (JSON.parse(line) as { reason?: string }).reason;
  };
  const context: PageContext = {
    catalog: things,
    events: eventTable(things),
    payloads: await preparePayloads(client, things),
    sources: new Map(),
    log: pino({ level: 'warn' }, { write }),
    size: { rows: size, changes: size },
    roles: new Map(),
    lately: createLateNames(),
  };
  let cursor = await openCursor(client, context.log);
  const turn = async (): Promise<boolean> => {
    const before = cursor;
    const turned = await turnPage(client, context, cursor, await anyParked(client));
    cursor = turned.cursor;
    return turned.full || turned.changes > 0 || before.thenConsumed !== null;
  };
  return {
    client,
    reason,
    cursor: () => cursor,
    turn,
    async turnAll() {
      while (await turn());
      while (await anyParked(client)) await turn();
    },
    end: () => client.end(),
  };
}

/** Statements that create things from `from` on, each in a transaction of its own. */
export const inSeparateTransactions = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, i) => `insert into thing values (${from + i}, 'n')`);

/** What they raise. */
export const created = (count: number): Record<string, string[]> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i + 1), ['thing_create']]));

/** An event that waits for the delete of its record. */
export async function park(url: string, { key, xid }: { key: string; xid: string }): Promise<void> {
  const waits = { name: 'thing_update', resourceName: 'thing', key, seq: 0, xid, image: undefined };
  const event = { ...waits, changedAt: new Date(), requestId: null, deleted: false, touched: true };
  await ask(
    url,
    `insert into rowhook.relay_parked (resource, record_key, event, window_number)
     values ('thing', '${key}', '${JSON.stringify(event)}', 0)`,
  );
}

/** Captures a database's things, makes so many in transactions of their own, and turns the first page. */
export async function partlyRead(url: string, things: number): Promise<void> {
  await captureThings(url);
  const reader = await openReader(url);
  await ask(url, ...inSeparateTransactions(things));
  await reader.turn();
  await reader.end();
}
