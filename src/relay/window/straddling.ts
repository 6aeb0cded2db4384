import type { Queryable } from '../../store/sql.ts';
import { inTransaction, ofTransaction } from './transaction-rows.ts';
import type { Filter, PageSize, Window } from './window.ts';

/**
 * Which of these go on behind the page. One that was begun on an earlier page, and not deferred there, is being taken in pieces:
 * deferred now, it would be read from its beginning once more. One that has more rows than a page takes is none of these either: a
 * transaction that is read in full, maybe by several lanes, is a small one.
 */
export async function transactionsBehind(
  db: Queryable,
  xids: readonly string[],
  { deferred, lastSeq }: Window,
  seq: number,
  size: PageSize,
  filter: Filter | undefined,
): Promise<string[]> {
  if (xids.length === 0) return [];
  const values = [xids, seq, deferred, lastSeq, size.rows];
  const { rows } = await db.query<{ xid: string }>(
    filter
      ? { name: 'rowhook_behind_of', text: behindOfSql, values: [...values, filter.captures, filter.only] }
      : { name: 'rowhook_behind', text: behindSql, values },
  );
  return rows.map((row) => row.xid);
}

const any = (rows: string, offset = ''): string =>
  `(select true from rowhook.outbox o where ${rows} ${inTransaction} ${offset} limit 1)`;

/** The first row of each kind, not `exists`: that would be made a join, and its order be dropped. */
const behindSql = `
select t.xid::text from unnest($1::xid8[]) t(xid)
where ${any(ofTransaction('$2'))}
  and (t.xid = any ($3::xid8[]) or ${any(ofTransaction('0', '$4'))} is null)
  and ${any(ofTransaction(), 'offset $5')} is null`;

/** Of a lane's captures only; looks at no more rows than a page takes, whichever they are of. */
const behindOfSql = `
select t.xid::text from unnest($1::xid8[]) t(xid)
cross join lateral (
  select count(*) as rows, bool_or(mine and seq > $2) as behind, bool_or(mine and seq <= $4) as begun
  from (
    select o.seq, (o.capture_id = any ($6::int[])) = $7 as mine
    from rowhook.outbox o where ${ofTransaction()} ${inTransaction} limit $5 + 1
  ) o
) o
where o.rows <= $5 and o.behind and (t.xid = any ($3::xid8[]) or not o.begun)`;
