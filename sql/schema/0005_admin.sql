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
  'How many attempts ended how, a row for each endpoint, minute and daemon that had any; endpoint 0 is all of them together. Append-only, dropped by the day. For charts: a daemon that is killed takes its last minute along, and rowhook.attempt has the truth.';
comment on column rowhook.delivery_stat.id is 'A UUIDv7 of the minute''s end, so that ranges of it are ranges of time.';
comment on column rowhook.delivery_stat.at is 'When the minute began.';
comment on column rowhook.delivery_stat.retried is 'Attempts that failed and are followed by another one.';
comment on column rowhook.delivery_stat.exhausted is 'Attempts that failed and were the last one.';
comment on column rowhook.delivery_stat.durations is 'Attempts by their duration: a count for each class of the program''s scale.';
comment on column rowhook.delivery_stat.delays is 'First attempts that succeeded, by the time from the change''s commit to the answer: a count for each class of the same scale.';
create table rowhook.delivery_stat_rest partition of rowhook.delivery_stat default;

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
  ended_at timestamptz,
  error text
);
comment on table rowhook.bulk_job is
  'Redeliver what failed at an endpoint between two times. The sweeper of some daemon does it in slices; each slice and how far it came commit together, so that it goes on where it was after any end.';
comment on column rowhook.bulk_job.total is 'How many deliveries it was about when it was asked for.';
comment on column rowhook.bulk_job.total_at_least is 'Counted only so far: there may be more.';
comment on column rowhook.bulk_job.done is 'Put back into the queue.';
comment on column rowhook.bulk_job.skipped is 'Under way, succeeded meanwhile, or older than what retention keeps.';
comment on column rowhook.bulk_job.reached is 'Attempts of the endpoint up to this id are done; null: none yet.';
comment on column rowhook.bulk_job.created_by is 'Who asked for it.';
create index bulk_job_running on rowhook.bulk_job (id) where state = 'running';

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
