import type { Step } from './delivery-steps.ts';
import type { Queryable } from './sql.ts';

/** A delivery that something may have happened to. */
export interface Noticed extends Pick<Step, 'id' | 'endpointId' | 'eventId'> {
  /** Of its latest attempt; or its own, before the first one. */
  readonly place: string;
  /** Somebody put it back: that makes no attempt, and its id is as old as ever. */
  readonly byHand: boolean;
}

/** Redelivered by hand, so that their own ids tell nothing of when: the newest of each endpoint. */
const byHandMost = 20;

// Along (endpoint_id, id) of each part, from its end: what was tried or made since a moment, and what somebody put back by hand. The bound on
// the ids leaves out the days before. By the name of its table: `id` alone would be the column that is selected as that.
const noticedText = `
select noticed.id, endpoint.id::text as "endpointId", noticed.event_id as "eventId", noticed.place, noticed.by_hand as "byHand"
  from unnest($1::bigint[], $2::uuid[]) as endpoint (id, since)
 cross join lateral (
    (select delivery_id as id, event_id, id as place, false as by_hand from rowhook.attempt
      where endpoint_id = endpoint.id and id >= endpoint.since and id >= $3::uuid order by attempt.id desc limit $4)
    union all
    (select id, event_id, id, false from rowhook.delivery
      where lane = 0 and endpoint_id = endpoint.id and id >= endpoint.since order by id desc limit $4)
    union all
    (select id, event_id, id, true from rowhook.delivery
      where lane = 2 and endpoint_id = endpoint.id order by id desc limit ${byHandMost})
    union all
    (select id, event_id, id, false from rowhook.delivery_behind
      where endpoint_id = endpoint.id and id >= endpoint.since order by id desc limit $4)
 ) as noticed
 order by noticed.place desc
 limit $4`;

/** Since when to look at an endpoint: a UUIDv7. */
export interface Watched {
  readonly endpointId: string;
  readonly since: string;
}

/**
 * Deliveries of these endpoints that were tried or made since, the latest first: a few steps along indexes for each endpoint.
 * @param most so many in all; there may be more where there are that many
 */
export async function noticedOf(
  db: Queryable,
  watched: readonly Watched[],
  most: number,
): Promise<Noticed[]> {
  if (watched.length === 0) return [];
  const since = watched.map((each) => each.since);
  const { rows } = await db.query<Noticed>(noticedText, [
    watched.map(({ endpointId }) => endpointId),
    since,
    since.reduce((lowest, each) => (each < lowest ? each : lowest)),
    most,
  ]);
  return rows;
}

// Deliveries have ids by time, and attempts an index by delivery: the latest made are its end, whichever endpoints they are of.
const freshText = `
select delivery_id as id, endpoint_id::text as "endpointId", event_id as "eventId", id as place, false as "byHand"
  from rowhook.attempt
 where delivery_id >= $1::uuid and id >= $1::uuid
 order by delivery_id desc
 limit $2`;

/** Deliveries of any endpoint that were made since, and tried; the latest made first. One walk along an index. */
export async function freshOnes(db: Queryable, since: string, most: number): Promise<Noticed[]> {
  const { rows } = await db.query<Noticed>(freshText, [since, most]);
  return rows;
}

/** The ids of all endpoints. */
export async function endpointIds(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select id::text from rowhook.endpoint order by endpoint.id',
  );
  return rows.map(({ id }) => id);
}
