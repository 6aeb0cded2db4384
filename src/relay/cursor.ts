import type { Queryable } from '../store/sql.ts';
import type { Page, Window } from './window.ts';

/** Where the relay stands; the columns of rowhook.relay_cursor, whose comments say what each keeps. */
export interface Cursor {
  readonly id: number;
  readonly consumed: string;
  readonly reading: string | null;
  readonly lastSeq: number;
  readonly ceilingSeq: number;
  readonly floorSeq: number;
  readonly sampledSeq: number;
  readonly deferred: readonly string[];
  readonly windowNumber: number;
  readonly systemIdentifier: string;
}

interface CursorRow {
  id: string;
  consumed: string;
  reading: string | null;
  last_seq: string;
  ceiling_seq: string;
  floor_seq: string;
  sampled_seq: string;
  deferred: string[];
  window_number: string;
  system_identifier: string;
}

/** The cursor, or undefined before the first relay ever ran. Walks the primary key backwards: pruned rows cost nothing. */
export async function readCursor(db: Queryable): Promise<Cursor | undefined> {
  const { rows } = await db.query<CursorRow>(
    `select id, consumed::text, reading::text, last_seq, ceiling_seq, floor_seq, sampled_seq,
       deferred::text[], window_number, system_identifier
     from rowhook.relay_cursor order by id desc limit 1`,
  );
  const row = rows[0];
  return (
    row && {
      id: Number(row.id),
      consumed: row.consumed,
      reading: row.reading,
      lastSeq: Number(row.last_seq),
      ceilingSeq: Number(row.ceiling_seq),
      floorSeq: Number(row.floor_seq),
      sampledSeq: Number(row.sampled_seq),
      deferred: row.deferred,
      windowNumber: Number(row.window_number),
      systemIdentifier: row.system_identifier,
    }
  );
}

/**
 * Adds a cursor, in the transaction that wrote its events. The id is the last one's plus one: of two relays the slower one
 * violates the primary key, and its whole page with it (invariant 1).
 */
export async function addCursor(db: Queryable, cursor: Cursor): Promise<void> {
  const { rowCount } = await db.query(
    `insert into rowhook.relay_cursor
       (id, consumed, reading, last_seq, ceiling_seq, floor_seq, sampled_seq, deferred, window_number,
        system_identifier)
     select $1::bigint, $2::pg_snapshot, $3::pg_snapshot, $4::bigint, $5::bigint, $6::bigint, $7::bigint,
       $8::text[]::xid8[], $9::bigint, $10::bigint
     where $1::bigint = 1 + coalesce((select max(id) from rowhook.relay_cursor), 0)`,
    [
      cursor.id,
      cursor.consumed,
      cursor.reading,
      cursor.lastSeq,
      cursor.ceilingSeq,
      cursor.floorSeq,
      cursor.sampledSeq,
      cursor.deferred,
      cursor.windowNumber,
      cursor.systemIdentifier,
    ],
  );
  if (rowCount !== 1) throw new Error('another relay has moved the cursor');
}

/** The cursor of a database that no relay has read: everything in the outbox is still to come. */
export async function firstCursor(db: Queryable): Promise<Cursor> {
  const { rows } = await db.query<{ system_identifier: string }>(
    'select system_identifier from pg_control_system()',
  );
  return {
    id: 0,
    consumed: '1:1:',
    reading: null,
    lastSeq: 0,
    ceilingSeq: 0,
    floorSeq: 0,
    sampledSeq: 0,
    deferred: [],
    windowNumber: 0,
    systemIdentifier: rows[0]!.system_identifier,
  };
}

/** The window to read: the rest of the one that is being read, or a new one up to `snapshot`. */
export function nextWindow(cursor: Cursor, snapshot: string, ceilingSeq: number): Window {
  const { consumed, floorSeq, lastSeq, deferred } = cursor;
  return cursor.reading === null
    ? { consumed, until: snapshot, floorSeq, ceilingSeq, lastSeq: 0, deferred: [] }
    : { consumed, until: cursor.reading, floorSeq, ceilingSeq: cursor.ceilingSeq, lastSeq, deferred };
}

/**
 * The cursor after a page. Pure.
 *
 * @param sampledSeq highest seq handed out at a time when the page's transaction had no id yet. The floor of a window must lie below
 * every seq of a transaction with an id of xmax or later. xmax alone does not say when: ids from it on may be in use when the
 * snapshot is taken. But any id above that of an earlier cursor's transaction is younger than that cursor's sample.
 */
export function advance(cursor: Cursor, window: Window, page: Page, sampledSeq: number): Cursor {
  const next = { ...cursor, id: cursor.id + 1, ceilingSeq: window.ceilingSeq };
  return page.full
    ? { ...next, reading: window.until, lastSeq: page.lastSeq, deferred: page.deferred }
    : {
        ...next,
        consumed: window.until,
        reading: null,
        lastSeq: 0,
        deferred: [],
        floorSeq: cursor.sampledSeq,
        sampledSeq,
        windowNumber: cursor.windowNumber + 1,
      };
}

/** Removes cursors that are history. They lie at the far end of the index from where the relay reads. */
export async function pruneCursors(db: Queryable, current: number): Promise<void> {
  await db.query('delete from rowhook.relay_cursor where id < $1', [current - 100]);
}
