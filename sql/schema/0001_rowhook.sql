-- Schema version 1. Released files are never edited: what changes later comes as a file with the next number.
-- Everything of ours lives in the schema "rowhook"; in the application's tables there are only triggers.

create schema rowhook;
comment on schema rowhook is 'Committed row changes to signed webhooks. Remove with rowhook''s own uninstall, which also takes the triggers off.';

create table rowhook.schema_version (
  version int primary key,
  installed_at timestamptz not null default now()
);
comment on table rowhook.schema_version is 'One row per file of sql/schema that ran here; the program compares the highest with its own.';

-- Capture ---------------------------------------------------------------------------------------------------------

create table rowhook.capture (
  id int primary key generated always as identity,
  table_name text not null,
  plan jsonb not null,
  captured_at timestamptz not null default now(),
  released_at timestamptz
);
comment on table rowhook.capture is
  'What a table''s triggers write: key columns, the column classes behind each bit of a mask, the columns whose values go along. A plan is never changed, because changes that wait in the outbox are read with the plan that wrote them.';
comment on column rowhook.capture.table_name is 'Quoted and schema-qualified.';
create unique index capture_current on rowhook.capture (table_name) where released_at is null;

create sequence rowhook.outbox_seq as bigint cache 1;
-- A fresh sequence says last_value 1 both before and after it hands out 1: the relay could not see the first change come.
select setval('rowhook.outbox_seq', 1);

-- The ring: insert-only partitions chosen by the clock, emptied by TRUNCATE once everything in them is read.
-- There is nothing here that an insert could violate: a trigger must never fail the application's write (invariant 4).
create table rowhook.outbox (
  seq bigint not null default nextval('rowhook.outbox_seq'),
  xid xid8 not null default pg_current_xact_id(),
  changed_at timestamptz not null default now(),
  slot smallint not null default ((date_part('epoch', clock_timestamp())::bigint / 600) % 6)::smallint,
  capture_id int not null,
  op "char" not null,
  n int not null,
  request_id text,
  keys text[],
  masks bigint[],
  vals text[]
) partition by list (slot);
comment on table rowhook.outbox is 'Row changes as the triggers wrote them, up to 500 rows of one statement packed into one row.';
comment on column rowhook.outbox.xid is 'Top-level transaction id: the cursor compares snapshots with it, so that a late commit is never skipped.';
comment on column rowhook.outbox.op is 'i insert, u update, d delete, t truncate, x key changed (the d that follows carries the old rows).';
comment on column rowhook.outbox.n is 'How many row changes are packed here.';
comment on column rowhook.outbox.keys is 'Key of each row: the column''s text, or a JSON array of texts for a composite key.';
comment on column rowhook.outbox.masks is 'Updates: which watched column classes changed, a bit for each class of the plan.';
comment on column rowhook.outbox.vals is 'A JSON array of the plan''s value columns (updates: the old ones, then the new ones). Deletes: the whole last row as JSON, or an array of its text and the values.';

create table rowhook.outbox_0 partition of rowhook.outbox for values in (0) with (autovacuum_enabled = off);
create table rowhook.outbox_1 partition of rowhook.outbox for values in (1) with (autovacuum_enabled = off);
create table rowhook.outbox_2 partition of rowhook.outbox for values in (2) with (autovacuum_enabled = off);
create table rowhook.outbox_3 partition of rowhook.outbox for values in (3) with (autovacuum_enabled = off);
create table rowhook.outbox_4 partition of rowhook.outbox for values in (4) with (autovacuum_enabled = off);
create table rowhook.outbox_5 partition of rowhook.outbox for values in (5) with (autovacuum_enabled = off);
-- Nobody should ever meet it; it keeps a write alive should a partition be missing.
create table rowhook.outbox_rest partition of rowhook.outbox default;

-- (seq) pages a window in commit order per record; (xid, seq) finds a transaction that committed late.
create index outbox_seq_idx on rowhook.outbox (seq);
create index outbox_xid_idx on rowhook.outbox (xid, seq);

-- 1: the relay is awake and polls, or there is none. 2: it sleeps and wants the bell. A sequence, because it is read and
-- set outside of transactions: a writer with an old snapshot sees the truth too, and a crash leaves no lock behind.
create sequence rowhook.bell minvalue 1 maxvalue 2 start 1;
select setval('rowhook.bell', 1);

create function rowhook.ring() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Once a transaction is enough; a savepoint that is rolled back takes both the ring and this mark with it.
  if current_setting('rowhook.rang', true) = pg_current_xact_id()::text then
    return;
  end if;
  perform set_config('rowhook.rang', pg_current_xact_id()::text, true);
  -- NOTIFY fails the commit when its queue is full, and PREPARE TRANSACTION refuses a transaction that notified.
  -- A bell that does not ring costs one poll interval; a write that fails costs a customer (invariant 4).
  if not exists (
    select from pg_locks
    where locktype = 'advisory' and classid = 1919907688 and objid = 1 and granted
      and database = (select oid from pg_database where datname = current_database())
  ) then
    -- The relay died in its sleep: nobody listens, so nobody needs to ring.
    perform setval('rowhook.bell', 1);
  elsif pg_notification_queue_usage() < 0.5 and current_setting('max_prepared_transactions')::int = 0 then
    notify rowhook;
  end if;
end
$$;
revoke all on function rowhook.ring() from public;

-- Relay -----------------------------------------------------------------------------------------------------------

create table rowhook.relay_cursor (
  id bigint primary key,
  consumed pg_snapshot not null,
  reading pg_snapshot,
  last_seq bigint not null,
  ceiling_seq bigint not null,
  floor_seq bigint not null,
  sampled_seq bigint not null,
  deferred xid8[] not null default '{}',
  window_number bigint not null,
  system_identifier bigint not null,
  moved_at timestamptz not null default clock_timestamp()
);
comment on table rowhook.relay_cursor is
  'Where the relay stands: the row with the highest id. Rows are only added (the primary key makes two relays collide: compare and set), old ones are pruned.';
