import { RowhookError } from '../errors.ts';
import { installLock } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';

interface Blocker {
  /** Null for a prepared transaction, which has no session any more. */
  pid: number | null;
  application: string | null;
  role: string | null;
  state: string | null;
  seconds: number | null;
  queryStart: Date | null;
  query: string | null;
  installation: boolean;
}

/**
 * The error for a table that was never free, which names the sessions that hold it now. Without pg_monitor another role's
 * session shows no more than its process id and application name.
 */
export async function lockTimeout(
  db: Queryable,
  tables: readonly string[],
  waitedMs: number,
  cause: unknown,
): Promise<RowhookError> {
  const blockers = await readBlockers(db, tables);
  const what = tables.length === 1 ? tables[0] : 'a table that is to be changed';
  const who =
    blockers.length === 0
      ? '  nobody holds it at this moment'
      : blockers.map((blocker) => `  ${describe(blocker)}`).join('\n');
  const sessions = blockers.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  return new RowhookError(
    'lock_timeout',
    `${what} could not be locked within ${Math.round(waitedMs / 1000)} s; it is held by\n${who}`,
    {
      where: tables.length === 1 ? tables[0] : undefined,
      fix:
        sessions.length === 0
          ? 'Run it again: nothing was done to this table.'
          : `Let it finish, or end it (select pg_terminate_backend(${sessions[0]})), and run this again: nothing was done to this table.`,
      cause,
    },
  );
}

/** Holders of a lock that is in the way of ours. Readers are in the way of a trigger's removal, but not of its creation. */
async function readBlockers(db: Queryable, tables: readonly string[]): Promise<Blocker[]> {
  const { rows } = await db.query<Blocker>(
    `with locked as (
       select coalesce(p.relid, to_regclass(t.name)) as relid
       from unnest($1::text[]) t(name) left join lateral pg_partition_tree(to_regclass(t.name)) p on true
     )
     select l.pid, a.application_name as application, a.usename as role, a.state,
       extract(epoch from clock_timestamp() - a.xact_start)::int as seconds,
       a.query_start as "queryStart", left(a.query, 200) as query,
       bool_or(l.locktype = 'advisory') as installation
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.granted and l.pid is distinct from pg_backend_pid()
       and l.database = (select oid from pg_database where datname = current_database())
       and (
         l.locktype = 'relation' and l.relation in (select relid from locked)
         or l.locktype = 'advisory' and l.objsubid = 1
           and (l.classid::bigint << 32 | l.objid::bigint) = ${installLock}
       )
     group by l.pid, a.application_name, a.usename, a.state, a.xact_start, a.query_start, a.query
     order by a.xact_start nulls last`,
    [tables],
  );
  return rows;
}

function describe({
  pid,
  application,
  role,
  state,
  seconds,
  queryStart,
  query,
  installation,
}: Blocker): string {
  if (pid === null) return 'a prepared transaction (see pg_prepared_xacts)';
  return [
    `process ${pid}`,
    application ? `application "${application}"` : 'no application name',
    ...(role ? [`role ${role}`] : []),
    ...(installation ? ['another installation of rowhook'] : []),
    ...(state ? [state] : []),
    ...(seconds === null ? [] : [`in a transaction for ${seconds} s`]),
    ...(queryStart
      ? [`last statement at ${queryStart.toISOString()}: ${(query ?? '').replace(/\s+/g, ' ')}`]
      : []),
  ].join(', ');
}
