import { quoteTable } from '../../catalog/table-name.ts';
import type { Catalog } from '../../catalog/types.ts';
import type { Queryable } from '../../store/sql.ts';
import type { RecordName } from '../events/record-id.ts';
import { type OutboxRow, unpack } from '../window/changes.ts';
import { inTransaction, ofTransaction } from '../window/transaction-rows.ts';

/** A record that is gone, and the transaction in which it may have ended. */
export interface EndedIn extends RecordName {
  readonly xid: string;
}

/** Rows of the outbox that are looked at in each transaction. */
const longestWalk = 10_000;

/**
 * The last rows, as JSON text, of records that ended in transactions of which a page holds only a piece, in the order of the records;
 * undefined where one did not, or its last row was not kept. One walk of each transaction, whatever number of records is missing.
 *
 * In a cascade they are among the first of their transaction, so only its beginning is looked at, or each page of a large one would
 * walk all of it (invariant 8). What ends farther behind is waited for, as what ends in another transaction is.
 */
export async function lastRowsInTransactions(
  db: Queryable,
  ended: readonly EndedIn[],
  catalog: Catalog,
): Promise<Array<string | undefined>> {
  const images: Array<string | undefined> = ended.map(() => undefined);
  if (ended.length === 0) return images;
  const { rows } = await db.query<OutboxRow & { readonly place: number }>({
    name: 'rowhook_last_rows',
    text: lastRowsSql,
    values: [
      ended.map(({ xid }) => xid),
      ended.map(({ key }) => key),
      ended.map(({ resourceName }) => quoteTable(catalog.resources[resourceName]!.table)),
      longestWalk,
    ],
  });
  for (const row of rows) images[row.place - 1] = unpack([row])[0]?.image ?? undefined;
  return images;
}

const lastRowsSql = `
select distinct on (ended.place) ended.place::int, o.seq, o.xid::text, o.changed_at, o.capture_id, o.op, o.n, o.request_id,
  array[v.key] as keys, o.masks, array[v.val] as vals
from (select distinct xid from unnest($1::xid8[]) t(xid)) t
cross join lateral (
  select * from rowhook.outbox o where ${ofTransaction()} ${inTransaction} limit $4
) o
join rowhook.capture c on c.id = o.capture_id
cross join lateral unnest(o.keys, o.vals) v(key, val)
join unnest($1::xid8[], $2::text[], $3::text[]) with ordinality ended(xid, key, table_name, place)
  on ended.xid = t.xid and ended.key = v.key and ended.table_name = c.table_name
where o.op = 'd' and o.keys && $2::text[]
order by ended.place, o.seq`;