comment on column rowhook.relay_cursor.consumed is 'Everything visible in this snapshot has become events.';
comment on column rowhook.relay_cursor.reading is 'Set while a large window is read page by page: the window ends at this snapshot.';
comment on column rowhook.relay_cursor.last_seq is 'Within the window, everything up to this seq is read.';
comment on column rowhook.relay_cursor.ceiling_seq is 'No change of the window has a higher seq.';
comment on column rowhook.relay_cursor.floor_seq is 'Transactions with an id of xmax(consumed) or later wrote only higher seqs.';
comment on column rowhook.relay_cursor.sampled_seq is 'The floor of the next window: the highest seq before this row''s transaction had an id, or before that of the window being read.';
comment on column rowhook.relay_cursor.window_number is 'How many windows are consumed.';
comment on column rowhook.relay_cursor.deferred is 'Transactions whose changes straddle the page: read again in full with the next page.';

create table rowhook.relay_parked (
  id bigint primary key generated always as identity,
  resource text not null,
  record_key text not null,
  event json not null,
  window_number bigint not null
);
comment on table rowhook.relay_parked is
  'Events of records that were gone when a later page of a large window was read: they wait for the delete that carries the last row. It comes with the next window at the latest.';
create index relay_parked_record on rowhook.relay_parked (resource, record_key);
create index relay_parked_window on rowhook.relay_parked (window_number);

create table rowhook.event (
  id uuid not null,
  name text not null,
  resource text,
  record_key text,
  request_id text,
  payload text,
  delivery_count int not null,
  seq bigint,
  changed_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (id)
) partition by range (id);
comment on table rowhook.event is 'Append-only. The id is a UUIDv7, so ranges of it are ranges of time.';
comment on column rowhook.event.payload is 'The record as JSON text, built once; every try sends these bytes. Null when nobody was subscribed.';
comment on column rowhook.event.delivery_count is 'To how many endpoints it went.';
comment on column rowhook.event.seq is 'The outbox change it was made from; null for ping.';
create table rowhook.event_rest partition of rowhook.event default;
create index event_record on rowhook.event (resource, record_key, id);

-- Delivery --------------------------------------------------------------------------------------------------------

create table rowhook.endpoint (
  id bigint primary key generated by default as identity,
  url text not null,
  description text not null default '',
  events text[] not null,
  secret text,
  active boolean not null default true,
  dialect text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint endpoint_wildcard_stands_alone check (not ('*' = any (events)) or cardinality(events) = 1)
);
comment on table rowhook.endpoint is 'A registered receiver; the admin page calls it a webhook.';
comment on column rowhook.endpoint.events is 'Subscribed event names, or {*} for every event, present and future.';
comment on column rowhook.endpoint.dialect is 'How its deliveries look on the wire; null: as the catalog says.';
comment on column rowhook.endpoint.active is 'While false it gets no new deliveries and the waiting ones are held.';
create index endpoint_events on rowhook.endpoint using gin (events);

create table rowhook.delivery (
  endpoint_id bigint not null,
  id uuid not null,
  event_id uuid not null,
  attempts int not null default 0,
  starts int not null default 0,
  lease uuid,
  leased_until timestamptz,
  primary key (endpoint_id, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
comment on table rowhook.delivery is
  'Deliveries that are due now: narrow rows that are leased and then deleted. What happened is in rowhook.attempt.';
comment on column rowhook.delivery.attempts is 'Requests made for it so far.';
comment on column rowhook.delivery.starts is 'Leases taken for it: more than attempts when a process died while sending.';
comment on column rowhook.delivery.lease is 'Who sends it: every finish names its lease, a stale one changes nothing.';

create table rowhook.delivery_waiting (
  endpoint_id bigint not null,
  id uuid not null,
  event_id uuid not null,
  attempts int not null,
  due_at timestamptz not null,
  primary key (endpoint_id, id)
);
comment on table rowhook.delivery_waiting is 'Failed deliveries that wait for their next attempt, apart from the due ones so that those stay few. The sweeper moves them back.';
create index delivery_waiting_due on rowhook.delivery_waiting (due_at);

create table rowhook.attempt (
  id uuid not null,
  endpoint_id bigint not null,
  delivery_id uuid not null,
  event_id uuid not null,
  number int not null,
  started_at timestamptz not null,
  duration_ms int not null,
  verdict text not null,
  reason text not null,
  detail text,
  url text not null,
  dialect text not null,
  request_headers json not null,
  response_status smallint,
  response_headers json,
  response_body bytea,
  response_cut boolean not null default false,
  due_at timestamptz,
  constraint attempt_verdict check (verdict in ('succeeded', 'retry', 'exhausted')),
  primary key (endpoint_id, id)
) partition by range (id);
comment on table rowhook.attempt is 'Append-only: one row for each HTTP request. The id is a UUIDv7.';
comment on column rowhook.attempt.reason is 'Why the verdict, as a stable word: success, http_500, redirect, timeout, ...';
comment on column rowhook.attempt.request_headers is 'As sent: an array of [name, value].';
comment on column rowhook.attempt.response_body is 'The first 64 KiB as they came.';
comment on column rowhook.attempt.response_cut is 'The response was longer than what is stored.';
comment on column rowhook.attempt.due_at is 'When the next attempt is due, where the verdict is retry.';
create table rowhook.attempt_rest partition of rowhook.attempt default;
create index attempt_delivery on rowhook.attempt (delivery_id, number);
