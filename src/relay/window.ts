import type { Queryable } from '../store/sql.ts';
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
  /** Where the window ends. */
  readonly until: string;
  /** Fresh transactions wrote only higher seqs. */
  readonly floorSeq: number;
  /** The window has no higher seq. */
  readonly ceilingSeq: number;
  /** Read up to here. */
  readonly lastSeq: number;
  /** Transactions to read in full, whatever their seq. */
  readonly deferred: readonly string[];
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
  /** Left for the next page, which reads them in full. */
  readonly deferred: readonly string[];
}

/**
 * Reads the next page of a window, in the order of seq. That is the order of commits for each record: whoever changes a row that
 * another transaction has changed first waits for that one's commit, and takes a seq only then (invariant 3).
 *
 * A transaction whose changes go on behind the page is left out of it and read in full with a later page, so that its net effect
 * is one; unless it alone fills half a page, then it is taken in pieces to its end, each with a net effect of its own.
 */
export async function readPage(db: Queryable, window: Window, size: PageSize): Promise<Page> {
  const rows = await readRows(db, window, size);
  const found = rows[0]?.found ?? 0;
  const full = found > rows.length || found === size.rows;
  if (!full) return { rows, full, lastSeq: window.ceilingSeq, deferred: [] };
  const lastSeq = Math.max(window.lastSeq, ...rows.map((row) => Number(row.seq)));
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.xid, (counts.get(row.xid) ?? 0) + row.n);
  const small = [...counts].filter(([, count]) => count < size.changes / 2).map(([xid]) => xid);
  const straddling = new Set(await transactionsBehind(db, small, window, lastSeq));
  // A page of nothing but beginnings must still get on.
  const deferred = straddling.size < counts.size ? straddling : new Set<string>();
  return { rows: rows.filter((row) => !deferred.has(row.xid)), full, lastSeq, deferred: [...deferred] };
}

async function readRows(db: Queryable, window: Window, size: PageSize): Promise<FoundRow[]> {
  const before = parseSnapshot(window.consumed);
  const after = parseSnapshot(window.until);
  const inProgress = new Set(after.xip);
  const late = before.xip.filter((xid) => !inProgress.has(xid) && BigInt(xid) < after.xmax);
  const { rows } = await db.query<FoundRow>({
    name: 'rowhook_window',
    text: windowSql,
    values: [
      late,
      window.deferred,
      window.lastSeq,
      Math.max(window.lastSeq, window.floorSeq),
      window.ceilingSeq,
      window.consumed,
      window.until,
      size.rows,
      size.changes,
    ],
  });
  return rows;
}

/** With how many rows were found before those over the page's number of changes were cut. */
interface FoundRow extends OutboxRow {
  readonly found: number;
}

/**
 * Each branch walks one index and stops at the page's size: (xid, seq) for the few named transactions, (seq) for the fresh ones.
 * What the fresh ones must be is put so that no index on xid could answer it: the plan is made once, for unknown values, and with
 * a range of ids in it statistics could turn it into a sort of the whole window. The running sum cuts the page to its number of
 * changes before their keys are read.
 */
const windowSql = `
with late as (
  select o.* from unnest($1::text[]::xid8[]) t(xid)
  cross join lateral (
    select * from rowhook.outbox o where o.xid = t.xid and o.seq > $3 and o.xid <> all ($2::text[]::xid8[])
    order by o.seq limit $8
  ) o
), deferred as (
  select o.* from unnest($2::text[]::xid8[]) t(xid)
  cross join lateral (
    select * from rowhook.outbox o where o.xid = t.xid order by o.seq limit $8
  ) o
), fresh as (
  select o.* from rowhook.outbox o
  where o.seq > $4 and o.seq <= $5
    and pg_visible_in_snapshot(o.xid, $7::pg_snapshot) and not pg_visible_in_snapshot(o.xid, $6::pg_snapshot)
    and o.xid <> all ($1::text[]::xid8[]) and o.xid <> all ($2::text[]::xid8[])
  order by o.seq limit $8
)
select o.seq, o.xid::text, o.changed_at, o.capture_id, o.op, o.n, o.request_id, o.keys, o.masks, o.vals, o.found
from (
  select w.*, count(*) over ()::int as found, sum(w.n) over (order by w.seq) - w.n as before
  from (
    select * from deferred union all select * from late union all select * from fresh
    order by seq limit $8
  ) w
) o
where o.before < $9
order by o.seq`;

/**
 * Which of these go on behind the page. One that was begun on an earlier page, and not deferred there, is being taken in pieces:
 * deferred now, it would be read from its beginning once more.
 */
async function transactionsBehind(
  db: Queryable,
  xids: readonly string[],
  window: Window,
  seq: number,
): Promise<string[]> {
  if (xids.length === 0) return [];
  const { rows } = await db.query<{ xid: string }>({
    name: 'rowhook_behind',
    text: `select t.xid::text from unnest($1::text[]::xid8[]) t(xid)
      where exists (select from rowhook.outbox o where o.xid = t.xid and o.seq > $2)
        and (t.xid = any ($3::text[]::xid8[])
          or not exists (select from rowhook.outbox o where o.xid = t.xid and o.seq <= $4))`,
    values: [xids, seq, window.deferred, window.lastSeq],
  });
  return rows.map((row) => row.xid);
}
