import type { Client } from 'pg';
import { outboxRest, outboxSlots } from '../../store/outbox.ts';
import { lanesOf } from '../lanes/lanes.ts';
import { parseSnapshot, rebasedIds } from '../window/snapshot.ts';
import type { Cursor } from './cursor.ts';

/** A new slot every 600 s, as sql/schema/0001 has it. */
const slotSeconds = 600;
/** Rows of the rest that are deleted at once, at most: as often as this is called that is more than a busy application writes there. */
const restBatch = 20_000;

/**
 * Empties the partitions of the outbox in which everything is read; returns their names. TRUNCATE gives the space back at once:
 * no vacuum is needed, and none can be held up (invariant 8).
 *
 * Writers are in the slot of the clock. That one, the one before and the one after are left alone, and a lock is taken only if
 * nobody holds one: no writer waits (invariant 4), and a transaction that wrote there and is still open keeps its partition.
 * A partition that is missing is none of our business: what would go there is in the rest, where writers may be at any time.
 */
export async function reclaim(client: Client, cursor: Cursor): Promise<string[]> {
  if (cursor.reading !== null) return [];
  if (lanesOf(cursor).some((lane) => lane.thenConsumed !== null)) return [];
  // By pg_inherits: one that was detached is no partition any more, and what is in it is not read.
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name
     from pg_inherits i
     join pg_class c on c.oid = i.inhrelid,
       (select date_part('epoch', clock_timestamp())::bigint / $2 % $1 as current) clock
     where i.inhparent = 'rowhook.outbox'::regclass
       and (c.relname = $3 or c.relname in (
         select 'outbox_' || slot from generate_series(0, $1::int - 1) slot
         where (slot - current + $1) % $1 not in (0, 1, $1 - 1)))
       and pg_relation_size(c.oid) > 0
     order by 1`,
    [outboxSlots, slotSeconds, outboxRest],
  );
  const emptied: string[] = [];
  for (const { name } of rows) {
    const done = name === outboxRest ? deleteRest(client, cursor) : emptyPartition(client, name, cursor);
    if (await done) emptied.push(name);
  }
  return emptied;
}

/** Deletes what is read of the rest, which makes no writer wait; whether there was any. Vacuum sees to the space. */
async function deleteRest(client: Client, cursor: Cursor): Promise<boolean> {
  const { xmax, xip } = parseSnapshot(cursor.consumed);
  const { rowCount } = await client.query(
    `delete from rowhook.${outboxRest} where ctid = any (array(
       select ctid from rowhook.${outboxRest}
       where (xid < $1::text::xid8 or xid >= $3::text::xid8) and xid <> all ($2::text[]::xid8[])
       limit $4))`,
    [String(xmax), xip, String(rebasedIds.first), restBatch],
  );
  return (rowCount ?? 0) > 0;
}

async function emptyPartition(client: Client, name: string, cursor: Cursor): Promise<boolean> {
  const { xmax, xip } = parseSnapshot(cursor.consumed);
  await client.query('begin');
  try {
    await client.query(`lock table rowhook.${name} in access exclusive mode nowait`);
    // Nobody else has rows here that we cannot see: they would hold a lock. Changes with ids that were given anew are all read.
    const { rows } = await client.query<{ unread: boolean }>(
      `select exists (select from rowhook.${name} where xid >= $1::text::xid8 and xid < $3::text::xid8)
         or exists (select from rowhook.${name} where xid = any ($2::text[]::xid8[])) as unread`,
      [String(xmax), xip, String(rebasedIds.first)],
    );
    const unread = rows[0]!.unread;
    if (!unread) await client.query(`truncate rowhook.${name}`);
    await client.query('commit');
    return !unread;
  } catch (error) {
    await client.query('rollback');
    // In use, or dropped just now.
    if (['55P03', '42P01'].includes((error as { code?: string }).code ?? '')) return false;
    throw error;
  }
}
