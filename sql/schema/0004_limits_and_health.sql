-- Schema version 4: what an endpoint may be sent at a time, how it is doing, and a queue that stays small whatever else is going on.

-- Endpoints -------------------------------------------------------------------------------------------------------

alter table rowhook.endpoint
  add column paused_at timestamptz,
  add column concurrency int constraint endpoint_concurrency check (concurrency between 1 and 1000),
  add column rate real constraint endpoint_rate check (rate > 0 and rate <= 10000),
  add column timeout_ms int constraint endpoint_timeout check (timeout_ms between 100 and 60000),
  add column schedule int[],
  add column ordering text not null default 'none' constraint endpoint_ordering check (ordering in ('none', 'record')),
  add column headers text,
  add column client_certificate text,
  add column client_key text,
  add column ca text,
  add column proxy text;
comment on column rowhook.endpoint.active is 'While false it is disabled: it gets no new deliveries, and those that wait are held.';
comment on column rowhook.endpoint.paused_at is 'Since when a person holds its deliveries; it goes on getting new ones, which are held too.';
comment on column rowhook.endpoint.concurrency is 'Requests at a time, over all daemons; null: as each daemon is configured.';
comment on column rowhook.endpoint.rate is 'Requests begun a second, over all daemons; null: no limit.';
comment on column rowhook.endpoint.timeout_ms is 'Deadline of a whole request; null: as the daemon is configured.';
comment on column rowhook.endpoint.schedule is 'Milliseconds from each failed attempt to the next; empty: no retry; null: as the dialect has it.';
comment on column rowhook.endpoint.ordering is
  'record: one delivery of a record at a time, later ones wait until earlier ones have succeeded or are exhausted.';
comment on column rowhook.endpoint.headers is 'Headers of its own, a JSON array of [name, value]; sealed where a key is configured.';
comment on column rowhook.endpoint.client_certificate is 'PEM: what it is shown of us (mTLS).';
comment on column rowhook.endpoint.client_key is 'PEM: the key of the client certificate; sealed where a key is configured.';
comment on column rowhook.endpoint.ca is 'PEM: who may have signed its certificate, instead of the authorities that the system trusts.';
comment on column rowhook.endpoint.proxy is 'URL of the proxy that requests go through; sealed where a key is configured, as it may hold a password.';

