import type { Client } from 'pg';
import type { Log } from '../../store/log.ts';
import type { Queryable } from '../../store/sql.ts';
import { lanesOf } from '../lanes/lanes.ts';
import { rebasedIds } from '../window/snapshot.ts';
import { type Cursor, firstCursor, readCursor } from './cursor.ts';
import { highestXmax, rebase } from './rebase.ts';

/**
 * The cursor, for a relay that has just become the active one. Where the outbox came from another cluster its changes are given new
 * transaction ids first, and the cursor is moved to them: nothing is lost, nothing is read twice (invariant 1).
 */
export async function openCursor(client: Client, log: Log): Promise<Cursor> {
  // A fresh sequence says 1 both before and after it hands out 1; one that was restored without its value is such.
  await client.query(`select nextval('rowhook.outbox_seq') from rowhook.outbox_seq where not is_called`);
  const first = await firstCursor(client);
  const cursor = (await readCursor(client)) ?? first;
  const reason = await whyForeign(client, cursor, first.systemIdentifier);
  if (reason === undefined) return cursor;
  log.warn(
    { reason, from: cursor.systemIdentifier, to: first.systemIdentifier },
    'the outbox comes from another cluster: its changes are given new transaction ids',
  );
  const { rebased, rows } = await rebase(client, cursor, first.systemIdentifier);
  log.info({ rows }, 'the outbox has new transaction ids: what waits in it is read first');
  return rebased;
}

export type Foreign = 'system_identifier' | 'loaded_from_dump' | 'ids_ahead';

/**
 * Why the ids of cursor and outbox are not those of this cluster; undefined where they are. One identifier may belong to several
 * clusters (copies of a data folder), so it alone does not say: a row that a dump has brought was written by another transaction
 * than it says; and nothing that can be seen has an id that this cluster has not given out yet.
 *
 * A copy of the data folder, a backup restored to any point, a promoted standby go on where they stand: their ids are their own.
 */
async function whyForeign(
  db: Queryable,
  cursor: Cursor,
  systemIdentifier: string,
): Promise<Foreign | undefined> {
  if (cursor.systemIdentifier !== systemIdentifier) return 'system_identifier';
  const areAhead = (highest: bigint) => says(db, idsAhead, String(highest), String(rebasedIds.first));
  if (cursor.id === 0) {
    return (await says(db, olderThanTheirIds)) || (await areAhead(0n)) ? 'ids_ahead' : undefined;
  }
  if (await says(db, loaded, cursor.id)) return 'loaded_from_dump';
  return (await areAhead(highestXmax(lanesOf(cursor)))) ? 'ids_ahead' : undefined;
}

const loaded = 'select xmin <> written_by::xid as yes from rowhook.relay_cursor where id = $1';

const idsAhead = `
select $1::text::xid8 > pg_snapshot_xmax(pg_current_snapshot())
  or exists (select from rowhook.outbox where xid >= pg_snapshot_xmax(pg_current_snapshot()) and xid < $2::text::xid8)
  or exists (
    select from pg_snapshot_xip(pg_current_snapshot()) t(xid) join rowhook.outbox o on o.xid = t.xid
  ) as yes`;

/**
 * With no cursor there is only the outbox. A row is written by the transaction that it names, or by a savepoint of it, which has a
 * higher id; one that a dump brought may have a lower one: then transactions of this cluster may have had its id since. Ids go round.
 */
const olderThanTheirIds = `
select exists (
  select from rowhook.outbox
  where mod(xmin::text::numeric - mod(xid::text::numeric, 4294967296) + 4294967296, 4294967296) >= 2147483648
) as yes`;

async function says(db: Queryable, sql: string, ...values: unknown[]): Promise<boolean> {
  const { rows } = await db.query<{ yes: boolean | null }>(sql, values);
  return rows[0]?.yes === true;
}
