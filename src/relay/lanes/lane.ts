import { rebasedIds, snapshotAt } from '../window/snapshot.ts';
import type { Mark, Page, Window } from '../window/window.ts';

/**
 * A place in the outbox for a set of captures. Mostly there is one lane, which has them all. While a large window is read there may be
 * more (lanes.ts): each stands where it stands, and reads nothing but the changes of its own captures.
 */
export interface Lane {
  /** Ids of its captures; null: all that no other lane has. */
  readonly captures: readonly number[] | null;
  /** Everything visible here is read. */
  readonly consumed: string;
  /** The number of that mark. */
  readonly windowNumber: number;
  /** Transactions with an id of xmax(consumed) or later wrote only higher seqs. */
  readonly floorSeq: number;
  /** Where the window ends that is being read; null: none is. */
  readonly reading: string | null;
  /** Set while changes are read whose ids were given anew (rebase.ts): what is consumed once they are through. */
  readonly thenConsumed: string | null;
  /** Number and floor of what is consumed once the window, or what was given new ids, is through. Null where there is neither. */
  readonly readingNumber: number | null;
  readonly readingFloorSeq: number | null;
  /** Nothing of the window, nor of what is consumed, has a higher seq. */
  readonly ceilingSeq: number;
  /** Within the window, everything up to this seq is read. */
  readonly lastSeq: number;
  /** Transactions to read whatever their seq, from beyond `deferredSeq`. */
  readonly deferred: readonly string[];
  readonly deferredSeq: number;
}

/** A lane that has all captures and has read nothing. */
export const firstLane: Lane = {
  captures: null,
  consumed: '1:1:',
  windowNumber: 0,
  floorSeq: 0,
  reading: null,
  thenConsumed: null,
  readingNumber: null,
  readingFloorSeq: null,
  ceilingSeq: 0,
  lastSeq: 0,
  deferred: [],
  deferredSeq: 0,
};

const allRebased = snapshotAt(rebasedIds.end);

/**
 * The window to read: the rest of the one that is being read, or a new one up to `end`; or, while changes wait whose ids were given
 * anew, one of all of those. Pure.
 */
export function nextWindow(lane: Lane, end: Mark): Window {
  const { consumed, floorSeq } = lane;
  const fresh: Window = { consumed, floorSeq, until: end, lastSeq: 0, deferred: [], deferredSeq: 0 };
  if (lane.reading === null && lane.thenConsumed === null) return fresh;
  const until: Mark = {
    snapshot: lane.reading ?? allRebased,
    number: lane.readingNumber ?? end.number,
    floorSeq: lane.readingFloorSeq ?? end.floorSeq,
    ceilingSeq: lane.reading === null ? end.ceilingSeq : lane.ceilingSeq,
  };
  if (lane.reading === null) return { ...fresh, until };
  const { lastSeq, deferred, deferredSeq } = lane;
  return { consumed, floorSeq, until, lastSeq, deferred, deferredSeq };
}

/** The lane after a page of that window. Pure. */
export function advance(lane: Lane, { until }: Window, page: Page): Lane {
  const { snapshot, ceilingSeq } = until;
  if (page.full) {
    const { lastSeq, deferred, deferredSeq } = page;
    const [readingNumber, readingFloorSeq] = [until.number, until.floorSeq];
    const reading = snapshot;
    return { ...lane, reading, readingNumber, readingFloorSeq, ceilingSeq, lastSeq, deferred, deferredSeq };
  }
  const through = { ...lane, reading: null, ceilingSeq, lastSeq: 0, deferred: [], deferredSeq: 0 };
  return {
    ...through,
    consumed: lane.thenConsumed ?? snapshot,
    windowNumber: until.number,
    floorSeq: until.floorSeq,
    thenConsumed: null,
    readingNumber: null,
    readingFloorSeq: null,
  };
}