create table rowhook.endpoint_health (
  endpoint_id bigint primary key,
  failures int not null default 0,
  failing_since timestamptz,
  open_until timestamptz,
  probes int not null default 0,
  paused_until timestamptz,
  throttle real,
  throttled_at timestamptz,
  keeper uuid,
  kept_until timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
comment on table rowhook.endpoint_health is
  'How an endpoint is doing, for all daemons at once. No row: well. Apart from endpoint, which people change. Written when something changes, never for a success of one that is well.';
comment on column rowhook.endpoint_health.failures is 'Requests that failed since the last one that succeeded.';
comment on column rowhook.endpoint_health.failing_since is 'When the first of these failed.';
comment on column rowhook.endpoint_health.open_until is 'The breaker is open: nothing goes out before, and then one probe. Null: closed.';
comment on column rowhook.endpoint_health.probes is 'Probes that failed since it opened: the pause grows with them.';
comment on column rowhook.endpoint_health.paused_until is 'The receiver asked for a pause (Retry-After).';
comment on column rowhook.endpoint_health.throttle is 'Requests a second, after the receiver answered 429 or 503; null: as fast as its limits let it.';
comment on column rowhook.endpoint_health.keeper is 'The dispatcher that alone claims for it until kept_until: limits hold over all daemons because one keeps them.';

create table rowhook.endpoint_change (
  id bigint primary key generated always as identity,
  endpoint_id bigint not null,
  changed_at timestamptz not null default clock_timestamp(),
  url text not null,
  events text[] not null,
  tenant text,
  active boolean not null,
  disabled_reason text,
  paused boolean not null,
  deleted boolean not null default false,
  dropped int
);
comment on table rowhook.endpoint_change is
  'What an endpoint was from then on: a row for each change that matters to whether it gets an event. Tells later why one was not delivered.';
comment on column rowhook.endpoint_change.dropped is 'How many held deliveries were dropped, where that is the change.';
create index endpoint_change_endpoint on rowhook.endpoint_change (endpoint_id, id);
create index endpoint_change_time on rowhook.endpoint_change (changed_at);

insert into rowhook.endpoint_change (endpoint_id, changed_at, url, events, tenant, active, disabled_reason, paused)
select id, created_at, url, events, tenant, active, disabled_reason, false from rowhook.endpoint order by id;

create function rowhook.note_endpoint() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    insert into rowhook.endpoint_change (endpoint_id, url, events, tenant, active, disabled_reason, paused, deleted)
    values (old.id, old.url, old.events, old.tenant, false, old.disabled_reason, old.paused_at is not null, true);
    return null;
  end if;
  if tg_op = 'UPDATE' then
    if (old.url, old.events, old.tenant, old.active, old.disabled_reason, old.paused_at is null)
      is not distinct from (new.url, new.events, new.tenant, new.active, new.disabled_reason, new.paused_at is null) then
      return null;
    end if;
  end if;
  insert into rowhook.endpoint_change (endpoint_id, url, events, tenant, active, disabled_reason, paused)
  values (new.id, new.url, new.events, new.tenant, new.active, new.disabled_reason, new.paused_at is not null);
  return null;
end
$$;
revoke all on function rowhook.note_endpoint() from public;
create trigger note_endpoint after insert or update or delete on rowhook.endpoint
  for each row execute function rowhook.note_endpoint();

-- The queue -------------------------------------------------------------------------------------------------------

-- By lane first, so that first tries, retries and manual redeliveries are three queues. In two slots: while a transaction of somebody
-- else holds vacuum back, the dead rows of one are got rid of by turning to the other and emptying the first by TRUNCATE.
alter table rowhook.delivery rename to delivery_before;
alter index rowhook.delivery_pkey rename to delivery_before_pkey;
create table rowhook.delivery (
  lane smallint not null default 0,
  endpoint_id bigint not null,
  id uuid not null,
  slot smallint not null default 0,
  event_id uuid not null,
  attempts int not null default 0,
  starts int not null default 0,
  lease uuid,
  leased_until timestamptz,
  record text,
  primary key (lane, endpoint_id, id, slot)
) partition by list (slot);
comment on table rowhook.delivery is
  'Deliveries that are due now: narrow rows that are leased and then deleted. What happened is in rowhook.attempt.';
comment on column rowhook.delivery.lane is '0 first tries, 1 retries, 2 redelivered by hand.';
comment on column rowhook.delivery.slot is 'Which half of the queue it lies in; new ones go where rowhook.delivery_slot says.';
comment on column rowhook.delivery.attempts is 'Requests made for it so far.';
comment on column rowhook.delivery.starts is 'Times it was begun: more than attempts when a process died while sending.';
comment on column rowhook.delivery.lease is 'Who sends it: every finish names its lease, a stale one changes nothing.';
comment on column rowhook.delivery.record is 'resource:key, where its endpoint is sent one delivery of a record at a time; null else.';
create table rowhook.delivery_0 partition of rowhook.delivery for values in (0)
  with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
create table rowhook.delivery_1 partition of rowhook.delivery for values in (1)
  with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
create index delivery_record on rowhook.delivery (endpoint_id, record, id) where record is not null;
insert into rowhook.delivery (lane, endpoint_id, id, slot, event_id, attempts, starts, lease, leased_until)
select case when attempts > 0 then 1 else 0 end, endpoint_id, id, 0, event_id, attempts, starts, lease, leased_until
  from rowhook.delivery_before;
drop table rowhook.delivery_before;

create table rowhook.delivery_slot (
  slot smallint not null,
  turned_at timestamptz not null default now()
);
comment on table rowhook.delivery_slot is 'One row: where new deliveries go.';
comment on column rowhook.delivery_slot.turned_at is 'Since when they go there.';
insert into rowhook.delivery_slot (slot) values (0);

alter table rowhook.delivery_waiting add column record text;
comment on column rowhook.delivery_waiting.record is 'As in rowhook.delivery.';
create index delivery_waiting_record on rowhook.delivery_waiting (endpoint_id, record, id) where record is not null;

create table rowhook.delivery_behind (
  endpoint_id bigint not null,
  record text not null,
  id uuid not null,
  event_id uuid not null,
  lane smallint not null,
  attempts int not null,
  primary key (endpoint_id, record, id)
);
create index delivery_behind_delivery on rowhook.delivery_behind (endpoint_id, id);
comment on table rowhook.delivery_behind is
  'Deliveries that wait for an earlier one of their record, where the endpoint is sent one at a time. Whoever ends that one puts the next into the queue.';
comment on column rowhook.delivery_behind.lane is 'Where it goes back to.';

-- Order within a record. Each statement of these functions sees what was committed before it, which one statement as a whole would not: what
-- is decided here is decided about the present. Plans are kept, also those that were made while all was empty. So that no other index
-- does then, the first to be ordered by is the record, where only one is looked for, and nothing is sorted; and a join has an array of one, which leaves nothing but the key.

create function rowhook.record_turn(of_endpoint bigint, of_record text, of_delivery uuid) returns smallint
language plpgsql set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  -- One at a time decides about a record. Whoever comes next, after our commit, sees what became of it.
  if not pg_try_advisory_xact_lock(hashtextextended(of_record, of_endpoint)) then return 0; end if;
  if not (exists (select from rowhook.delivery where endpoint_id = of_endpoint and record = of_record and id < of_delivery)
       or exists (select from rowhook.delivery_waiting where endpoint_id = of_endpoint and record = of_record and id < of_delivery)) then
    return 1;
  end if;
  -- Whoever ends the earlier one brings the next one back: it must not end before what we put behind it is committed.
  perform from rowhook.delivery
    where endpoint_id = of_endpoint and record >= of_record and record <= of_record and id < of_delivery
    order by record, id limit 1 for key share skip locked;
  if found then return 2; end if;
  perform from rowhook.delivery_waiting
    where endpoint_id = of_endpoint and record >= of_record and record <= of_record and id < of_delivery
    order by record, id limit 1 for key share skip locked;
  if found then return 2; end if;
  return 0;
end
$$;
comment on function rowhook.record_turn is
  '1: nothing earlier of its record is under way; 2: something is, and cannot end before this transaction does; 0: ask again later.';

create function rowhook.deliver_next(of_endpoints bigint[], of_records text[]) returns int
language plpgsql set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
declare
  brought int;
begin
  -- Skips what is locked: whoever drops it must not hold up the results of others. Should it stay after all, the sweeper finds it.
  with ended as (
    select distinct endpoint_id, record from unnest(of_endpoints, of_records) as ended (endpoint_id, record) order by 1, 2
  ), next as materialized (
    select next.endpoint_id, next.record, next.id
      from ended
     cross join lateral (
        select endpoint_id, record, id
          from rowhook.delivery_behind as behind
         where behind.endpoint_id = ended.endpoint_id and behind.record >= ended.record and behind.record <= ended.record
         order by record, id
         limit 1
           for update skip locked
      ) as next
  ), taken as (
    delete from rowhook.delivery_behind as behind
     using next
     where behind.endpoint_id = any (array[next.endpoint_id]) and behind.record = next.record and behind.id = next.id
    returning behind.*
  )
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
  select lane, (select slot from rowhook.delivery_slot), endpoint_id, id, event_id, attempts, attempts, record
    from taken;
  get diagnostics brought = row_count;
  return brought;
end
$$;
comment on function rowhook.deliver_next is
  'Puts the first delivery that waits behind an earlier one of these records into the queue. For whoever ended the earlier one, in the same transaction.';

create function rowhook.deliver_stray(of_endpoint bigint, of_record text) returns int
language plpgsql set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if not pg_try_advisory_xact_lock(hashtextextended(of_record, of_endpoint))
    or exists (select from rowhook.delivery where endpoint_id = of_endpoint and record = of_record)
    or exists (select from rowhook.delivery_waiting where endpoint_id = of_endpoint and record = of_record) then
    return 0;
  end if;
  return rowhook.deliver_next(array[of_endpoint], array[of_record]);
end
$$;
comment on function rowhook.deliver_stray is
  'As deliver_next, where nothing of the record is under way: what it waited for went away without an end.';

create function rowhook.redeliver(of_endpoint bigint, of_delivery uuid, of_event uuid, of_attempts int) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  its_ordering text := (select ordering from rowhook.endpoint where id = of_endpoint);
  of_record text := (select resource || ':' || record_key from rowhook.event where id = of_event);
begin
  if its_ordering is null then return 'endpoint_unknown'; end if;
  -- Two persons may do it at once.
  perform pg_advisory_xact_lock(hashtextextended(of_delivery::text, of_endpoint));
  if exists (select from rowhook.delivery where lane in (0, 1, 2) and endpoint_id = of_endpoint and id = of_delivery)
    or exists (select from rowhook.delivery_waiting where endpoint_id = of_endpoint and id = of_delivery)
    or exists (select from rowhook.delivery_behind where endpoint_id = of_endpoint and record = of_record and id = of_delivery) then
    return 'pending';
  end if;
  if its_ordering = 'none' then of_record := null; end if;
  if of_record is not null then
    -- It is earlier than what came later, which may be under way: it goes next after that, and before all others.
    perform pg_advisory_xact_lock(hashtextextended(of_record, of_endpoint));
    while exists (select from rowhook.delivery where endpoint_id = of_endpoint and record = of_record)
       or exists (select from rowhook.delivery_waiting where endpoint_id = of_endpoint and record = of_record) loop
      perform from rowhook.delivery where endpoint_id = of_endpoint and record = of_record order by id limit 1 for key share;
      if not found then
        perform from rowhook.delivery_waiting where endpoint_id = of_endpoint and record = of_record order by id limit 1 for key share;
      end if;
      if found then
        insert into rowhook.delivery_behind (endpoint_id, record, id, event_id, lane, attempts)
        values (of_endpoint, of_record, of_delivery, of_event, 2, of_attempts);
        return 'queued';
      end if;
    end loop;
  end if;
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
  select 2, slot, of_endpoint, of_delivery, of_event, of_attempts, of_attempts, of_record from rowhook.delivery_slot;
  return 'queued';
end
$$;
comment on function rowhook.redeliver is
  'Puts a delivery that has ended into the queue again: queued; pending where it has not ended; endpoint_unknown.';

revoke execute on function rowhook.record_turn(bigint, text, uuid), rowhook.deliver_next(bigint[], text[]),
  rowhook.deliver_stray(bigint, text), rowhook.redeliver(bigint, uuid, uuid, int) from public;

-- Attempts --------------------------------------------------------------------------------------------------------

alter table rowhook.attempt add column phases json;
comment on column rowhook.attempt.phases is
  'Milliseconds of each part of the request, as far as it got: {"dns", "connect", "tls", "wait", "body"}; the first three only where a new connection was made.';
