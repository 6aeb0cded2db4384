import type { Session } from '../queue/session.ts';
import {
  failuresOfDays,
  firstPauseMs,
  longestPauseMs,
  type Note,
  opensAfter,
  throttleMax,
  throttleMin,
} from './breaker.ts';

/** How an endpoint is doing, after something was noted of it. */
export interface Standing {
  readonly endpointId: string;
  /** In a row, over all daemons. */
  readonly failures: number;
  /** Nothing is to be sent for now: its breaker is open, or it asked for a pause. */
  readonly waits: boolean;
  /** This note has opened its breaker, or closed it. */
  readonly turned: 'opened' | 'closed' | null;
  /** Requests a second; null: as fast as its limits let it. */
  readonly throttle: number | null;
  /** It has failed for days, and often. */
  readonly failing: boolean;
  /** Nothing is left to note a success for. */
  readonly well: boolean;
}

// One statement, so that the notes of several daemons add up, and apart from the recording of attempts, which waits for nobody's row.
// A row that is locked is skipped, and so is one that another daemon has just made: they are noted later. All by the database's
// clock. A success closes the breaker, whatever it was of, and everything goes at full speed again.
//
// The throttle rises by half of a successful request for as many successes as it lets through: half a request a second, each second.
const text = `
with noted as materialized (
  select *
    from unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::float8[], $6::boolean[], $7::text[])
      as noted (endpoint_id, successes, fails, of_one, pause_ms, slow_down, probe)
), held as materialized (
  select health.*
    from rowhook.endpoint_health as health
   where health.endpoint_id in (select endpoint_id from noted)
   order by health.endpoint_id
     for update skip locked
), before as (
  select noted.*, endpoint.rate, held.endpoint_id is not null as known,
         held.failing_since, held.open_until, held.paused_until, held.throttle, held.throttled_at,
         coalesce(held.probes, 0) as probes,
         noted.fails + case when noted.successes > 0 then 0 else coalesce(held.failures, 0) end as failures,
         held.open_until is not null and noted.successes = 0 as is_open,
         noted.slow_down and held.throttled_at > now() - interval '1 second' is not true as slows
    from noted
    join rowhook.endpoint on endpoint.id = noted.endpoint_id
    left join held on held.endpoint_id = noted.endpoint_id
   where held.endpoint_id is not null
      or not exists (select from rowhook.endpoint_health as any_row where any_row.endpoint_id = noted.endpoint_id)
), judged as (
  select endpoint_id, known, failures, open_until as was_open_until,
         case when failures = 0 then null
              when successes > 0 then now()
              when fails > 0 then coalesce(failing_since, now())
              else failing_since
         end as failing_since,
         case when failures = 0 then null
              when is_open and probe = 'failed'
                then now() + least(${longestPauseMs}, ${firstPauseMs} * power(2, least(probes, 20) + 1)) * interval '1 millisecond'
              when is_open and probe = 'unsent' then now()
              when is_open then open_until
              when fails > 0 and failures >= ${opensAfter} and failures > of_one
                then now() + ${firstPauseMs} * interval '1 millisecond'
         end as open_until,
         case when not is_open then 0
              when probe = 'failed' then probes + 1
              else probes
         end as probes,
         greatest(
           case when paused_until > now() then paused_until end,
           case when pause_ms > 0 then now() + pause_ms * interval '1 millisecond' end
         ) as paused_until,
         case when is_open then throttle
              when slows then greatest(${throttleMin}, least(throttle, rate, ${throttleMax}) / 2)
              when open_until is not null then null
              when throttle + successes / (2 * throttle) > least(rate, ${throttleMax}) then null
              else throttle + successes / (2 * throttle)
         end as throttle,
         case when slows and not is_open then now() else throttled_at end as throttled_at
    from before
), updated as (
  update rowhook.endpoint_health as health
     set failures = judged.failures, failing_since = judged.failing_since, open_until = judged.open_until, probes = judged.probes,
         paused_until = judged.paused_until, throttle = judged.throttle, throttled_at = judged.throttled_at
    from judged
   where judged.known and health.endpoint_id = judged.endpoint_id
  returning health.endpoint_id
), made as (
  insert into rowhook.endpoint_health
    (endpoint_id, failures, failing_since, open_until, probes, paused_until, throttle, throttled_at)
  select endpoint_id, failures, failing_since, open_until, probes, paused_until, throttle, throttled_at
    from judged
   where not known and (failures > 0 or paused_until is not null or throttle is not null)
   -- Each waits for whoever is making the same row: all in one order.
   order by endpoint_id
  on conflict do nothing
  returning endpoint_id
)
select judged.endpoint_id::text as "endpointId", judged.failures, judged.throttle,
       judged.open_until > now() is true or judged.paused_until is not null as waits,
       case when judged.open_until is not null and judged.was_open_until is null then 'opened'
            when judged.open_until is null and judged.was_open_until is not null then 'closed'
       end as turned,
       judged.failures >= ${failuresOfDays}
         and judged.failing_since <= now() - $8::float8 * interval '1 day' is true as failing,
       judged.failures = 0 and judged.paused_until is null and judged.throttle is null as well
  from judged
 where judged.known
    or judged.endpoint_id in (select endpoint_id from made)
    or (judged.failures = 0 and judged.paused_until is null and judged.throttle is null)`;

// What was left out though its endpoint is there: its row was locked, or somebody has just made it.
const leftText = `
select id::text as "endpointId" from rowhook.endpoint where id = any ($1::bigint[])`;

/**
 * Notes of endpoints what the ends of requests say of them, at most one note for each.
 * @param disableAfterDays after so many days of failures an endpoint counts as failing
 * @returns how they stand, and the ids of those that could not be noted now, and can later. Endpoints that are gone are in neither
 */
export async function noteHealth(
  session: Session,
  notes: readonly Note[],
  disableAfterDays: number,
): Promise<{ standings: Standing[]; left: Set<string> }> {
  const column = <T>(value: (each: Note) => T): T[] => notes.map(value);
  const { rows: standings } = await session.query<Standing>({ name: 'rowhook note health', text }, [
    column((each) => each.delivery.endpointId),
    column((each) => each.successes),
    column((each) => each.failures),
    column((each) => each.ofOne),
    column((each) => each.pauseMs),
    column((each) => each.slowDown),
    column((each) => each.probe),
    disableAfterDays,
  ]);
  const done = new Set(standings.map((each) => each.endpointId));
  const missing = column((each) => each.delivery.endpointId).filter((id) => !done.has(id));
  if (missing.length === 0) return { standings, left: new Set() };
  const { rows } = await session.query<{ endpointId: string }>({ text: leftText }, [missing]);
  return { standings, left: new Set(rows.map((row) => row.endpointId)) };
}
