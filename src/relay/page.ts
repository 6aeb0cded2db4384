import type { Client, QueryResult } from 'pg';
import type { Catalog } from '../catalog/types.ts';
import { allAnswered, allSent } from '../store/all-sent.ts';
import type { Log } from '../store/log.ts';
import type { Queryable } from '../store/sql.ts';
import { behindParked, park, unpark } from './aside/parked.ts';
import { anySetAside, keepBehind, logSetAside, setAside, setAsideOf } from './aside/set-aside.ts';
import type { Aside } from './aside/unshown.ts';
import { addCursor, type Cursor } from './cursor/cursor.ts';
import { type EventTable, eventsOf, type RecordEvent } from './events/events.ts';
import { fanOut, type Subscriber, subscribers } from './events/fan-out.ts';
import { gapsOf, logGaps, type NotedGap, recordGaps } from './events/gaps.ts';
import type { LateNames } from './events/late-names.ts';
import { lookUp, lookUpEach } from './events/lookups.ts';
import { recordChanges } from './events/record-changes.ts';
import { recordId } from './events/record-id.ts';
import type { Role } from './events/roles.ts';
import { isTold, withTruncations } from './events/truncate-events.ts';
import { emptied, type Truncation, truncationsOf } from './events/truncations.ts';
import { lanesOf, latestMark, logLanes } from './lanes/lanes.ts';
import { carefully } from './payloads/careful.ts';
import { type External, nothingExternal, type PayloadSources } from './payloads/external.ts';
import { type GoneRows, goneRows } from './payloads/gone-rows.ts';
import { fetchBetween } from './payloads/outside.ts';
import type { Payloads } from './payloads/payloads.ts';
import { resolve } from './payloads/resolve.ts';
import { isOfRecord } from './payloads/savepoint.ts';
import {
  type Beginning,
  cursorBehind,
  freshRows,
  type NextPage,
  needsSample,
  nextPage,
} from './window/next-page.ts';
import type { PageSize } from './window/window.ts';
import type { FoundRow } from './window/window-rows.ts';

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
  /** Whether anything is set aside; undefined: look. */
  readonly setAside?: boolean;
  /** What each capture id's table is to the catalog's resources; filled as ids are met. */
  readonly roles: Map<number, readonly Role[]>;
  /** Names of the events of the last pages: who gets those is asked for before it is known what is on the next one. */
  readonly lately: LateNames;
  /** Says that the relay stops: what is being fetched is broken off. */
  readonly stopped?: AbortSignal;
}

export interface Turned {
  readonly cursor: Cursor;
  readonly changes: number;
  readonly events: number;
  readonly deliveries: number;
  /** Everything that a transaction sees that began like this is read. */
  readonly readUpTo?: Beginning;
  /** The id of its transaction, if it has one. */
  readonly writtenAs?: bigint;
  /** There is more to read at once. */
  readonly full: boolean;
  readonly parked: boolean;
  /** Something was set aside on this page. */
  readonly setAside: boolean;
}

/**
 * Turns one page of the outbox into events and deliveries, in one transaction with the cursor: after a crash the page that did
 * not commit is read again, the one that did is not (invariant 1). Payloads are read in the snapshot that the window ends with.
 *
 * Where some come from the application itself, that transaction is ended while they are fetched (nothing is written by then) and
 * another one writes the page; its snapshot is later, as that of any later page of a large window is.
 *
 * A page that fails for what one of its records holds is turned again with a savepoint around each query, so that only that record's
 * events are set aside. Other pages do without them.
 *
 * @param parked whether events wait for a delete
 */
export async function turnPage(
  client: Client,
  context: PageContext,
  cursor: Cursor,
  parked: boolean,
): Promise<Turned> {
  const from = { cursor };
  try {
    return await turn(client, { ...context, lookUp }, from, parked);
  } catch (error) {
    if (!isOfRecord(error)) throw error;
    const payloads = carefully(context.payloads, context.catalog, context.log);
    return await turn(client, { ...context, payloads, lookUp: lookUpEach }, from, parked);
  }
}

interface TurnContext extends PageContext {
  readonly lookUp: typeof lookUp;
}

