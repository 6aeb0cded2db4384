import { sameDelivery, sameKey } from './same-row.ts';

/*
 * The statement that leases. It walks each lane of the queue by endpoint, never along one list, so that the backlog of one is no work for
 * the others (invariants 7 and 8).
 *
 * - Parameters: $1 lane, $2 wanted, $3 after_endpoint of each turn; $4 lane, $5 endpoint_id, $6 room, $7 after_id of each known lane;
 *   $8 keeper; $9 lease; $10 the default timeout and $11 the margin in milliseconds; $12 suspicious ones too; $13 room of others, only
 *   where all endpoints are asked for.
 * - picked is materialized, and locks inside the lateral limits: a planner that joins and limits in another order would lock rows that
 *   nobody then claims. It waits for no lock, but for a claim that makes the health row of the same endpoint at the same moment.
 * - now() is that of the database, on every machine.
 * - Slots are compared as "slot + 0", here and in whatever else locks rows of the queue: that leaves no partition out while it runs. Postgres 18.4
 *   crashes where it does so after it has looked again at a row that somebody changed meanwhile (EvalPlanQual).
 */

/** Endpoints in the queue, from the turn on and around: a descent of the index for each, and the limit ends the walk. */
const walked = `
with recursive walk (endpoint_id, until) as (
  select turn.after_endpoint, 9223372036854775807
   union all
  select next.endpoint_id, next.until
    from walk
   cross join lateral (
      select * from (
        (select endpoint_id, walk.until
           from rowhook.delivery
          where lane = turn.lane and endpoint_id > walk.endpoint_id and endpoint_id <= walk.until
          order by endpoint_id limit 1)
        union all
        (select endpoint_id, turn.after_endpoint
           from rowhook.delivery
          where lane = turn.lane and endpoint_id <= turn.after_endpoint and walk.until > turn.after_endpoint
          order by endpoint_id limit 1)
      ) as first
      limit 1
   ) as next
)
select walk.endpoint_id, coalesce((rooms.known ->> (turn.lane || ':' || walk.endpoint_id))::int, $13::int) as room,
       '00000000-0000-0000-0000-000000000000'::uuid as after_id
  from walk
offset 1`;

/** The endpoints that are known here, in turn. What lies before after_id is left out: dead rows may pile up there (invariant 8). */
const known = `
select endpoint_id, room, coalesce(after_id, '00000000-0000-0000-0000-000000000000') as after_id
  from unnest($4::smallint[], $5::bigint[], $6::int[], $7::uuid[]) as known (lane, endpoint_id, room, after_id)
 where known.lane = turn.lane
 order by endpoint_id <= turn.after_endpoint, endpoint_id`;

/**
 * What may be sent to an endpoint now. Whether its keeper, or the one who probes it, is this dispatcher is decided later, under a lock.
 * Of a record only the earliest is due; a few more are looked at, because those behind it are met here too, and put away.
 */
const due = `
select delivery.lane, delivery.slot, delivery.endpoint_id, delivery.id, delivery.record, delivery.attempts, delivery.starts,
       able.ordering, able.room, able.kept, able.lease_ms, able.gated
  from (
    -- By itself, so that no planner begins with all endpoints instead of those that were reached.
    select endpoint.id, endpoint.ordering, limits.*,
           limits.open or limits.kept and (health.keeper = $8::uuid
             and health.kept_until >= now() + limits.lease_ms * interval '1 millisecond') is not true as gated
      from rowhook.endpoint
      left join rowhook.endpoint_health as health on health.endpoint_id = any (array[endpoint.id])
     cross join lateral (
        select coalesce(endpoint.timeout_ms, $10::int) + 2 * $11::int as lease_ms, health.open_until is not null as open,
               endpoint.concurrency is not null or endpoint.rate is not null or health.throttle is not null as kept,
               case when health.open_until is null
                 then least(reached.room, endpoint.concurrency, floor(least(endpoint.rate, health.throttle) * $11::int / 1000)::int + 1)
                 else least(reached.room, 1) end as room
      ) as limits
     where endpoint.id = reached.endpoint_id
       and endpoint.active
       and endpoint.paused_at is null
       and (health.paused_until is null or health.paused_until <= now())
       and (health.open_until is null or health.open_until <= now())
       and (not limits.kept or health.keeper is null or health.keeper = $8::uuid or health.kept_until < now())
    offset 0
  ) as able
 cross join lateral (
    select *
      from rowhook.delivery
     where delivery.lane = turn.lane
       and delivery.endpoint_id = able.id
       and delivery.id > reached.after_id
       and (delivery.lease is null or delivery.leased_until < now())
       and ($12::boolean or delivery.starts - delivery.attempts < 2)
     order by delivery.id
     limit case when able.ordering = 'none' or able.room = 0 then able.room else able.room + 16 end
       for no key update skip locked
  ) as delivery`;

