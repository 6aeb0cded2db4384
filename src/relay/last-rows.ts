import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Queryable } from '../store/sql.ts';
import { type OutboxRow, unpack } from './changes.ts';
import type { RecordName } from './record-id.ts';

/** A record that is gone, and the transaction in which it may have ended. */
export interface EndedIn extends RecordName {
  readonly xid: string;
}

/**
 * The last row of a record that ended in a transaction of which a page holds only a piece, as JSON text; undefined where it did not.
 * In a cascade it is among the first of its transaction; the index on (xid, seq) leads there.
 */
export async function lastRowInTransaction(
  db: Queryable,
  { resourceName, key, xid }: EndedIn,
  catalog: Catalog,
): Promise<string | undefined> {
  const { rows } = await db.query<OutboxRow>({
    name: 'rowhook_last_row',
    text: `select seq, xid::text, changed_at, capture_id, op, n, request_id, keys, masks, vals from rowhook.outbox
      where xid = $1::text::xid8 and op = 'd' and keys && array[$2]
        and capture_id in (select id from rowhook.capture where table_name = $3)
      order by seq limit 1`,
    values: [xid, key, quoteTable(catalog.resources[resourceName]!.table)],
  });
  return unpack(rows).find((change) => change.key === key)?.image ?? undefined;
}
