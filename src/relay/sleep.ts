import type { Queryable } from '../store/sql.ts';
import { parseSnapshot } from './window/snapshot.ts';

/** The bell's flag, kept in a sequence: set and read outside of transactions. */
const awake = 1;
const asleep = 2;

/** From now on writers need not ring. */
export async function announceAwake(db: Queryable): Promise<void> {
  await db.query(`select setval('rowhook.bell', ${awake})`);
}

/**
 * From now on writers ring. Returns the id below which a transaction may have asked before: only those can still commit in silence.
 * The id is taken after the flag is set, so whoever asked before has a lower one.
 */
export async function announceSleep(db: Queryable): Promise<bigint> {
  await db.query(`select setval('rowhook.bell', ${asleep})`);
  const { rows } = await db.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
  return BigInt(rows[0]!.xid);
}

/**
 * Whether nobody can commit in silence any more: every transaction with a lower id has ended, or nobody holds the lock that a
 * writer to the outbox takes before it asks and keeps until it ends. The second spares us to wait for long transactions that
 * have nothing to do with us.
 */
export async function nobodySilent(db: Queryable, below: bigint): Promise<boolean> {
  const { rows } = await db.query<{ snapshot: string; writing: boolean }>(
    `select pg_current_snapshot()::text as snapshot,
       exists (
         select from pg_locks
         where relation = 'rowhook.outbox'::regclass and mode = 'RowExclusiveLock' and granted
       ) as writing`,
  );
  const { snapshot, writing } = rows[0]!;
  return !writing || parseSnapshot(snapshot).xmin >= below;
}

/** Whether writers still know that we sleep: rowhook.ring() takes the flag down when it finds no relay. */
export async function writersRing(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ bell: string }>('select last_value as bell from rowhook.bell');
  return Number(rows[0]!.bell) === asleep;
}