/** @param from is moved by a new sample, which stays where the page fails; a page always follows it, or none would ever be read */
async function turn(
  client: Client,
  context: TurnContext,
  from: { cursor: Cursor },
  parked: boolean,
): Promise<Turned> {
  try {
    let opened = await open(client, context, from.cursor);
    if (needsSample(from.cursor, opened.now)) {
      from.cursor = await sample(client, from.cursor, opened.now);
      opened = await open(client, context, from.cursor);
    }
    const { cursor } = from;
    const { now } = opened;
    const read = await readOutbox(client, context, cursor, opened, parked);
    if (!read) {
      await client.query('commit');
      return {
        cursor,
        changes: 0,
        events: 0,
        deliveries: 0,
        full: false,
        parked,
        setAside: false,
        readUpTo: now,
      };
    }
    const external = context.sources.size > 0 ? await outside(client, context, read) : nothingExternal;
    const { gaps, aside, ...turned } = await write(client, { ...context, external }, cursor, {
      ...read,
      opened,
      parked,
    });
    logLanes(context.log, cursor, turned.cursor, read.next);
    logGaps(context.log, gaps);
    logSetAside(context.log, aside);
    return { ...turned, ...(read.next.isNew && !turned.full && { readUpTo: now }) };
  } catch (error) {
    // With the connection gone there is nothing to roll back.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/** Moves the cursor by nothing but its sample. */
async function sample(client: Client, cursor: Cursor, { ceilingSeq }: Beginning): Promise<Cursor> {
  const next = { ...cursor, id: cursor.id + 1, sampledSeq: ceilingSeq };
  await addCursor(client, next);
  await client.query('commit');
  return next;
}

interface Read {
  readonly next: NextPage;
  readonly events: readonly RecordEvent[];
  readonly goneRows: GoneRows;
  readonly truncations: readonly Truncation[];
}

/** The changes of the next page, and their events; undefined where there is nothing to do. Writes nothing. */
async function readOutbox(
  db: Queryable,
  context: TurnContext,
  cursor: Cursor,
  { now, rows }: Opened,
  parked: boolean,
): Promise<Read | undefined> {
  const next = await nextPage(db, context, cursor, now, { parked, rows });
  if (!next) return undefined;
  const { page } = next;
  const changes = await recordChanges(db, context, page.rows);
  const truncations = truncationsOf(page.rows);
  const ends = emptied(truncations, context.roles);
  return {
    next,
    truncations,
    events: withTruncations(eventsOf(changes, context.events, ends), truncations, context),
    goneRows: goneRows(changes, ends),
  };
}

/** Payloads that the database does not make; without any, the transaction stays the same. */
const outside = (client: Client, context: PageContext, { events, goneRows, next }: Read): Promise<External> =>
  fetchBetween(client, {
    ...context,
    events: events.filter(({ resourceName }) => context.sources.has(resourceName)),
    goneRows,
    subscribers,
    // What one row of the outbox packs cannot be split.
    mayBeSmaller: next.page.rows.length > 1,
    async withheld(wanted) {
      // Those of records that are set aside go behind.
      const held = context.setAside === false ? new Set() : await setAsideOf(client, wanted);
      return (event) => held.has(recordId(event));
    },
    begin: () => begin(client),
  });

async function write(
  db: Queryable,
  context: PageContext & { readonly external: External },
  cursor: Cursor,
  read: Read & { readonly opened: Opened; readonly parked: boolean },
): Promise<Turned & { readonly gaps: readonly NotedGap[]; readonly aside: readonly Aside[] }> {
  const { parked, truncations } = read;
  const { page } = read.next;
  const { now, subscribed } = read.opened;
  const next = await cursorBehind(db, context, cursor, read.next, now.ceilingSeq);
  const told = (truncation: Truncation) => isTold(truncation, context);
  const gaps = await recordGaps(db, gapsOf(page.rows, truncations, told));
  const waited = parked ? await unpark(db, read.goneRows, next.windowNumber - 1) : [];
  const mayBeHeld = context.setAside ?? (await anySetAside(db));
  const behind = parked ? await behindParked(db, read.events) : [];
  const held = new Set(behind.map(({ event }) => event));
  const all = [...waited, ...read.events.filter((event) => !held.has(event))];
  const events = mayBeHeld ? await keepBehind(db, all, read.goneRows) : all;
  const names = [...new Set(events.map((event) => event.name))];
  const written = { events: 0, deliveries: 0 };
  const resolving = {
    ...context,
    // Not those of a transaction that was ended while payloads were fetched.
    subscribers: await (context.sources.size === 0 && context.lately.have(names)
      ? subscribed
      : subscribers(db, names)),
    goneRows: read.goneRows,
  };
  context.lately.met(names);
  const {
    missing,
    aside,
    written: last,
  } = await resolve(db, events, resolving, async (ready) => {
    written.events += ready.length;
    written.deliveries += await fanOut(db, ready);
  });
  const waiting = [...missing, ...behind];
  if (waiting.length > 0 || aside.length > 0) {
    await last;
    if (waiting.length > 0) await park(db, waiting, latestMark(lanesOf(next)) - 1);
    if (aside.length > 0) await setAside(db, aside, read.goneRows);
  }
  // Together: a page has few round trips. Where the server finds fault with one it commits nothing; where one was never sent, nor is the commit.
  const moved = addCursor(db, next);
  await allSent([last, moved]);
  const [, writtenAs] = await allAnswered([last, moved, db.query('commit')]);
  return {
    full: next.reading !== null || next.others.length > 0,
    cursor: next,
    changes: page.rows.reduce((sum, row) => sum + row.n, 0),
    ...written,
    parked: parked || waiting.length > 0,
    setAside: aside.length > 0,
    writtenAs,
    aside,
    gaps,
  };
}

interface Opened {
  readonly now: Beginning;
  /** The next page's rows, where one lane reads all and begins a new window. */
  readonly rows: readonly FoundRow[] | undefined;
  /** Who gets events with one of the names that were met lately. */
  readonly subscribed: readonly Subscriber[];
}

/** Begins a page's transaction, and asks in the same round trip for what it will need in all likelihood. */
async function open(client: Client, { size, sources, lately }: PageContext, cursor: Cursor): Promise<Opened> {
  const [now, rows, subscribed] = await allAnswered([
    begin(client),
    freshRows(client, cursor, size),
    sources.size === 0 ? subscribers(client, lately.names()) : [],
  ]);
  return { now, rows, subscribed };
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
