import type { Queryable } from '../../store/sql.ts';
import { firstLane, type Lane } from '../lanes/lane.ts';

/**
 * Where the relay stands: a row of rowhook.relay_cursor, whose comments say what each column keeps. The cursor itself is the hindmost
 * lane; mostly it is the only one.
 */
export interface Cursor extends Lane {
  readonly id: number;
  /** How many pages were turned: by it lanes take turns. */
  readonly pages: number;
  /** The other lanes. */
  readonly others: readonly Lane[];
  /**
   * The highest seq handed out at a time when the transaction that wrote this cursor had no id yet: the floor of a window that begins
   * where a later transaction takes its snapshot. It must lie below every seq of a transaction with an id of that snapshot's xmax or
   * later. xmax alone does not say when: ids from it on may be in use when the snapshot is taken. But any id above that of an earlier
   * cursor's transaction is younger than that cursor's sample.
   */
  readonly sampledSeq: number;
  readonly systemIdentifier: string;
}

interface CursorRow {
  id: string;
  consumed: string;
  reading: string | null;
  then_consumed: string | null;
  last_seq: string;
  ceiling_seq: string;
  floor_seq: string;
  sampled_seq: string;
  deferred: string[];
  window_number: string;
  system_identifier: string;
  reading_number: string | null;
  reading_floor_seq: string | null;
  deferred_seq: string;
  captures: number[] | null;
  lanes: Lane[];
  pages: string;
}

/** The cursor, or undefined before the first relay ever ran. Walks the primary key backwards: pruned rows cost nothing. */
export async function readCursor(db: Queryable): Promise<Cursor | undefined> {
  const { rows } = await db.query<CursorRow>(
    `select id, consumed::text, reading::text, then_consumed::text, last_seq, ceiling_seq, floor_seq, sampled_seq,
       deferred::text[], window_number, system_identifier, reading_number, reading_floor_seq, deferred_seq, captures, lanes, pages
     from rowhook.relay_cursor order by id desc limit 1`,
  );
  return rows[0] && cursorOf(rows[0]);
}

function cursorOf(row: CursorRow): Cursor {
  const waiting = row.reading !== null || row.then_consumed !== null;
  // Written by a version that had one lane, and took no sample in the middle of a window.
  const [number, floorSeq] = [Number(row.window_number) + 1, row.sampled_seq];
  return {
    id: Number(row.id),
    captures: row.captures,
    consumed: row.consumed,
    windowNumber: Number(row.window_number),
    floorSeq: Number(row.floor_seq),
    reading: row.reading,
    thenConsumed: row.then_consumed,
    readingNumber: waiting ? Number(row.reading_number ?? number) : null,
    readingFloorSeq: waiting ? Number(row.reading_floor_seq ?? floorSeq) : null,
    ceilingSeq: Number(row.ceiling_seq),
    lastSeq: Number(row.last_seq),
    deferred: row.deferred,
    deferredSeq: Number(row.deferred_seq),
    pages: Number(row.pages),
    others: row.lanes,
    sampledSeq: Number(row.sampled_seq),
    systemIdentifier: row.system_identifier,
  };
}

/**
 * Adds a cursor, in the transaction that wrote its events. The id is the last one's plus one: of two relays the slower one
 * violates the primary key, and its whole page with it (invariant 1); where another has gone further, the id is none, which
 * the column does not take. The server refuses it, so that a commit that was sent right behind this commits nothing.
 * @returns the transaction's id
 */
export async function addCursor(db: Queryable, cursor: Cursor): Promise<bigint> {
  const added = db.query<{ xid: string }>({
    name: 'rowhook_cursor',
    text: `insert into rowhook.relay_cursor
       (id, consumed, reading, last_seq, ceiling_seq, floor_seq, sampled_seq, deferred, window_number,
        system_identifier, then_consumed, reading_number, reading_floor_seq, deferred_seq, captures, lanes, pages)
     select case when $1::bigint = 1 + coalesce((select max(id) from rowhook.relay_cursor), 0) then $1::bigint end, $2::pg_snapshot, $3::pg_snapshot, $4::bigint, $5::bigint, $6::bigint, $7::bigint,
       $8::text[]::xid8[], $9::bigint, $10::bigint, $11::pg_snapshot, $12::bigint, $13::bigint, $14::bigint, $15::int[], $16::jsonb, $17::bigint
     returning pg_current_xact_id()::text as xid`,
    values: [
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
      cursor.thenConsumed,
      cursor.readingNumber,
      cursor.readingFloorSeq,
      cursor.deferredSeq,
      cursor.captures,
      JSON.stringify(cursor.others),
      cursor.pages,
    ],
  });
  const { rows } = await added.catch((error: unknown) => {
    throw isMoved(error) ? new Error('another relay has moved the cursor', { cause: error }) : error;
  });
  return BigInt(rows[0]!.xid);
}

/** unique_violation; or not_null_violation of the id. */
function isMoved(error: unknown): boolean {
  const { code, column } = error as { code?: unknown; column?: unknown };
  return code === '23505' || (code === '23502' && column === 'id');
}

/** The cursor of a database that no relay has read: everything in the outbox is still to come. */
export async function firstCursor(db: Queryable): Promise<Cursor> {
  const { rows } = await db.query<{ system_identifier: string }>(
    'select system_identifier from pg_control_system()',
  );
  return {
    ...firstLane,
    id: 0,
    pages: 0,
    others: [],
    sampledSeq: 0,
    systemIdentifier: rows[0]!.system_identifier,
  };
}

/**
 * Removes cursors that are history. They lie at the far end of the index from where the relay reads.
 * @param from lower ids are removed already: vacuum may be held up, and nobody needs to walk over what is dead (invariant 8)
 * @returns the same for the next time
 */
export async function pruneCursors(db: Queryable, current: number, from: number): Promise<number> {
  const end = Math.max(from, current - 100);
  await db.query('delete from rowhook.relay_cursor where id >= $1 and id < $2', [from, end]);
  return end;
}
