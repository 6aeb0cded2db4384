import type { Queryable } from '../../store/sql.ts';
import type { OutboxRow } from './changes.ts';
import { withHeld } from './large-rows.ts';
import { transactionsBehind } from './straddling.ts';
import { inTransaction, ofTransaction } from './transaction-rows.ts';
import { type Filter, lateOf, type Page, type PageSize, type Window } from './window.ts';
import { type FoundRow, findRows } from './window-rows.ts';

/**
 * Reads the next page of a window, in the order of seq. That is the order of commits for each record: whoever changes a row that
 * another transaction has changed first waits for that one's commit, and takes a seq only then (invariant 3).
 *
 * A transaction whose changes go on behind the page is left out of it and read in full with a later page, so that its net effect
 * is one; unless it alone fills half a page, then it is taken in pieces to its end, each with a net effect of its own.
 *
 * @param known.filter where other lanes read the rest: a page may then be empty although there is more of the window
 * @param known.found its rows, where they were asked for before
 */
export async function readPage(
  db: Queryable,
  window: Window,
  size: PageSize,
  {
    filter,
    found,
  }: { readonly filter?: Filter | undefined; readonly found?: readonly FoundRow[] | undefined } = {},
): Promise<Page> {
  const farthest = filter ? await endOfWalk(db, window, filter.longestWalk) : window.until.ceilingSeq;
  const limit = filter?.limit;
  const end = Math.min(farthest, limit ?? farthest);
  const rows = await withHeld(db, found ?? (await findRows(db, window, size, { ...window, end, filter })));
  const count = rows[0]?.found ?? 0;
  const cut = count > rows.length || count === size.rows;
  // A transaction that goes on behind the limit is taken in pieces: what two lanes defer would keep them from being one.
  if (end === limit && (!cut || Number(rows.at(-1)!.seq) === limit))
    return { rows, full: true, lastSeq: limit, deferred: [], deferredSeq: 0 };
  if (!cut) {
    if (end === window.until.ceilingSeq)
      return { rows, full: false, lastSeq: end, deferred: [], deferredSeq: 0 };
    return behindWithout(db, window, size, { rows, lastSeq: end, mustGetOn: false }, filter);
  }
  const highest = Number(rows.at(-1)!.seq);
  // Smaller than the page that deferred them: it holds nothing but a piece of those, and all of them up to the same seq.
  if (highest < window.lastSeq) {
    const { lastSeq, deferred } = window;
    return { rows, full: true, lastSeq, deferred, deferredSeq: highest };
  }
  return behindWithout(db, window, size, { rows, lastSeq: highest, mustGetOn: true }, filter);
}

/** A page without the transactions that go on behind it. */
async function behindWithout(
  db: Queryable,
  window: Window,
  size: PageSize,
  { rows, lastSeq, mustGetOn }: { rows: readonly OutboxRow[]; lastSeq: number; mustGetOn: boolean },
  filter: Filter | undefined,
): Promise<Page> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.xid, (counts.get(row.xid) ?? 0) + row.n);
  const small = [...counts].filter(([, count]) => count < size.changes / 2).map(([xid]) => xid);
  const straddling = new Set(await transactionsBehind(db, small, window, lastSeq, size, filter));
  // A page of nothing but beginnings must still get on.
  const deferred = mustGetOn && straddling.size === counts.size ? new Set<string>() : straddling;
  return {
    rows: rows.filter((row) => !deferred.has(row.xid)),
    full: true,
    lastSeq,
    deferred: [...deferred],
    // Those that were deferred before may be read in part.
    deferredSeq: deferred.size === 0 ? 0 : window.deferredSeq,
  };
}
/**
 * The seq at which a page of a lane ends at the latest. Bounded by the distance of seqs, so that no page walks over millions of changes
 * that other lanes read (invariant 8); seqs have few gaps, so no rows are counted. Where late transactions begin behind the
 * floor, the walk begins there, and leaps to the next of their changes once it is through with what is near.
 */
async function endOfWalk(db: Queryable, window: Window, longestWalk: number): Promise<number> {
  const fresh = Math.max(window.lastSeq, window.floorSeq);
  const start = Math.min(fresh, await firstLate(db, window));
  return Math.min(start + longestWalk, window.until.ceilingSeq);
}

/** The seq before the next change of a late transaction; infinite where there is none. */
async function firstLate(db: Queryable, window: Window): Promise<number> {
  const late = lateOf(window);
  if (late.length === 0) return Number.POSITIVE_INFINITY;
  const { rows } = await db.query<{ first: string | null }>({
    name: 'rowhook_first_late',
    text: `select min(o.seq) as first from unnest($1::xid8[]) t(xid)
      cross join lateral (
        select seq from rowhook.outbox o where ${ofTransaction('$3')} ${inTransaction} limit 1
      ) o
      where t.xid <> all ($2::xid8[])`,
    values: [late, window.deferred, window.lastSeq],
  });
  return Number(rows[0]!.first ?? Number.POSITIVE_INFINITY) - 1;
}