/** @param full all endpoints in the queue; else those that are known here */
export const claimText = (full: boolean): string => `
with turn as (
  select * from unnest($1::smallint[], $2::int[], $3::bigint[]) as turn (lane, wanted, after_endpoint)
), rooms as materialized (
  select coalesce(jsonb_object_agg(lane || ':' || endpoint_id, room), '{}') as known
    from unnest($4::smallint[], $5::bigint[], $6::int[], $7::uuid[]) as known (lane, endpoint_id, room, after_id)
), picked as materialized (
  select found.*
    from turn
   cross join rooms
   cross join lateral (
      select due.*,
             case when due.record is null or due.ordering = 'none' then 1
               else rowhook.record_turn(due.endpoint_id, due.record, due.id) end as its_turn
        from (${full ? walked : known}) as reached
       cross join lateral (${due}) as due
       limit turn.wanted
   ) as found
), gate as materialized (
  -- Under a lock, and as the row is then: of several dispatchers one keeps the endpoint, and one sends the probe.
  select endpoint_id, open_until is not null as open
    from rowhook.endpoint_health as health
   where endpoint_id = any (array(select endpoint_id from picked where its_turn = 1 and gated))
     and (health.open_until is null or health.open_until <= now())
     and (health.keeper is null or health.keeper = $8::uuid or health.kept_until < now())
     for no key update skip locked
), kept as (
  insert into rowhook.endpoint_health (endpoint_id, keeper, kept_until)
  select distinct endpoint_id, $8::uuid, now() + (lease_ms + 2000) * interval '1 millisecond'
    from picked
   where its_turn = 1 and kept
     and not exists (select from rowhook.endpoint_health as health where ${sameKey('health', 'picked', ['endpoint_id'])})
   order by endpoint_id
  on conflict do nothing
  returning endpoint_id
), chosen as materialized (
  select picked.*, coalesce(gate.open, false) as probe,
         row_number() over (partition by picked.endpoint_id, case when gate.open then 0 else picked.lane end
                            order by picked.lane, picked.id) as n
    from picked
    left join gate on gate.endpoint_id = picked.endpoint_id
   where its_turn = 1
     and (not picked.gated or gate.endpoint_id is not null
          or exists (select from kept where kept.endpoint_id = picked.endpoint_id))
), passed as (
  -- kept_until is never before the end of a lease, and written every two seconds at most.
  update rowhook.endpoint_health as health
     set keeper = case when chosen.kept then $8::uuid else health.keeper end,
         kept_until = case when chosen.kept then now() + (lease_ms + 2000) * interval '1 millisecond'
                      else health.kept_until end,
         open_until = case when chosen.probe then now() + lease_ms * interval '1 millisecond' end
    from chosen
   where chosen.n = 1
     and ${sameKey('health', 'chosen', ['endpoint_id'])}
     and exists (select from gate where gate.endpoint_id = chosen.endpoint_id)
), leased as (
  update rowhook.delivery
     set lease = $9::uuid,
         leased_until = now() + chosen.lease_ms * interval '1 millisecond',
         starts = delivery.starts + case when delivery.starts - delivery.attempts < 2 then 1 else 0 end
    from chosen
   where ${sameDelivery('delivery', 'chosen')}
     and delivery.slot + 0 = chosen.slot
     and chosen.n <= case when chosen.probe then 1 else chosen.room end
  returning delivery.lane, delivery.slot, delivery.endpoint_id, delivery.id, delivery.event_id, delivery.record,
            delivery.attempts, delivery.starts, chosen.starts < delivery.starts as counted, chosen.probe
), later as materialized (
  -- What lies behind one of these lies behind the same earlier one, which cannot end before we have.
  select later.endpoint_id, later.id, later.lane, later.slot
    from (
      select endpoint_id, record, min(id::text)::uuid as id
        from picked
       where its_turn = 2
       group by 1, 2
    ) as met
   cross join lateral (
      select endpoint_id, id, lane, slot
        from rowhook.delivery
       where delivery.endpoint_id = met.endpoint_id
         and delivery.record = met.record
         and delivery.id >= met.id
         and (delivery.lease is null or delivery.leased_until < now())
       order by delivery.id
       limit 200
         for update skip locked
   ) as later
   limit 500
), taken as (
  delete from rowhook.delivery
   using later
   where ${sameDelivery('delivery', 'later')}
     and delivery.slot + 0 = later.slot
  returning delivery.endpoint_id, delivery.record, delivery.id, delivery.event_id, delivery.lane, delivery.attempts
), behind as (
  insert into rowhook.delivery_behind (endpoint_id, record, id, event_id, lane, attempts)
  select * from taken
)
select leased.lane, leased.slot, leased.endpoint_id::text as "endpointId", leased.id, leased.event_id as "eventId", leased.record,
       leased.attempts, leased.starts, leased.counted, leased.probe,
       -- Once, with the first one of an endpoint: most of them have several.
       case when lag(leased.endpoint_id) over in_turn is distinct from leased.endpoint_id then json_build_object(
         'url', endpoint.url, 'secret', endpoint.secret, 'dialect', endpoint.dialect, 'oldSecrets', endpoint.old_secrets,
         'version', endpoint.xmin::text,
         'unwell', coalesce(health.failures > 0 or health.open_until is not null or health.paused_until is not null
                            or health.throttle is not null, false),
         'settings', json_build_object(
           'concurrency', endpoint.concurrency, 'rate', least(endpoint.rate, health.throttle), 'timeoutMs', endpoint.timeout_ms,
           'schedule', endpoint.schedule, 'ordering', endpoint.ordering, 'headers', endpoint.headers,
           'clientCertificate', endpoint.client_certificate, 'clientKey', endpoint.client_key, 'ca', endpoint.ca,
           'proxy', endpoint.proxy)) end as endpoint,
       exists (select from later) as "putAway"
  from (values (1)) as one
  left join leased on true
  left join turn on turn.lane = leased.lane
  left join rowhook.endpoint on endpoint.id = any (array[leased.endpoint_id])
  left join rowhook.endpoint_health as health on ${sameKey('health', 'leased', ['endpoint_id'])}
 window in_turn as (order by leased.lane, leased.endpoint_id <= turn.after_endpoint, leased.endpoint_id, leased.id)
 order by leased.lane, leased.endpoint_id <= turn.after_endpoint, leased.endpoint_id, leased.id`;
