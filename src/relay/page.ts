import type { Client, QueryResult } from 'pg';
import type { Catalog } from '../catalog/types.ts';
import { capturesById } from '../store/captures.ts';
import type { Log } from '../store/log.ts';
import type { Queryable } from '../store/sql.ts';
import { besideSession } from './beside.ts';
import { carefully } from './careful.ts';
import { type OutboxRow, unpack } from './changes.ts';
import { addCursor, advance, type Cursor, nextWindow } from './cursor.ts';
import { type EventTable, eventsOf, type RecordEvent } from './events.ts';
import { type External, fetchOutside, nothingExternal, type PayloadSources } from './external.ts';
import { fanOut, subscribers, subscribersTo } from './fan-out.ts';
import { type GoneRows, goneRows } from './gone-rows.ts';
import { lookUp, lookUpEach } from './lookups.ts';
import type { RecordChange } from './net-effect.ts';
import { park, unpark } from './parked.ts';
import type { Payloads } from './payloads.ts';
import { resolve } from './resolve.ts';
import { type Role, rolesOf } from './roles.ts';
import { type Lookup, route } from './route.ts';
import { isOfRecord } from './savepoint.ts';
import { type Page, type PageSize, readPage, type Window } from './window.ts';

/** In seqs. */
const farFloor = 10_000;

export interface PageContext {
  readonly catalog: Catalog;
  /** Of the catalog. */
  readonly events: EventTable;
  readonly payloads: Payloads;
  readonly sources: PayloadSources;
  readonly log: Log;
  readonly size: PageSize;
  /** Characters of payloads from elsewhere that are held at most. */
  readonly mostFetched?: number;
  /** What each capture id's table is to the catalog's resources; filled as ids are met. */
  readonly roles: Map<number, readonly Role[]>;
  /** Says that the relay stops: what is being fetched is broken off. */
  readonly stopped?: AbortSignal;
}

export interface Turned {
  readonly cursor: Cursor;
  readonly changes: number;
  readonly events: number;
  readonly deliveries: number;
  /** There is more to read at once. */
  readonly full: boolean;
  readonly parked: boolean;
}

/**
 * Turns one page of the outbox into events and deliveries, in one transaction with the cursor: after a crash the page that did
 * not commit is read again, the one that did is not (invariant 1). Payloads are read in the snapshot that the window ends with.
 *
 * Where some come from the application itself, that transaction is ended while they are fetched (nothing is written by then) and
 * another one writes the page; its snapshot is later, as that of any later page of a large window is.
 *
 * A page that fails for what one of its records holds is turned again with a savepoint around each query, so that only that record
 * is shown by less. Other pages do without them.
 *
 * @param parked whether events wait for a delete
 */
export async function turnPage(
  client: Client,
  context: PageContext,
  cursor: Cursor,
  parked: boolean,
): Promise<Turned> {
  try {
    return await turn(client, { ...context, lookUp }, cursor, parked);
  } catch (error) {
    if (!isOfRecord(error)) throw error;
    const payloads = carefully(context.payloads, context.catalog, context.log);
    return await turn(client, { ...context, payloads, lookUp: lookUpEach }, cursor, parked);
  }
}

interface TurnContext extends PageContext {
  readonly lookUp: typeof lookUp;
}

