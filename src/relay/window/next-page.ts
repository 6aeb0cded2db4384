import type { Catalog } from '../../catalog/types.ts';
import { tablesOfCaptures } from '../../store/captures.ts';
import type { Queryable } from '../../store/sql.ts';
import type { Cursor } from '../cursor/cursor.ts';
import { groupsOf } from '../lanes/groups.ts';
import { advance } from '../lanes/lane.ts';
import {
  type Captured,
  cursorAfter,
  lanesOf,
  latestMark,
  type Turn,
  tiesOf,
  turnsOf,
} from '../lanes/lanes.ts';
import { isLarge, mostLanes, split } from '../lanes/split.ts';
import { readPage } from './read-page.ts';
import type { Page, PageSize } from './window.ts';
import { type FoundRow, findRows } from './window-rows.ts';

/** In seqs. */
const farFloor = 10_000;

/** What a transaction saw when it began. */
export interface Beginning {
  readonly snapshot: string;
  /** What is visible in it has no higher seq. */
  readonly ceilingSeq: number;
}

/** The next page of one of the lanes. */
export interface NextPage extends Turn {
  readonly page: Page;
}

interface LookContext {
  readonly catalog: Catalog;
  readonly size: PageSize;
}

/**
 * Whether the cursor's sample is so old that a window had better not begin with it: its end would have a floor far below, and the
 * window after it would walk over all that this one read. A cursor with a new sample goes before.
 */
export const needsSample = (cursor: Cursor, now: Beginning): boolean =>
  now.ceilingSeq - cursor.sampledSeq >= farFloor && lanesOf(cursor).some(({ reading }) => reading === null);

/**
 * What nextPage() reads first where one lane has all captures and begins a new window: it can be asked for before it is known what the
 * transaction sees. Undefined: it reads something else.
 */
export async function freshRows(
  db: Queryable,
  cursor: Cursor,
  size: PageSize,
): Promise<readonly FoundRow[] | undefined> {
  if (cursor.others.length > 0 || cursor.reading !== null || cursor.thenConsumed !== null) return undefined;
  return findRows(db, { ...cursor, deferred: [], deferredSeq: 0, lastSeq: 0 }, size);
}

/**
 * The page of the first lane, in the order of their turns, that has anything to read; undefined: none has.
 * @param known.parked whether events wait for a delete
 * @param known.rows what freshRows() found in this transaction
 */
export async function nextPage(
  db: Queryable,
  { catalog, size }: LookContext,
  cursor: Cursor,
  now: Beginning,
  { parked, rows }: { readonly parked: boolean; readonly rows: readonly FoundRow[] | undefined },
): Promise<NextPage | undefined> {
  const alone = cursor.others.length === 0;
  const captured = alone ? undefined : await capturedOf(db, catalog);
  const end = { ...now, number: latestMark(lanesOf(cursor)) + 1, floorSeq: cursor.sampledSeq };
  for (const turn of turnsOf(cursor, end, captured)) {
    const page = await readPage(db, turn.window, size, { filter: turn.filter, found: rows });
    if (page.rows.length > 0 || page.full || !turn.isNew) return { ...turn, page };
    // What is parked waits for windows to pass; while there are other lanes those pass anyway.
    if (parked && alone) return { ...turn, page };
    // An empty window brings the floor up, or each look would walk over what others have read.
    if (now.ceilingSeq - turn.lane.floorSeq >= farFloor) return { ...turn, page };
  }
  return undefined;
}

async function capturedOf(db: Queryable, catalog: Catalog): Promise<Captured> {
  return { tables: await tablesOfCaptures(db), groups: groupsOf(catalog) };
}

/**
 * The cursor after a page. Where much of its window is left, the lane is split: other resources go ahead.
 * @param sampledSeq see Cursor
 */
export async function cursorBehind(
  db: Queryable,
  { catalog, size }: LookContext,
  cursor: Cursor,
  turn: NextPage,
  sampledSeq: number,
): Promise<Cursor> {
  const { lane, window, page } = turn;
  const advanced = advance(lane, window, page);
  const lanes = lanesOf(cursor).map((each) => (each.captures === lane.captures ? advanced : each));
  if (lanes.length < mostLanes && isLarge(window, page, size)) {
    const captured = await capturedOf(db, catalog);
    const parts = tiesOf(lanes, captured).length === 0 ? split(advanced, page, lanes, captured) : undefined;
    if (parts) return cursorAfter(cursor, turn, parts, sampledSeq);
  }
  return cursorAfter(cursor, turn, [advanced], sampledSeq);
}
