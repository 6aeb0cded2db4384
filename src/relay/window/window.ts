import type { OutboxRow } from './changes.ts';
import { parseSnapshot } from './snapshot.ts';

/**
 * A window is what is visible in one snapshot and was not in an earlier one: transactions that began after the earlier one
 * (`fresh`), and those that were in progress then and have ended since (`late`). A commit can be as late as it likes, it is in
 * exactly one window (invariant 2); and the cost follows the window, not the oldest open transaction (invariant 8).
 */
export interface Window {
  /** Everything visible here is read already. */
  readonly consumed: string;
  /** Fresh transactions wrote only higher seqs. */
  readonly floorSeq: number;
  readonly until: Mark;
  /** Read up to here. */
  readonly lastSeq: number;
  /** Transactions to read whatever their seq, from beyond `deferredSeq`. */
  readonly deferred: readonly string[];
  readonly deferredSeq: number;
}

/** Where a window can end: a snapshot, and what must be known of it to begin another window there. */
export interface Mark {
  readonly snapshot: string;
  /** Marks are numbered in the order in which they were made. */
  readonly number: number;
  /** Transactions with an id of its xmax or later write only higher seqs. */
  readonly floorSeq: number;
  /** What is visible in it has no higher seq. */
  readonly ceilingSeq: number;
}

/** The captures whose changes a lane reads: only these, or all but these. */
export interface Filter {
  readonly captures: readonly number[];
  readonly only: boolean;
  /** Seqs that a page walks over at most, in search of changes of these captures. */
  readonly longestWalk: number;
  /** A seq that no page gets past, nor defers anything behind it; undefined: none. */
  readonly limit?: number | undefined;
}

/** How much one page holds at most. A single outbox row packs up to 500 row changes. */
export interface PageSize {
  readonly rows: number;
  readonly changes: number;
}

export interface Page {
  readonly rows: readonly OutboxRow[];
  /** There is more of the window. */
  readonly full: boolean;
  /** Everything of the window up to here is on this page or behind it. */
  readonly lastSeq: number;
  /** Left for the next page, which reads them in full, or from beyond `deferredSeq`. */
  readonly deferred: readonly string[];
  readonly deferredSeq: number;
}

/** Transactions that were in progress when the window begins, and have ended when it ends. */
export function lateOf({ consumed, until }: Window): string[] {
  const after = parseSnapshot(until.snapshot);
  const inProgress = new Set(after.xip);
  return parseSnapshot(consumed).xip.filter((xid) => !inProgress.has(xid) && BigInt(xid) < after.xmax);
}
