-- Schema version 5: what the admin page shows and does.

create table rowhook.delivery_stat (
  endpoint_id bigint not null,
  id uuid not null,
  at timestamptz not null,
  succeeded int not null,
  retried int not null,
  exhausted int not null,
  durations int[] not null,
  delays int[] not null,
  primary key (endpoint_id, id)
) partition by range (id);
comment on table rowhook.delivery_stat is
  'How many attempts ended how: of all together (endpoint 0) a row for each minute and daemon that had any, of an endpoint at least one for each five minutes. Append-only, dropped by the day. For charts: a daemon that is killed takes its last minutes along, and rowhook.attempt has the truth.';
comment on column rowhook.delivery_stat.id is 'A UUIDv7 of when the row was made, at the end of a minute: ranges of it are ranges of time.';
comment on column rowhook.delivery_stat.at is 'When the minute of the first of them began.';
comment on column rowhook.delivery_stat.retried is 'Attempts that failed and are followed by another one.';
comment on column rowhook.delivery_stat.exhausted is 'Attempts that failed and were the last one.';
comment on column rowhook.delivery_stat.durations is 'Attempts by their duration: a count for each class of the program''s scale (src/store/latency-scale.ts), which never changes; the last ones are left out where they are 0.';
comment on column rowhook.delivery_stat.delays is 'First attempts that succeeded, by the time from the change to the answer: a count for each class of the same scale. The change is as old as its transaction: Postgres keeps no time of commits.';
create table rowhook.delivery_stat_rest partition of rowhook.delivery_stat default;

-- Failed attempts are few among all, and they are what people look for. An attempt that succeeded costs nothing by it. On an installation with
-- millions of attempts it reads them all once: deliveries wait meanwhile, the application does not.
create index attempt_failed on rowhook.attempt (endpoint_id, id) where verdict <> 'succeeded';

create table rowhook.bulk_job (
  id bigint primary key generated always as identity,
  endpoint_id bigint not null,
  since timestamptz not null,
  until timestamptz not null,
  state text not null default 'running' constraint bulk_job_state check (state in ('running', 'done', 'cancelled', 'failed')),
  total int not null,
  total_at_least boolean not null default false,
  done int not null default 0,
  skipped int not null default 0,
  reached uuid,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  next_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  error text,
  constraint bulk_job_span check (since < until),
  constraint bulk_job_once exclude using gist (int8range(endpoint_id, endpoint_id, '[]') with &&, tstzrange(since, until) with &&)
    where (state = 'running')
);
comment on constraint bulk_job_once on rowhook.bulk_job is 'While one runs, nothing is asked for twice.';
comment on table rowhook.bulk_job is
  'Redeliver what failed at an endpoint between two times. The sweeper of some daemon does it in slices; each slice and how far it came commit together, so that it goes on where it was after any end.';
comment on column rowhook.bulk_job.total is 'How many deliveries it was about when it was asked for.';
comment on column rowhook.bulk_job.total_at_least is 'Counted only so far: there may be more.';
comment on column rowhook.bulk_job.done is 'Put back into the queue.';
comment on column rowhook.bulk_job.skipped is 'Under way, succeeded meanwhile, or older than what retention keeps.';
comment on column rowhook.bulk_job.reached is 'Attempts of the endpoint up to this id are done; null: none yet.';
comment on column rowhook.bulk_job.created_by is 'Who asked for it.';
comment on column rowhook.bulk_job.next_at is 'No slice before: however many daemons there are, together they keep to one rate.';
create index bulk_job_running on rowhook.bulk_job (next_at) where state = 'running';

-- Whoever redelivers many of an endpoint takes its lock alone, whoever redelivers one takes it shared: a slice of a bulk job needs no lock for
-- each of its deliveries, of which a server has only so many for everybody.

create function rowhook.redeliver_in_turn(
  of_endpoint bigint, of_record text, of_delivery uuid, of_event uuid, of_attempts int
) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
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
      return;
    end if;
  end loop;
  insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
  select 2, slot, of_endpoint, of_delivery, of_event, of_attempts, of_attempts, of_record from rowhook.delivery_slot;
end
$$;
comment on function rowhook.redeliver_in_turn is
  'Puts a delivery that has ended into the queue again, in order with the others of its record. For whoever holds the lock on the redeliveries of its endpoint.';
revoke execute on function rowhook.redeliver_in_turn(bigint, text, uuid, uuid, int) from public;

create or replace function rowhook.redeliver(of_endpoint bigint, of_delivery uuid, of_event uuid, of_attempts int) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  its_ordering text := (select ordering from rowhook.endpoint where id = of_endpoint);
  of_record text := (select resource || ':' || record_key from rowhook.event where id = of_event);
begin
  if its_ordering is null then return 'endpoint_unknown'; end if;
  -- A bulk job may be at it, and two persons may do it at once.
  perform pg_advisory_xact_lock_shared(hashtextextended('rowhook redeliver', of_endpoint));
  perform pg_advisory_xact_lock(hashtextextended(of_delivery::text, of_endpoint));
  if exists (select from rowhook.delivery where lane in (0, 1, 2) and endpoint_id = of_endpoint and id = of_delivery)
    or exists (select from rowhook.delivery_waiting where endpoint_id = of_endpoint and id = of_delivery)
    or exists (select from rowhook.delivery_behind where endpoint_id = of_endpoint and id = of_delivery) then
    return 'pending';
  end if;
  if its_ordering = 'record' and of_record is not null then
    perform rowhook.redeliver_in_turn(of_endpoint, of_record, of_delivery, of_event, of_attempts);
  else
    insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, attempts, starts, record)
    select 2, slot, of_endpoint, of_delivery, of_event, of_attempts, of_attempts, null from rowhook.delivery_slot;
  end if;
  return 'queued';
end
$$;

create table rowhook.audit (
  id bigint primary key generated always as identity,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  endpoint_id bigint,
  target text,
  detail jsonb not null default '{}'
);
comment on table rowhook.audit is 'Who changed what through the admin page or its API; written in the transaction of the change. Never a secret, nor the value of a header.';
comment on column rowhook.audit.actor is 'The name of the token, or as the application that mounts the page calls its user.';
comment on column rowhook.audit.action is 'As a stable word: endpoint_create, endpoint_update, secret_rotate, delivery_redeliver, …';
comment on column rowhook.audit.target is 'The delivery or the bulk job that it was about.';
comment on column rowhook.audit.detail is 'What it was before and is now, where that can be told.';
create index audit_endpoint on rowhook.audit (endpoint_id, id);
