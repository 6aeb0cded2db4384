import type { Queryable } from './sql.ts';

/** An endpoint that is not as it was: what it is now, as a text to compare. */
export interface ChangedEndpoint {
  readonly id: string;
  readonly now: string;
}

// Rows that were written by a transaction which had not ended in an earlier snapshot: so no late commit is missed, whatever the clocks say.
// Ages are compared, not ids: these start anew after four billion. A keeper writes its row all the time, and changes nothing that anybody
// is shown.
const changedText = `
with changed as (
  select id from rowhook.endpoint where age(xmin) between 0 and age($1::xid)
  union
  select endpoint_id from rowhook.endpoint_health where age(xmin) between 0 and age($1::xid)
)
select endpoint.id::text,
       concat_ws(' ', endpoint.xmin, failures, failing_since, open_until, paused_until, throttle) as now
  from changed
  join rowhook.endpoint on endpoint.id = changed.id
  left join rowhook.endpoint_health as health on health.endpoint_id = endpoint.id
union all
select endpoint_id::text, 'deleted'
  from (select endpoint_id, deleted, changed_at from rowhook.endpoint_change order by id desc limit 200) as latest
 where deleted and changed_at > now() - interval '1 minute'`;

/**
 * Endpoints whose row or health was written since a moment. Two walks over the endpoints, of which there are thousands at most.
 * @param since what the call before returned as `at`
 */
export async function changedEndpoints(
  db: Queryable,
  since: string,
): Promise<{ readonly at: string; readonly changed: readonly ChangedEndpoint[] }> {
  // The moment first: what is committed in between is told twice rather than not at all.
  const at = await momentNow(db);
  const { rows } = await db.query<ChangedEndpoint>(changedText, [since]);
  return { at, changed: rows };
}

/** A moment, as the oldest transaction that had not ended by then. */
export async function momentNow(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ at: string }>(
    'select pg_snapshot_xmin(pg_current_snapshot())::xid::text as at',
  );
  return rows[0]!.at;
}
