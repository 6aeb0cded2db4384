import type { Log } from '../store/log.ts';
import type { Cursor } from './cursor.ts';
import { type Lane, nextWindow } from './lane.ts';
import type { Filter, Mark, Window } from './window.ts';

/** Seqs that a page of a lane walks over at most: some 50 ms. */
const longestWalk = 50_000;
/** The same for the foremost lane, which has to come past the backlog first; nobody but the backlog waits for it. */
const longestLeap = 500_000;

/** What a lane would read next. */
export interface Turn {
  readonly lane: Lane;
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

/** All lanes, the hindmost first. */
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
      const end = endFor(lane, lanes, tiedTo(lane, ties)) ?? now;
      return {
        lane,
        window: nextWindow(lane, end),
        filter: captured && filterOf(lane, places, lane === lanes.at(-1)),
        isNew: lane.reading === null && lane.thenConsumed === null && end === now,
      };
    });
}

/**
 * Where a lane's next window ends when others are ahead: where the furthest of them stands, so that they meet. Undefined: now. One that
 * it is tied to is met even in the middle of a window.
 */
function endFor(lane: Lane, lanes: readonly Lane[], tied: readonly Lane[]): Mark | undefined {
  const marks = [
    ...lanes.map((other) => ({ ...other, snapshot: other.consumed, number: other.windowNumber })),
    ...tied.flatMap((other) =>
      other.reading === null
        ? []
        : [
            {
              snapshot: other.reading,
              number: other.readingNumber!,
              floorSeq: other.readingFloorSeq!,
              ceilingSeq: other.ceilingSeq,
            },
          ],
    ),
  ].filter(({ number }) => number > lane.windowNumber);
  marks.sort((a, b) => b.number - a.number);
  const [furthest] = marks;
  if (furthest === undefined) return undefined;
  const { snapshot, number, floorSeq, ceilingSeq } = furthest;
  return { snapshot, number, floorSeq, ceilingSeq };
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

function filterOf(lane: Lane, places: ReadonlyMap<number, Lane>, isForemost: boolean): Filter {
  const only = lane.captures !== null;
  const captures = [...places].filter(([, place]) => (place === lane) === only).map(([id]) => id);
  return { captures, only, longestWalk: isForemost ? longestLeap : longestWalk };
}

/**
 * Pairs of lanes that have tables of one group. No split makes such; a new catalog can, which ties tables that were none of
 * each other's business. Then only the hindmost of them goes on, until they have met.
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
 * @param sampledSeq see Cursor
 */
export function cursorAfter(
  cursor: Cursor,
  before: Lane,
  after: readonly Lane[],
  sampledSeq: number,
): Cursor {
  const lanes = lanesOf(cursor).flatMap((lane) => (lane.captures === before.captures ? after : [lane]));
  const [hindmost, ...others] = met(lanes).sort(position);
  const { id, pages, systemIdentifier } = cursor;
  return { ...hindmost!, id: id + 1, pages: pages + 1, others, sampledSeq, systemIdentifier };
}

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
    if (other) left[same] = { ...other, captures: together(other, lane) };
    else left.push(lane);
  }
  return left;
}

const together = (a: Lane, b: Lane): readonly number[] | null =>
  a.captures === null || b.captures === null ? null : [...a.captures, ...b.captures];

/** Says when a backlog begins to be read apart, and when it is over. */
export function logLanes(log: Log, before: Cursor, after: Cursor): void {
  const [had, has] = [before.others.length > 0, after.others.length > 0];
  if (has && !had) log.info('a backlog is read page by page, other resources go ahead of it');
  if (had && !has) log.info('the backlog is read, and what went ahead has been met');
}
