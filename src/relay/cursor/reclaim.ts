import type { Client } from 'pg';
import { outboxRest, outboxSlots } from '../../store/outbox.ts';
import { lanesOf } from '../lanes/lanes.ts';
import { parseSnapshot, rebasedIds } from '../window/snapshot.ts';
import type { Cursor } from './cursor.ts';

/** A new slot every 600 s, as sql/schema/0001 has it. */
const slotSeconds = 600;
/** Rows of the rest that are deleted at once, at most. What is more is emptied with the whole of it, once nobody writes there. */
const restBatch = 20_000;

/**
 * Empties the partitions of the outbox in which everything is read; returns their names. TRUNCATE gives the space back at once:
 * no dead rows, no vacuum, whatever other transactions hold.
 *
 * Writers are in the slot of the clock. That one, the one before and the one after are left alone, and a lock is taken only if
 * nobody holds one: no writer waits (invariant 4), and a transaction that wrote there and is still open keeps its partition.
 * Where one of these three is missing, writers are in the rest, which is otherwise emptied as the slots are.
 *
 * @param failed is told of one that cannot be emptied; the others are
 */
export async function reclaim(
  client: Client,
  cursor: Cursor,
  failed: (name: string, error: unknown) => void = (_, error) => {
    throw error;
  },
): Promise<string[]> {
  if (cursor.reading !== null) return [];
  if (lanesOf(cursor).some((lane) => lane.thenConsumed !== null)) return [];
  // By pg_inherits: one that was detached is no partition any more, and what is in it is not read.
  const { rows } = await client.query<{ name: string; written: boolean }>(
    `with clock as (
       select 'outbox_' || slot as name, (slot - current + $1) % $1 in (0, 1, $1 - 1) as near
       from generate_series(0, $1::int - 1) slot,
         (select date_part('epoch', clock_timestamp())::bigint / $2 % $1 as current) clock
     ), part as (
       select c.oid, c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'rowhook.outbox'::regclass
     )
     select name, name = $3 and exists (select from clock where near and clock.name not in (select name from part)) as written
     from part
     where name not in (select name from clock where near) and pg_relation_size(oid) > 0
     order by 1`,
    [outboxSlots, slotSeconds, outboxRest],
  );
  const emptied: string[] = [];
  for (const { name, written } of rows) {
    try {
      const isEmptied = await (written ? deleteRest(client, cursor) : emptyPartition(client, name, cursor));
      if (isEmptied) emptied.push(name);
    } catch (error) {
      failed(name, error);
    }
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
