import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Queryable } from '../store/sql.ts';
import { type OutboxRow, unpack } from './changes.ts';

interface RecordName {
  readonly resourceName: string;
  readonly key: string;
}

/**
 * The last rows of records that are gone, as far as the outbox has them: in the order asked for, as JSON text, undefined where it has
 * none. Also of those whose end this relay has not come to yet. There is no index for it: one walk for each resource, for the rare
 * record that hangs on another one which ended later and is gone already.
 */
export async function lastRowsInOutbox(
  db: Queryable,
  records: readonly RecordName[],
  catalog: Catalog,
): Promise<Array<string | undefined>> {
  const found = new Map<string, string>();
  for (const resourceName of new Set(records.map((record) => record.resourceName))) {
    const keys = records.filter((record) => record.resourceName === resourceName).map(({ key }) => key);
    const { rows } = await db.query<OutboxRow>(
      `select seq, xid::text, changed_at, capture_id, op, n, request_id, keys, masks, vals from rowhook.outbox
       where op = 'd' and keys && $2::text[]
         and capture_id in (select id from rowhook.capture where table_name = $1)
       order by seq`,
      [quoteTable(catalog.resources[resourceName]!.table), keys],
    );
    for (const { key, image } of unpack(rows)) {
      if (typeof image === 'string') found.set(`${resourceName} ${key}`, image);
    }
  }
  return records.map(({ resourceName, key }) => found.get(`${resourceName} ${key}`));
}
