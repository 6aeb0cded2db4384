import type { PoolClient } from 'pg';
import type { DailyTable } from '../../store/daily-tables.ts';
import { dayMs, lowestUuid, uuidDay, uuidTime } from '../../uuid-time.ts';
import { dayName, dayNamed } from './days.ts';

/** What became of a partition: `kept_in_rest` where the default partition holds rows of that day already. */
export type PartitionOutcome = 'made' | 'exists' | 'kept_in_rest' | 'busy';

/**
 * Makes the partition of one day, unless it exists. Another daemon may be doing the same (`busy`).
 *
 * Rows of that day that came before it lie in the default partition, and then so does the whole day. Moving them would lose
 * deliveries: who reads an event meanwhile has planned without the new partition, waits for the old one, and finds it empty.
 * @throws the database's error: 55P03 where somebody used the default partition for longer than 200 ms
 */
export async function makePartition(
  client: PoolClient,
  table: DailyTable,
  day: Date,
): Promise<PartitionOutcome> {
  const name = `${table}_${dayName(day)}`;
  const { from, to } = uuidDay(day);
  return inTurn(client, async () => {
    const { rows } = await client.query(`select to_regclass('rowhook.${name}') is not null as exists`);
    if (rows[0].exists) return 'exists';
    await client.query(`lock table only rowhook.${table} in share update exclusive mode`);
    await client.query(`lock table only rowhook.${table}_rest in access exclusive mode`);
    const stray = await client.query(`select from rowhook.${table}_rest where id >= $1 and id < $2 limit 1`, [
      from,
      to,
    ]);
    if (stray.rows.length > 0) return 'kept_in_rest';
    // Attached, not created as a partition: that would lock the whole table against reading and writing.
    await client.query(`create table rowhook.${name} (like rowhook.${table} including all)`);
    // Bounds cannot be parameters; these are hexadecimal digits that we made.
    await client.query(
      `alter table rowhook.${table} attach partition rowhook.${name} for values from ('${from}') to ('${to}')`,
    );
    return 'made';
  });
}

/**
 * The database's now, whatever this machine's clock says, and from when on everything is kept: as many days back as retention
 * has, and further where an event is still owed to somebody (invariant 1).
 */
export async function retentionBounds(
  client: PoolClient,
  retentionDays: number,
): Promise<{ now: Date; keepFrom: Date }> {
  const { rows } = await client.query<{ now: Date; owed: string | null }>(
    `select now() as now, (
       select event_id from (
         (select event_id from rowhook.delivery order by event_id limit 1)
         union all
         (select event_id from rowhook.delivery_waiting order by event_id limit 1)
         union all
         (select event_id from rowhook.delivery_behind order by event_id limit 1)
       ) oldest order by event_id limit 1
     ) as owed`,
  );
  const { now, owed } = rows[0]!;
  const wanted = now.getTime() - retentionDays * dayMs;
  return { now, keepFrom: new Date(owed === null ? wanted : Math.min(wanted, uuidTime(owed).getTime())) };
}

/** Drops the partitions of all days that were over before this moment. Returns their names. */
export async function dropPartitions(client: PoolClient, table: DailyTable, before: Date): Promise<string[]> {
  const dropped: string[] = [];
  const { rows } = await client.query<{ name: string }>(
    `select relname as name
       from pg_inherits
       join pg_class on pg_class.oid = inhrelid
      where inhparent = 'rowhook.${table}'::regclass
      order by relname`,
  );
  for (const { name } of rows) {
    const day = name.startsWith(`${table}_`) ? dayNamed(name.slice(table.length + 1)) : undefined;
    if (!day || day.getTime() + dayMs > before.getTime()) continue;
    const outcome = await inTurn(client, async () => {
      await client.query(`drop table if exists rowhook.${name}`);
      return 'dropped';
    });
    if (outcome === 'dropped') dropped.push(name);
  }
  return dropped;
}

/** Deletes one batch of the rows of the default partition from before this moment. Returns how many. */
export async function pruneRest(client: PoolClient, table: DailyTable, before: Date): Promise<number> {
  const { rowCount } = await client.query(
    `delete from rowhook.${table}_rest
      where ctid = any (array(select ctid from rowhook.${table}_rest where id < $1 limit 1000))`,
    [lowestUuid(before)],
  );
  return rowCount ?? 0;
}

/** Runs a change of partitions in a transaction of its own, unless another daemon is at it. Nobody waits long behind it. */
async function inTurn<T>(client: PoolClient, change: () => Promise<T>): Promise<T | 'busy'> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = '200ms'; set local statement_timeout = '5s'`);
    const { rows } = await client.query(
      `select pg_try_advisory_xact_lock(hashtext('rowhook'), hashtext('partitions')) as mine`,
    );
    const outcome = rows[0].mine ? await change() : 'busy';
    await client.query('commit');
    return outcome;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
