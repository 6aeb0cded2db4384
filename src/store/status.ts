import type { Queryable } from './sql.ts';

/** A number that is counted only so far: with 10 million rows waiting nobody needs it exactly (invariant 8). */
export interface Count {
  readonly count: number;
  /** There are that many or more. */
  readonly atLeast: boolean;
}

export interface QueueStatus {
  /** When it was so, by the clock of the database: ISO 8601 in UTC. */
  readonly at: string;
  readonly relay: {
    /** Some daemon's relay is reading, or asleep until it has something to read. */
    readonly active: boolean;
    /** Row changes that are committed and have not become events yet. */
    readonly changesWaiting: Count;
    /** When the first of them was made: ISO 8601 in UTC. */
    readonly oldestChangeAt: string | null;
    /** When the relay last moved on; it does so only when there is something new. */
    readonly movedAt: string | null;
  };
  readonly deliveries: {
    /** Also those that are being sent, and those that are held. */
    readonly due: Count;
    /** They wait for an earlier one of their record. */
    readonly behind: Count;
    /** They failed, and wait for their next attempt. */
    readonly waiting: Count;
    readonly nextDueAt: string | null;
  };
  /** One that is paused and disabled is disabled. */
  readonly endpoints: { readonly active: number; readonly paused: number; readonly disabled: number };
}

const changeRows = 10_000;
const deliveryRows = 100_000;

/** What waits where. Reads a bounded number of rows, whatever waits. */
export async function queueStatus(db: Queryable): Promise<QueueStatus> {
  const { rows } = await db.query<StatusRow>(statusSql, [changeRows, deliveryRows]);
  const row = rows[0]!;
  const count = (found: number): Count => ({ count: found, atLeast: found >= deliveryRows });
  return {
    at: row.at,
    relay: {
      active: row.relay_active,
      changesWaiting: { count: Number(row.changes), atLeast: row.change_rows >= changeRows || row.cut },
      oldestChangeAt: row.oldest_change_at,
      movedAt: row.moved_at,
    },
    deliveries: {
      due: count(row.due),
      behind: count(row.behind),
      waiting: count(row.waiting),
      nextDueAt: row.next_due_at,
    },
    endpoints: {
      active: row.endpoints_active,
      paused: row.endpoints_paused,
      disabled: row.endpoints_disabled,
    },
  };
}

interface StatusRow {
  at: string;
  relay_active: boolean;
  changes: string;
  change_rows: number;
  cut: boolean;
  oldest_change_at: string | null;
  moved_at: string | null;
  due: number;
  behind: number;
  waiting: number;
  next_due_at: string | null;
  endpoints_active: number;
  endpoints_paused: number;
  endpoints_disabled: number;
}

const iso = (expression: string): string =>
  `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * Whether a change `o` of the outbox is read, by the lane that has its capture. Ids from 2^62 on were given by the relay to changes of another cluster
 * (rebase.ts): `consumed` speaks of those until they are through, and `then_consumed` of all others.
 */
export const isRead = `exists (
      select from lane l
      where case when l.captures is null then o.capture_id <> all (array(select unnest(captures) from lane))
          else o.capture_id = any (l.captures) end
        and (o.seq <= l.last_seq and pg_visible_in_snapshot(o.xid, l.reading)
          or case when o.xid >= '4611686018427387904'::xid8
            then l.then_consumed is null or pg_visible_in_snapshot(o.xid, l.consumed)
            else pg_visible_in_snapshot(o.xid, coalesce(l.then_consumed, l.consumed)) end))`;

/**
 * The relay's windows, as its lanes read them: transactions that began after the last snapshot wrote higher seqs than floor_seq;
 * those that were open then are looked up one by one. The cursor's own lane is the hindmost, so all that waits lies behind its seq;
 * what others have read there is passed over, as far as the walk goes. Where it finds nothing so far, that says not that nothing waits:
 * the oldest is then given as old as what lies next to the cursor. The lock is the one that the active relay holds, see
 * rowhook.ring().
 */
export const lanesSql = `
with cursor as (
  select *, greatest(floor_seq, case when reading is null then 0 else last_seq end) as seq
  from rowhook.relay_cursor order by id desc limit 1
), lane as (
  select captures, consumed, reading, then_consumed, last_seq from cursor
  union all
  select l.captures, l.consumed, l.reading, l."thenConsumed", l."lastSeq"
  from cursor, jsonb_to_recordset(lanes)
    l(captures int[], consumed pg_snapshot, reading pg_snapshot, "thenConsumed" pg_snapshot, "lastSeq" bigint)
)`;

const statusSql = `${lanesSql}, walk as (
  select o.n, o.changed_at, o.seq, o.xid, o.capture_id from rowhook.outbox o
  where o.seq > coalesce((select seq from cursor), 0)
  order by o.seq limit 10 * $1
), fresh as (
  select o.n, o.changed_at from walk o where not ${isRead} order by o.seq limit $1
), late as (
  select o.n, o.changed_at from cursor c
  cross join lateral pg_snapshot_xip(c.consumed) t(xid)
  cross join lateral (
    select n, changed_at from rowhook.outbox o where o.xid = t.xid and o.seq <= c.seq order by o.seq limit $1
  ) o
), changes as (
  select * from fresh union all select * from late
)
select
  ${iso('clock_timestamp()')} as at,
  exists (select from pg_locks where locktype = 'advisory' and classid = 1919907688 and objid = 1 and objsubid = 2
    and granted and database = (select oid from pg_database where datname = current_database())) as relay_active,
  (select coalesce(sum(greatest(n, 1)), 0) from changes) as changes,
  (select count(*)::int from changes) as change_rows,
  (select count(*) = 10 * $1 from walk) as cut,
  coalesce((select ${iso('min(changed_at)')} from changes),
    (select case when count(*) = 10 * $1 then ${iso('min(changed_at)')} end from walk)) as oldest_change_at,
  (select ${iso('moved_at')} from cursor) as moved_at,
  (select count(*)::int from (select from rowhook.delivery limit $2) d) as due,
  (select count(*)::int from (select from rowhook.delivery_behind limit $2) d) as behind,
  (select count(*)::int from (select from rowhook.delivery_waiting limit $2) d) as waiting,
  (select ${iso('min(due_at)')} from rowhook.delivery_waiting) as next_due_at,
  (select count(*)::int from rowhook.endpoint where active and paused_at is null) as endpoints_active,
  (select count(*)::int from rowhook.endpoint where active and paused_at is not null) as endpoints_paused,
  (select count(*)::int from rowhook.endpoint where not active) as endpoints_disabled`;
