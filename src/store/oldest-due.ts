import type { Queryable } from './sql.ts';

export interface OldestDue {
  /** Seconds for which the delivery has been due that waits the longest to be sent to an endpoint that is not held; 0: none waits. */
  readonly seconds: number;
  /** The next delivery of some active endpoint is being sent, or the one before was not longer ago than a slow rate asks for. */
  readonly sending: boolean;
}

/** More endpoints than these are not looked at: the walk is to stay short. */
const mostEndpoints = 1_000;

// The first delivery of each endpoint in each lane, one descent of the primary key each: it is the one that is sent next, or is being sent. The
// first try is due from the id's time on, a retry as its last attempt said; what was redelivered by hand says nothing. None was due
// before its endpoint became what it is: it may have been inactive. Whoever has a rate of some a second has the next one claimed already; below
// one a second nothing is being sent most of the time, and yet nothing is wrong.
const text = `
with first as materialized (
  select d.id, d.attempts, d.lease is not null and d.leased_until >= now() as sending, e.updated_at, d.leased_until,
    case when e.rate < 1 then (
      select a.started_at from rowhook.attempt a where a.endpoint_id = e.id order by a.id desc limit 1
    ) > now() - (2 / e.rate) * interval '1 second' else false end as pacing
  from (
    select e.id, e.updated_at, e.rate
      from rowhook.endpoint e
      left join rowhook.endpoint_health h on h.endpoint_id = e.id
     where e.active and e.paused_at is null
       and (h.open_until is null or h.open_until <= now())
       and (h.paused_until is null or h.paused_until <= now())
     order by e.id limit $1
  ) e
  cross join (values (0), (1), (2)) q (lane)
  cross join lateral (select * from rowhook.delivery d where d.lane = q.lane and d.endpoint_id = e.id order by d.id limit 1) d
)
select coalesce(max(extract(epoch from now() - greatest(since, updated_at, leased_until))) filter (where not sending and since is not null), 0)::float8
    as seconds,
  coalesce(bool_or(sending or pacing), false) as sending
from (
  select f.*, case when f.attempts = 0
      then to_timestamp(('x0000' || replace(left(f.id::text, 13), '-', ''))::bit(64)::bigint / 1000.0)
      else (select a.due_at from rowhook.attempt a where a.delivery_id = f.id order by a.number desc limit 1)
    end as since
  from first f
) f`;

/** How long what is due has been waiting. Reads a row of each active endpoint, of 1,000 at most, whatever waits (invariant 8). */
export async function oldestDue(db: Queryable): Promise<OldestDue> {
  const { rows } = await db.query<OldestDue>(text, [mostEndpoints]);
  const { seconds, sending } = rows[0]!;
  return { seconds: Math.max(0, seconds), sending };
}
