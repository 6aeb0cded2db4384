import type { Log } from '../../store/log.ts';
import type { Cursor } from '../cursor/cursor.ts';
import type { Filter, Mark, Window } from '../window/window.ts';
import { type Lane, nextWindow } from './lane.ts';

/** Seqs that a page of a lane walks over at most: some 50 ms. */
const longestWalk = 50_000;
/** The same for the foremost lane, which has to come past the backlog first; nobody but the backlog waits for it. */
const longestLeap = 500_000;

/** What a lane would read next. */
export interface Turn {
  readonly lane: Lane;
  /** Others that have tables of the same group: only the hindmost of them has a turn. */
  readonly tied: readonly Lane[];
  readonly window: Window;
  /** Undefined: there is no other lane. */
  readonly filter: Filter | undefined;
  /** The window ends with the snapshot of now: without changes in it there is nothing to do. */
  readonly isNew: boolean;
}

/** The tables of captures, by id; and the groups of tables (groups.ts). */
export interface Captured {
  readonly tables: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<string, number>;
}

/** All lanes, the hindmost first. A lane is known by its `captures`, by reference, which it keeps from page to page. */
export function lanesOf(cursor: Cursor): Lane[] {
  const { id: _id, pages: _pages, others, sampledSeq: _seq, systemIdentifier: _name, ...hindmost } = cursor;
  return [hindmost, ...others];
}

/** The highest number that a mark has. */
export const latestMark = (lanes: readonly Lane[]): number =>
  Math.max(...lanes.map(({ windowNumber, readingNumber }) => readingNumber ?? windowNumber));

/**
 * The turns that lanes can take, in the order in which they are asked. Each page begins with another lane, so that a backlog and what
 * goes ahead of it take turns. Pure.
 *
 * @param now the snapshot of now
 */
export function turnsOf(cursor: Cursor, now: Mark, captured: Captured | undefined): Turn[] {
  const lanes = lanesOf(cursor);
  const ties = captured ? tiesOf(lanes, captured) : [];
  const places = captured ? placesOf(lanes, captured.tables) : new Map<number, Lane>();
  return lanes
    .map((_, i) => lanes[(i + cursor.pages) % lanes.length]!)
    .filter((lane) => !tiedTo(lane, ties).some((other) => isBehind(other, lane)))
    .map((lane) => {
      const end = endFor(lane, lanes) ?? now;
      const tied = tiedTo(lane, ties);
      const limit = limitOf(lane, tied);
      return {
        lane,
        tied,
        window: nextWindow(lane, end),
        filter: captured && { ...filterOf(lane, places, lane === lanes.at(-1)), limit },
        isNew: lane.reading === null && lane.thenConsumed === null && end === now,
      };
    });
}

/**
 * Where a lane's next window ends when others are ahead: at the nearest mark that one of them stands at or reads up to. Undefined: now.
 * So no mark lies within the window of a lane that is behind it: of two lanes that begin at one mark, both read up to the same one.
 */
function endFor(lane: Lane, lanes: readonly Lane[]): Mark | undefined {
  const ahead = lanes.flatMap(marksOf).filter(({ number }) => number > lane.windowNumber);
  return ahead.sort((a, b) => a.number - b.number)[0];
}

function marksOf(lane: Lane): Mark[] {
  const { consumed, windowNumber, floorSeq, reading, readingNumber, readingFloorSeq, ceilingSeq } = lane;
  const stands: Mark = { snapshot: consumed, number: windowNumber, floorSeq, ceilingSeq };
  // What is consumed after changes that were given new ids is no end of a window.
  if (reading === null || lane.thenConsumed !== null) return [stands];
  return [stands, { snapshot: reading, number: readingNumber!, floorSeq: readingFloorSeq!, ceilingSeq }];
}

/**
 * How far a lane may read of its window, a seq: to where those stand that it is tied to and that read the same one, for what is behind that
 * may be older changes of the same records, still unread (invariant 3). Undefined: to its end. Where it stands there already, it reads
 * what it has deferred, then they are one.
 */
function limitOf(lane: Lane, tied: readonly Lane[]): number | undefined {
  const same = tied.filter(({ windowNumber }) => windowNumber === lane.windowNumber);
  return same.length === 0 ? undefined : Math.min(...same.map(({ lastSeq }) => lastSeq));
}

/**
 * The lane that reads each capture. A table that is installed anew has a capture with a new id, in which its changes go on: that one
 * belongs to the lane of the old one (invariant 3).
 */
