import type { Queryable } from '../store/sql.ts';

export interface Sample {
  /** Others' sessions at work. */
  readonly backends: number;
  /** The counter of transaction ids, for the next sample. */
  readonly ids: number;
}

// Sessions of others, of all databases of the server, that are in the middle of something:
// - a statement that runs. Not one that waits for a lock or for its client: that is no load.
// - a transaction that has begun to write since the last sample, whether or not a statement runs at this moment. At
//   saturation a backend looks idle while the next statement already lies in its socket: of 16 busy pgbench clients on two
//   cores 3 were "active", and 12 in such a transaction. One that was begun earlier, and idles, is no load.
//
// An ordinary role is not shown the state of other roles' sessions, nor what kind they are; but everybody is shown backend_xid
// and backend_xmin. A backend has an xmin while it runs a statement (or idles in a repeatable-read transaction, which
// cannot be told apart then), and an xid while it writes and commits. 'disabled' is what track_activities = off shows.
//
// Ours are those under this session's application_name, of whatever daemon. Background workers have no database or no user.
//
// pg_stat_get_activity is what pg_stat_activity reads, without its joins: 0.07 ms of the server's time with 20 sessions. pg_locks would
// take all partitions of the lock table, in the application's way. age('3') is the counter of transaction ids, modulo 2^32: 3 is the
// first normal one.
const text = `
select age('3'::xid) as ids, count(*) filter (where
    case when coalesce(state, 'disabled') = 'disabled' then backend_xmin is not null or is_young
         when wait_event_type = 'Lock' then false
         else (state = 'active' and wait_event_type is distinct from 'Client') or is_young
    end)::int as backends
  from pg_stat_get_activity(null) as activity
 cross join lateral (
    select coalesce(age(backend_xid) <= (age('3'::xid)::bigint - $1::bigint + 4294967296) % 4294967296, false) as is_young
  ) as young
 where datid is not null and usesysid is not null
   and coalesce(backend_type, 'client backend') = 'client backend'
   and application_name is distinct from current_setting('application_name')`;

/** @param ids of the sample before, if there was one */
export async function takeSample(db: Queryable, ids: number | null): Promise<Sample> {
  const { rows } = await db.query<Sample>({ name: 'rowhook_load', text, values: [ids] });
  // One row, always: it is an aggregate.
  return rows[0]!;
}
