import { lowestUuid, uuidTime } from '../uuid-time.ts';
import type { Queryable } from './sql.ts';

/*
 * Deliveries of one endpoint whose last attempt lies in a span and made them exhausted: a walk along (endpoint_id, id) of the attempts that
 * failed, in pieces of a bounded size, so that a piece costs the same however long the span and the history are (invariant 8).
 *
 * - Parameters: $1 the endpoint; $2 and $3 ids of attempts between which to look, both not included; $4 how many failed attempts a piece walks at most;
 *   $5 how many exhausted ones it looks at; $6 the lowest id of attempts that came later than was asked; $7 an id below those of all attempts
 *   that may be later ones.
 * - Each look-up is a subselect with a limit, so that no planner makes one scan over all attempts, or over the whole queue, of many of them.
 * - What is given as values is known when the statement is planned: days that cannot matter are left out of it.
 */

/** To be put behind `with`; `judged` has the exhausted ones and what is to be done with each, `piece` how far it came. */
export const judgedText = `
walk as materialized (
  select (select id from rowhook.attempt
           where endpoint_id = $1::bigint and id > $2::uuid and id < $3::uuid and verdict <> 'succeeded'
           order by id
          offset $4::int - 1 limit 1) as until
), exhausted as materialized (
  select id, delivery_id, event_id, number
    from rowhook.attempt
   where endpoint_id = $1::bigint and id > $2::uuid and id < $3::uuid
     and id <= coalesce((select until from walk), $3::uuid)
     and verdict = 'exhausted'
   order by id
   limit $5::int
), judged as materialized (
  select exhausted.*, event.record,
         case when later.id < $6::uuid then 'passed'
              when later.id is not null or event.id is null or coalesce(
                (select 1 from rowhook.delivery
                  where lane in (0, 1, 2) and endpoint_id = $1::bigint and id = exhausted.delivery_id limit 1),
                (select 1 from rowhook.delivery_waiting
                  where endpoint_id = $1::bigint and id = exhausted.delivery_id limit 1),
                (select 1 from rowhook.delivery_behind
                  where endpoint_id = $1::bigint and id = exhausted.delivery_id limit 1)) is not null then 'skipped'
              else 'failed' end as standing
    from exhausted
    left join lateral (
      select id
        from rowhook.attempt as next
       where next.delivery_id = exhausted.delivery_id and next.number > exhausted.number and next.id > $7::uuid
       order by next.number
       limit 1
    ) as later on true
    left join lateral (
      select id, resource || ':' || record_key as record
        from rowhook.event
       where event.id = exhausted.event_id and payload is not null
       limit 1
    ) as event on true
), piece as materialized (
  select case when (select count(*) from exhausted) = $5::int then (select id from exhausted order by id desc limit 1)
              else (select until from walk) end as reached
)`;

/** A part of an endpoint's history that is looked through for what failed. */
export interface Span {
  readonly endpointId: string;
  /** Attempts behind this id. */
  readonly after: string;
  /** Attempts before this id. */
  readonly before: string;
  /** Attempts from this id on came after somebody asked: what they changed is skipped, what others changed before was never meant. */
  readonly asked: string;
}

/** The values for `judgedText`. */
export function judgedValues(
  span: Span,
  most: { readonly walked: number; readonly exhausted: number },
): unknown[] {
  const { endpointId, after, before, asked } = span;
  // By the clocks of several machines: an hour is allowed for.
  const laterOnes = lowestUuid(new Date(uuidTime(after).getTime() - 3_600_000));
  return [endpointId, after, before, most.walked, most.exhausted, asked, laterOnes];
}

const countText = `
with ${judgedText}
select (select count(*) from judged where standing = 'failed')::int as failed, reached from piece`;

/** How far a count goes: there may be more. */
const countBounds = { deliveries: 100_000, ms: 2_000, walked: 10_000, exhausted: 1_000 };

/**
 * How many failed and can be redelivered. Counts only so many, and only for so long: with a hundred thousand nobody needs it exactly. Each
 * piece is a short statement.
 */
export async function countFailed(
  db: Queryable,
  span: Omit<Span, 'asked'>,
  bounds: typeof countBounds = countBounds,
): Promise<{ readonly count: number; readonly atLeast: boolean }> {
  const since = performance.now();
  let { after } = span;
  let count = 0;
  while (count < bounds.deliveries && performance.now() - since < bounds.ms) {
    const values = judgedValues({ ...span, after, asked: span.before }, bounds);
    const { rows } = await db.query<{ failed: number; reached: string | null }>(countText, values);
    const { failed, reached } = rows[0]!;
    count += failed;
    if (reached === null) {
      return { count: Math.min(count, bounds.deliveries), atLeast: count > bounds.deliveries };
    }
    after = reached;
  }
  return { count: Math.min(count, bounds.deliveries), atLeast: true };
}