export function placesOf(lanes: readonly Lane[], tables: Captured['tables']): Map<number, Lane> {
  const rest = lanes.find(({ captures }) => captures === null)!;
  const byTable = new Map(
    lanes.flatMap((lane) => (lane.captures ?? []).map((id) => [tables.get(id), lane] as const)),
  );
  return new Map([...tables].map(([id, table]) => [id, byTable.get(table) ?? rest]));
}

function filterOf(lane: Lane, places: ReadonlyMap<number, Lane>, isForemost: boolean) {
  const only = lane.captures !== null;
  const captures = [...places].filter(([, place]) => (place === lane) === only).map(([id]) => id);
  return { captures, only, longestWalk: isForemost ? longestLeap : longestWalk };
}

/**
 * Sets of two or more lanes that have tables of one group. No split makes such; a new catalog can, which ties tables that were none of
 * each other's business. Then only the hindmost of them goes on, no further than the next one stands, where they become one.
 */
export function tiesOf(lanes: readonly Lane[], { tables, groups }: Captured): Array<readonly Lane[]> {
  const byGroup = new Map<number, Set<Lane>>();
  for (const [id, lane] of placesOf(lanes, tables)) {
    const group = groups.get(tables.get(id)!);
    if (group !== undefined) byGroup.set(group, (byGroup.get(group) ?? new Set()).add(lane));
  }
  return [...byGroup.values()].filter(({ size }) => size > 1).map((tied) => [...tied]);
}

const tiedTo = (lane: Lane, ties: ReadonlyArray<readonly Lane[]>): Lane[] =>
  ties.filter((tied) => tied.includes(lane)).flatMap((tied) => tied.filter((other) => other !== lane));

const isBehind = (a: Lane, b: Lane): boolean => position(a, b) < 0;

function position(a: Lane, b: Lane): number {
  return a.windowNumber - b.windowNumber || a.lastSeq - b.lastSeq;
}

/**
 * The cursor after a page: with the lanes that came of the one whose page it was, and with one lane of those that have met. Pure.
 * @param tied lanes that it is to become one with where they stand at the same place of the same window
 * @param sampledSeq see Cursor
 */
export function cursorAfter(
  cursor: Cursor,
  { lane: before, tied }: Pick<Turn, 'lane' | 'tied'>,
  after: readonly Lane[],
  sampledSeq: number,
): Cursor {
  const known = lanesOf(cursor).flatMap((lane) => (lane.captures === before.captures ? after : [lane]));
  const [moved] = after;
  const same = known.find(
    (other) => tied.some(({ captures }) => captures === other.captures) && isSamePlace(other, moved!),
  );
  const lanes = same
    ? known.filter((lane) => lane !== same).map((lane) => (lane === moved ? joined(same, lane) : lane))
    : known;
  const [hindmost, ...others] = met(lanes).sort(position);
  const { id, pages, systemIdentifier } = cursor;
  return { ...hindmost!, id: id + 1, pages: pages + 1, others, sampledSeq, systemIdentifier };
}

/** In the middle of a window, with nothing that one of them has deferred. */
const isSamePlace = (a: Lane, b: Lane): boolean =>
  a.reading !== null &&
  a.reading === b.reading &&
  a.consumed === b.consumed &&
  a.lastSeq === b.lastSeq &&
  a.deferred.length + b.deferred.length === 0;

/** Lanes that stand at the same mark and read nothing are one. */
function met(lanes: readonly Lane[]): Lane[] {
  const left: Lane[] = [];
  for (const lane of lanes) {
    const same = left.findIndex(
      (other) =>
        other.reading === null &&
        lane.reading === null &&
        other.windowNumber === lane.windowNumber &&
        other.consumed === lane.consumed,
    );
    const other = left[same];
    if (other) left[same] = joined(other, lane);
    else left.push(lane);
  }
  return left;
}

const joined = (a: Lane, b: Lane): Lane => ({
  ...a,
  captures: a.captures === null || b.captures === null ? null : [...a.captures, ...b.captures],
});

/** Says when a backlog begins to be read apart, when it is over, and when lanes that a new catalog ties have become one. */
export function logLanes(log: Log, before: Cursor, after: Cursor, { tied }: Pick<Turn, 'tied'>): void {
  if (tied.length > 0 && after.others.length < before.others.length)
    log.info('the catalog ties tables that were read apart: they are read together now');
  const [had, has] = [before.others.length > 0, after.others.length > 0];
  if (has && !had) log.info('a backlog is read page by page, other resources go ahead of it');
  if (had && !has) log.info('the backlog is read, and what went ahead has been met');
}
