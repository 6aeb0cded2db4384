import type { Client, QueryResultRow } from 'pg';
import type { Queryable } from '../../store/sql.ts';
import { firstLane, type Lane } from '../lanes/lane.ts';
import { lanesOf, latestMark } from '../lanes/lanes.ts';
import { rebasedIds, snapshotAt } from '../window/snapshot.ts';
import { addCursor, type Cursor } from './cursor.ts';

/** In ms. With millions of changes waiting a statement takes minutes; that a connection is gone is noticed all the same. */
const patienceMs = 6 * 60 * 60 * 1000;

export interface Rebased {
  readonly rebased: Cursor;
  /** Outbox rows that wait, and have new ids. */
  readonly rows: number;
}

/**
 * Removes the changes that are read, and gives all others ids from a domain of their own, in which the order of transactions is that
 * of their first seqs; the cursor then begins a window of these. One transaction: a crash leaves everything as it was. Writers only add
 * rows, so none waits (invariant 4); what they commit meanwhile keeps its id, and is read with the next window.
 *
 * What is read is told by the old ids and the old cursor, by their values alone. No row behind its ceilings is: it is
 * this cluster's own maybe, made before the relay came.
 */
export async function rebase(client: Client, cursor: Cursor, systemIdentifier: string): Promise<Rebased> {
  const lanes = lanesOf(cursor);
  const highestCeiling = Math.max(...lanes.map(({ ceilingSeq }) => ceilingSeq));
  await raiseSequence(client, highestCeiling);
  const nativeFloor = await sampleFloor(client);
  await client.query('begin isolation level repeatable read');
  try {
    await client.query(forWholeTables);
    const { snapshot } = await one<{ snapshot: string }>(
      client,
      'select pg_current_snapshot()::text as snapshot',
    );
    await patiently(client, renumberOwn, String(cursor.id), String(highestCeiling));
    await patiently(client, removeRead, JSON.stringify(lanes), String(rebasedIds.first));
    const { least, most } = await one<{ least: string | null; most: string | null }>(
      client,
      'select min(seq) as least, max(seq) as most from rowhook.outbox',
    );
    const rows = await patiently(client, giveIds, String(rebasedIds.first));
    await client.query(renameElsewhere);
    const number = latestMark(lanes);
    const ceilingSeq = Math.max(nativeFloor, cursor.ceilingSeq, Number(most));
    const lane =
      least === null
        ? { consumed: snapshot, windowNumber: number + 1, floorSeq: nativeFloor, ceilingSeq }
        : {
            consumed: snapshotAt(rebasedIds.first),
            windowNumber: number,
            floorSeq: Number(least) - 1,
            ceilingSeq,
            thenConsumed: snapshot,
            readingNumber: number + 1,
            readingFloorSeq: nativeFloor,
          };
    const { id, pages } = cursor;
    const place = { id: id + 1, pages, sampledSeq: nativeFloor, systemIdentifier, others: [] };
    const rebased: Cursor = { ...firstLane, ...lane, ...place };
    await addCursor(client, rebased);
    await client.query('commit');
    return { rebased, rows };
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/** The highest id that lanes speak of; of what an earlier rebase has given ids, what comes after. Pure. */
export const highestXmax = (lanes: readonly Lane[]): bigint =>
  lanes
    .map((lane) => BigInt((lane.thenConsumed ?? lane.reading ?? lane.consumed).split(':')[1]!))
    .reduce((a, b) => (a > b ? a : b));

/** A sequence that was restored without its value would hand out seqs that changes have already. */
async function raiseSequence(db: Queryable, ceilingSeq: number): Promise<void> {
  await db.query(
    `select setval('rowhook.outbox_seq', highest)
     from rowhook.outbox_seq, greatest((select max(seq) from rowhook.outbox), $1::bigint) highest
     where last_value < highest`,
    [ceilingSeq],
  );
}

/**
 * A seq below all those of transactions with an id of the next snapshot's xmax or later: an id is taken after the sample, and is below
 * that xmax, so they began after the sample. See Cursor.sampledSeq.
 */
async function sampleFloor(db: Queryable): Promise<number> {
  const { last } = await one<{ last: string }>(db, 'select last_value as last from rowhook.outbox_seq');
  await db.query('select pg_current_xact_id()');
  return Number(last);
}

async function one<Row extends QueryResultRow>(db: Queryable, sql: string): Promise<Row> {
  const { rows } = await db.query<Row>(sql);
  return rows[0]!;
}

async function patiently(client: Client, text: string, ...values: string[]): Promise<number> {
  const statement = { text, values, query_timeout: patienceMs };
  const { rowCount } = await client.query(statement);
  return rowCount ?? 0;
}

/** The relay's session plans for walks along indexes. */
const forWholeTables = `set local enable_seqscan = on; set local enable_bitmapscan = on; set local enable_nestloop = off;
  set local plan_cache_mode = auto; set local work_mem = '64MB'`;

/**
 * Where a dump came without the sequence's value, the application has written seqs that loaded changes have already, and that the old
 * cursor takes for read. Such a row is told by its xmin, which is its transaction's own; all of this cluster's get new seqs, in their
 * order. Files that were moved, by pg_upgrade say, have their own xmin throughout: there the cursor's row has too. What a savepoint
 * wrote is not told.
 */
const renumberOwn = `
with own as (
  select o.tableoid as relation, o.ctid as place, o.seq from rowhook.outbox o
  where o.xmin::text::numeric = mod(o.xid::text::numeric, 4294967296)
    and exists (select from rowhook.relay_cursor c where c.id = $1 and c.xmin <> c.written_by::xid)
), numbered as (
  select relation, place, nextval('rowhook.outbox_seq') as next
  from (select * from own where (select min(seq) from own) <= $2::bigint order by seq) o
)
update rowhook.outbox o set seq = n.next from numbered n where o.tableoid = n.relation and o.ctid = n.place`;

/**
 * Each lane has read what is visible in `consumed`, and of its window what it has got past. Ids from 2^62 on were given by an earlier
 * rebase: `consumed` speaks of those until they are through, and `then_consumed` of all others; afterwards all of those are read.
 * A table that was captured anew has two captures: they are in one lane.
 */
const removeRead = `
with lane as (
  select * from jsonb_to_recordset($1::jsonb) l(
    captures int[], consumed pg_snapshot, reading pg_snapshot, "thenConsumed" pg_snapshot, "ceilingSeq" bigint,
    "lastSeq" bigint, deferred xid8[], "deferredSeq" bigint)
), named as (
  select c.table_name, l.captures from lane l join rowhook.capture c on c.id = any (l.captures)
), own as (
  select c.id as capture_id, l.* from rowhook.capture c, lane l
  where case when l.captures is null then c.table_name not in (select table_name from named)
    else (c.table_name, l.captures) in (select table_name, captures from named) end
)
delete from rowhook.outbox o using own l
where o.capture_id = l.capture_id and o.seq <= l."ceilingSeq" and case
    when o.xid < $2::text::xid8 then pg_visible_in_snapshot(o.xid, coalesce(l."thenConsumed", l.consumed))
      or (l."thenConsumed" is null and pg_visible_in_snapshot(o.xid, l.reading)
        and o.seq <= l."lastSeq" and not (o.xid = any (l.deferred) and o.seq > l."deferredSeq"))
    else l."thenConsumed" is null or pg_visible_in_snapshot(o.xid, l.consumed)
      or (pg_visible_in_snapshot(o.xid, l.reading)
        and o.seq <= l."lastSeq" and not (o.xid = any (l.deferred) and o.seq > l."deferredSeq"))
  end`;

/**
 * The first seq makes the new id. A transaction of this cluster may have the id of one of the other: when they began tells them apart,
 * for `changed_at` is the same in all changes of a transaction.
 */
const giveIds = `
update rowhook.outbox o set xid = ($1::text::bigint + t.first_seq)::text::xid8
from (select xid, changed_at, min(seq) as first_seq from rowhook.outbox group by 1, 2) t
where o.xid = t.xid and o.changed_at = t.changed_at`;

/** What waits apart from the outbox names its transaction too: by an id that no change has, for here the same may be another's. */
const renamed = (table: string, column: string) => `
update rowhook.${table} set ${column} = jsonb_set(${column}::jsonb, '{xid}',
  to_jsonb((9223372036854775808 + (${column} ->> 'xid')::numeric)::text))::json
where (${column} ->> 'xid')::numeric < 9223372036854775808`;
const renameElsewhere = [
  renamed('relay_parked', 'event'),
  renamed('set_aside_event', 'event'),
  renamed('set_aside_event', 'ended'),
].join(';');
