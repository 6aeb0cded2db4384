import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';

/*
 * While somebody's transaction holds vacuum back, each delivery leaves dead rows in the queue, and claims walk over them. So the queue
 * has two slots: new deliveries go to one, and the other is emptied by TRUNCATE, which no open transaction holds up (invariant 8).
 */

export type Slot = 0 | 1;

/** A slot below this size is left alone: some 50,000 deliveries have gone through it. */
const turnedFromBytes = 16 * 1024 * 1024;
/** A row takes 150 bytes, twice that once it was leased: where there is more room for each, most of them are dead. */
const bytesPerLiveRow = 600;
/** Blocks whose leftovers are moved in one statement: some thousand rows, if all are alive. */
const blocksPerMove = 32;
const emptyPauseMs = 20;
/** How long others may stand behind the one try that waits for the table. */
const waitMs = 250;

export interface SlotLook {
  /** Where new deliveries go. */
  readonly current: Slot;
  /** Bytes of each slot's rows. */
  readonly bytes: readonly [number, number];
}

export async function lookAtSlots(pool: Pool): Promise<SlotLook> {
  const { rows } = await pool.query<{ current: Slot; first: string; second: string }>(
    `select slot as current, pg_relation_size('rowhook.delivery_0') as first, pg_relation_size('rowhook.delivery_1') as second
       from rowhook.delivery_slot`,
  );
  const { current, first, second } = rows[0]!;
  return { current, bytes: [Number(first), Number(second)] };
}

/**
 * Lets new deliveries go to the other slot where this one has grown and is mostly dead, and the other is empty. Statistics are not asked:
 * they count a row as dead only once nobody can see it. A walk counts the living, and ends as soon as there are too many.
 * @returns whether it turned
 */
export async function turnSlot(
  pool: Pool,
  { current, bytes }: SlotLook,
  fromBytes = turnedFromBytes,
): Promise<boolean> {
  const size = bytes[current];
  if (size < fromBytes || bytes[1 - current] !== 0) return false;
  const { rows } = await pool.query<{ alive: number }>(
    `select count(*)::int as alive from (select from rowhook.delivery_${current} limit $1) as alive`,
    [Math.ceil(size / bytesPerLiveRow)],
  );
  if (rows[0]!.alive >= size / bytesPerLiveRow) return false;
  // Unless another daemon was quicker.
  const { rowCount } = await pool.query(
    `update rowhook.delivery_slot set slot = $2::smallint, turned_at = now()
      where slot = $1 and pg_relation_size('rowhook.delivery_' || $2::smallint) = 0`,
    [current, 1 - current],
  );
  return rowCount === 1;
}

// Not what is leased: its end names the slot. Nor what was until a moment ago: its result may still come. ctid finds the rows of a range of
// blocks without a walk over those before it.
const moveText = (from: Slot): string => `
with moved as (
  delete from rowhook.delivery_${from}
   where ctid = any (array(
     select ctid
       from rowhook.delivery_${from}
      where ctid >= format('(%s,0)', $1::int)::tid and ctid < format('(%s,0)', $2::int)::tid
        and (lease is null or leased_until < now() - interval '1 minute')
        for update skip locked))
  returning lane, endpoint_id, id, event_id, attempts, starts, record
)
insert into rowhook.delivery (slot, lane, endpoint_id, id, event_id, attempts, starts, record)
select ${1 - from}, * from moved`;

/** Moves one range of blocks' deliveries that nobody is sending from this slot to the other one. Returns how many. */
export async function moveLeftovers(
  pool: Pool,
  from: Slot,
  fromBlock: number,
  toBlock: number,
): Promise<number> {
  const { rowCount } = await pool.query(moveText(from), [fromBlock, toBlock]);
  return rowCount ?? 0;
}

/**
 * Empties a slot that new deliveries no longer go to: moves over what is left in it and, if nothing is left then, truncates it. The more dead rows it
 * has the longer claims take, until there is never a moment without one: so at last it waits for the table, a quarter of a second, and they wait behind it.
 * @param mostTries how often it asks for the table, 20 ms apart, before it waits
 * @returns whether it is empty; if not, what is left is being sent, or somebody uses the table too much: next time
 */
export async function emptySlot(
  pool: Pool,
  look: SlotLook,
  stopping: AbortSignal,
  mostTries = 50,
): Promise<boolean> {
  const slot = (1 - look.current) as Slot;
  const blocks = Math.ceil(look.bytes[slot] / 8192);
  for (let block = 0; block < blocks; block += blocksPerMove) {
    if (stopping.aborted) return false;
    await moveLeftovers(pool, slot, block, block + blocksPerMove);
  }
  const { rows } = await pool.query(`select from rowhook.delivery_${slot} limit 1`);
  if (rows.length > 0) return false;
  const client = await pool.connect();
  // A client out of its pool has nobody else to listen; the next statement finds out.
  const ignore = (): void => {};
  client.on('error', ignore);
  try {
    for (let tries = 0; tries < mostTries && !stopping.aborted; tries += 1) {
      const outcome = await truncate(client, slot, 'nowait');
      if (outcome !== 'in_use') return outcome === 'emptied';
      await sleep(emptyPauseMs, undefined, { signal: stopping }).catch(() => {});
    }
    return !stopping.aborted && (await truncate(client, slot, 'wait')) === 'emptied';
  } finally {
    client.off('error', ignore);
    client.release();
  }
}

/**
 * With `nowait` it takes the lock only if nobody holds one, so that nobody waits behind us. Under it nobody else has rows here that we cannot see: a relay that
 * still inserts here holds a lock, or begins after us.
 */
async function truncate(
  client: PoolClient,
  slot: Slot,
  patience: 'nowait' | 'wait',
): Promise<'emptied' | 'in_use' | 'not_empty'> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${waitMs}`);
    await client.query(
      `lock table rowhook.delivery_${slot} in access exclusive mode ${patience === 'nowait' ? 'nowait' : ''}`,
    );
    const { rows } = await client.query<{ keep: boolean }>(
      `select exists (select from rowhook.delivery_${slot}) or exists (select from rowhook.delivery_slot where slot = $1) as keep`,
      [slot],
    );
    const { keep } = rows[0]!;
    if (!keep) await client.query(`truncate rowhook.delivery_${slot}`);
    await client.query('commit');
    return keep ? 'not_empty' : 'emptied';
  } catch (error) {
    await client.query('rollback').catch(() => {});
    if ((error as { code?: unknown }).code === '55P03') return 'in_use';
    throw error;
  }
}