async function turn(client: Client, context: TurnContext, cursor: Cursor, parked: boolean): Promise<Turned> {
  try {
    const now = await begin(client);
    const read = await readOutbox(client, context, cursor, now, parked);
    if (!read) {
      await client.query('commit');
      return { cursor, changes: 0, events: 0, deliveries: 0, full: false, parked };
    }
    const external = context.sources.size > 0 ? await outside(client, context, read) : nothingExternal;
    const turned = await write(client, { ...context, external }, cursor, { ...read, ...now, parked });
    await client.query('commit');
    return turned;
  } catch (error) {
    // With the connection gone there is nothing to roll back.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

interface Read {
  readonly window: Window;
  readonly page: Page;
  readonly events: readonly RecordEvent[];
  readonly goneRows: GoneRows;
}

/** The changes of the next page, and their events; undefined where there is nothing to do. Writes nothing. */
async function readOutbox(
  db: Queryable,
  context: TurnContext,
  cursor: Cursor,
  now: Beginning,
  parked: boolean,
): Promise<Read | undefined> {
  const window = nextWindow(cursor, now.snapshot, now.ceilingSeq);
  const page = await readPage(db, window, context.size);
  // Behind a large window the floor lies far back: an empty one brings it up, or each look would walk over all that was read.
  const floorIsNear = now.ceilingSeq - cursor.floorSeq < farFloor;
  if (page.rows.length === 0 && !page.full && cursor.reading === null && !parked && floorIsNear)
    return undefined;
  const changes = await recordChanges(db, context, page.rows);
  return { window, page, events: eventsOf(changes, context.events), goneRows: goneRows(changes) };
}

/** Payloads that the database does not make; without any, the transaction stays the same. */
function outside(client: Client, context: PageContext, { events, goneRows, page }: Read): Promise<External> {
  const outer = events.filter(({ resourceName }) => context.sources.has(resourceName));
  const names = [...new Set(outer.map(({ name }) => name))];
  return fetchOutside(client, {
    ...context,
    goneRows,
    // What one row of the outbox packs cannot be split.
    mayBeSmaller: page.rows.length > 1,
    async wanted() {
      const to = names.length > 0 ? await subscribers(client, names) : [];
      return outer.filter(({ name }) => subscribersTo(name, to).length > 0);
    },
    async withoutTransaction(work) {
      await client.query('commit');
      const result = await besideSession(client, context.stopped, work);
      await begin(client);
      return result;
    },
  });
}

async function write(
  db: Queryable,
  context: PageContext & { readonly external: External },
  cursor: Cursor,
  read: Read & Beginning & { readonly parked: boolean },
): Promise<Turned> {
  const { page, parked } = read;
  const waited = parked ? await unpark(db, read.goneRows.records, page.full ? 0 : cursor.windowNumber) : [];
  const events = [...waited, ...read.events];
  const names = [...new Set(events.map((event) => event.name))];
  const { ready, missing } = await resolve(db, events, {
    ...context,
    subscribers: names.length > 0 ? await subscribers(db, names) : [],
    goneRows: read.goneRows,
  });
  if (missing.length > 0) await park(db, missing, cursor.windowNumber);
  const deliveries = ready.length > 0 ? await fanOut(db, ready) : 0;
  const next = advance(cursor, read.window, page, read.ceilingSeq);
  await addCursor(db, next);
  return {
    full: page.full,
    cursor: next,
    changes: page.rows.reduce((sum, row) => sum + row.n, 0),
    events: ready.length,
    deliveries,
    parked: parked || missing.length > 0,
  };
}

interface Beginning {
  readonly snapshot: string;
  readonly ceilingSeq: number;
}

/** One round trip. The ceiling is read after the snapshot was taken, so no change that is visible in it has a higher seq. */
async function begin(client: Client): Promise<Beginning> {
  const results = (await client.query(
    `begin isolation level repeatable read;
     select pg_current_snapshot()::text as snapshot, last_value as ceiling from rowhook.outbox_seq`,
  )) as unknown as Array<QueryResult<{ snapshot: string; ceiling: string }>>;
  const row = results[1]!.rows[0]!;
  return { snapshot: row.snapshot, ceilingSeq: Number(row.ceiling) };
}

async function recordChanges(
  db: Queryable,
  context: TurnContext,
  rows: readonly OutboxRow[],
): Promise<RecordChange[]> {
  await learnRoles(db, context, rows);
  const changes: RecordChange[] = [];
  const lookups: Lookup[] = [];
  for (const change of unpack(rows)) {
    const routed = route(change, context.roles.get(change.captureId) ?? []);
    for (const each of routed.recordChanges) changes.push(each);
    for (const each of routed.lookups) lookups.push(each);
  }
  const found = lookups.length > 0 ? await context.lookUp(db, lookups) : [];
  return changes.concat(found).sort((a, b) => a.seq - b.seq);
}

async function learnRoles(db: Queryable, context: PageContext, rows: readonly OutboxRow[]): Promise<void> {
  const unknown = [...new Set(rows.map((row) => row.capture_id))].filter((id) => !context.roles.has(id));
  if (unknown.length > 0) {
    for (const capture of await capturesById(db, unknown)) {
      context.roles.set(capture.id, rolesOf(capture.plan, context.catalog));
    }
  }
  for (const row of rows) {
    if (row.op === 't') {
      context.log.warn({ captureId: row.capture_id, seq: Number(row.seq) }, 'a captured table was truncated');
    }
  }
}
