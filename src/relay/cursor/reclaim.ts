import type { Client } from 'pg';
import { lanesOf } from '../lanes/lanes.ts';
import { parseSnapshot, rebasedIds } from '../window/snapshot.ts';
import type { Cursor } from './cursor.ts';

/** As sql/schema/0001 has it: six slots, a new one every 600 s. */
const slots = 6;
const slotSeconds = 600;

/**
 * Empties the partitions of the outbox in which everything is read; returns their names. TRUNCATE gives the space back at once:
 * no vacuum is needed, and none can be held up (invariant 8).
 *
 * Writers are in the slot of the clock. That one, the one before and the one after are left alone, and a lock is taken only if
 * nobody holds one: no writer waits (invariant 4), and a transaction that wrote there and is still open keeps its partition.
 */
export async function reclaim(client: Client, cursor: Cursor): Promise<string[]> {
  if (cursor.reading !== null) return [];
  if (lanesOf(cursor).some((lane) => lane.thenConsumed !== null)) return [];
  const { rows } = await client.query<{ name: string }>(
    `select 'outbox_' || slot as name
     from generate_series(0, $1::int - 1) slot,
       (select (date_part('epoch', clock_timestamp())::bigint / $2) % $1 as current) clock
     where (slot - current + $1) % $1 not in (0, 1, $1 - 1)
       and pg_relation_size(('rowhook.outbox_' || slot)::regclass) > 0`,
    [slots, slotSeconds],
  );
  const emptied: string[] = [];
  for (const { name } of rows) {
    if (await emptyPartition(client, name, cursor)) emptied.push(name);
  }
  return emptied;
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
    const inUse = (error as { code?: string }).code === '55P03';
    if (inUse) return false;
    throw error;
  }
}
