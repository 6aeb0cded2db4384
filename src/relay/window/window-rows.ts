import type { Queryable } from '../../store/sql.ts';
import { heldSql, type StoredRow } from './large-rows.ts';
import { inTransaction, lastSeq, ofTransaction } from './transaction-rows.ts';
import { type Filter, lateOf, type Mark, type PageSize, type Window } from './window.ts';

/** Where a page ends. */
interface End {
  /** The window's end. */
  readonly until: Mark;
  /** At the latest, a seq. */
  readonly end: number;
  readonly filter: Filter | undefined;
}

/**
 * The rows of a window's next page, in the order of seq; large ones without what they hold (large-rows.ts).
 * @param until undefined: all that the transaction sees
 */
export async function findRows(
  db: Queryable,
  window: Omit<Window, 'until'>,
  size: PageSize,
  { until, end, filter }: Partial<End> = {},
): Promise<FoundRow[]> {
  const { rows } = await db.query<FoundRow>({
    name: filter ? 'rowhook_window_of' : 'rowhook_window',
    text: filter ? filteredWindowSql : windowSql,
    values: [
      until ? lateOf({ ...window, until }) : null,
      window.deferred,
      window.lastSeq,
      Math.max(window.lastSeq, window.floorSeq),
      end ?? lastSeq,
      window.consumed,
      until?.snapshot ?? null,
      size.rows,
      size.changes,
      window.deferredSeq,
      ...(filter ? [filter.captures, filter.only] : []),
    ],
  });
  return rows;
}

/** With how many rows were found before those over the page's number of changes, or its size, were cut. */
export interface FoundRow extends StoredRow {
  readonly found: number;
}

/**
 * Each branch walks one index and stops at the page's size: (xid, seq) for the few named transactions, (seq) for the fresh ones.
 * What the fresh ones must be is put so that no index on xid could answer it: the plan is made once, for unknown values, and with
 * a range of ids in it statistics could turn it into a sort of the whole window. The running sum cuts the page to its number of
 * changes before their keys are read; large ones are read afterwards, as many as may be held (large-rows.ts). The ids are
 * parameters of their own type, or made once by a subquery: a cast of theirs would be made anew for each row.
 */
const untilSql = '(select coalesce($7::pg_snapshot, pg_current_snapshot()))';
/** As lateOf() has them. */
const lateSql = `(select coalesce($1::xid8[], array(
  select xid from pg_snapshot_xip($6::pg_snapshot) xid where pg_visible_in_snapshot(xid, ${untilSql}))))`;

const windowSqlOf = (filter: string) => `
with late as (
  select o.* from unnest(${lateSql}) t(xid)
  cross join lateral (
    select * from rowhook.outbox o where ${ofTransaction('$3', '$5')} ${filter}
    ${inTransaction} limit $8
  ) o
  where t.xid <> all ($2::xid8[])
), deferred as (
  select o.* from unnest($2::xid8[]) t(xid)
  cross join lateral (
    select * from rowhook.outbox o where ${ofTransaction('$10', '$5')} ${filter}
    ${inTransaction} limit $8
  ) o
), fresh as (
  select o.* from rowhook.outbox o
  where o.seq > $4 and o.seq <= $5
    and pg_visible_in_snapshot(o.xid, ${untilSql}) and not pg_visible_in_snapshot(o.xid, $6::pg_snapshot)
    and o.xid <> all (${lateSql}::xid8[]) and o.xid <> all ($2::xid8[]) ${filter}
  order by o.seq limit $8
)
select o.seq, o.xid::text, o.changed_at, o.capture_id, o.op, o.n, o.request_id, o.masks, o.found,
  h.held, case when h.held is null then o.keys end as keys, case when h.held is null then o.vals end as vals
from (
  select w.*, count(*) over ()::int as found, sum(w.n) over (order by w.seq) - w.n as before
  from (
    select * from deferred union all select * from late union all select * from fresh
    order by seq limit $8
  ) w
) o, lateral (select ${heldSql} as held) h
where o.before < $9
order by o.seq`;

const windowSql = windowSqlOf('');
const filteredWindowSql = windowSqlOf('and (o.capture_id = any ($11::int[])) = $12');
