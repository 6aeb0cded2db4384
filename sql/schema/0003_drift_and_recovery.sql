-- Schema version 3: what capture misses is written down, what cannot be shown is set aside, and a database may move to another cluster.

-- Drift -----------------------------------------------------------------------------------------------------------
-- What an installation left behind is remembered, so that anybody can tell what has become of it since.

alter table rowhook.capture add column installed jsonb;
comment on column rowhook.capture.installed is
  'What was there when the triggers were last put on, as rowhook.capture_found tells it. What differs from it now is drift.';
comment on column rowhook.capture.table_name is
  'Quoted and schema-qualified: what the table is called now. It goes before the name in the plan, which may be an older one.';

create function rowhook.capture_found(capture_id int, relation oid) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- A range of names instead of a pattern, for the sake of the index; the backquote follows the underscore.
  with own as (
    select p.oid, p.proname,
      hashtextextended(concat_ws(' ', p.prosrc, p.prosecdef, array_to_string(p.proconfig, ' ')), 0)::text as hash
    from pg_proc p
    where p.proname >= format('capture_%s_', capture_id)::name and p.proname < format('capture_%s`', capture_id)::name
      and p.pronamespace = 'rowhook'::regnamespace
  )
  select jsonb_build_object(
    'relation', relation::text,
    'columns', coalesce((
      select jsonb_object_agg(a.attname, jsonb_build_object(
        'number', a.attnum, 'notNull', a.attnotnull,
        'type', format_type(a.atttypid, a.atttypmod) || case a.attgenerated when 'v' then ' (virtual)' else '' end))
      from pg_attribute a where a.attrelid = relation and a.attnum > 0 and not a.attisdropped), '{}'),
    'functions', coalesce((select jsonb_object_agg(own.proname, own.hash) from own), '{}'),
    'triggers', coalesce((
      select jsonb_object_agg(g.tgname, g.tgenabled)
      from pg_trigger g join own on own.oid = g.tgfoid where g.tgrelid = relation), '{}'))
$$;
comment on function rowhook.capture_found(int, oid) is
  'A table and what a capture has there: {"relation": its oid, "columns": {name: {"number", "type", "notNull"}}, "functions": {name: hash of the text and its settings}, "triggers": {name: pg_trigger.tgenabled}}.';
revoke all on function rowhook.capture_found(int, oid) from public;

create function rowhook.remember_capture(capture_id int) returns void
language sql set search_path = pg_catalog, pg_temp as $$
  update rowhook.capture c set installed = rowhook.capture_found(c.id, r.oid)
  from pg_class r join pg_namespace n on n.oid = r.relnamespace
  where c.id = capture_id and c.table_name = '"' || replace(n.nspname, '"', '""') || '"."' || replace(r.relname, '"', '""') || '"'
$$;
comment on function rowhook.remember_capture(int) is 'The last step of putting triggers on: keeps in rowhook.capture.installed what is there then.';
revoke all on function rowhook.remember_capture(int) from public;

create function rowhook.follow_table(wanted text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  -- The captures that the table of this name carries triggers of, whatever they call it.
  carried int[] := array(
    select distinct split_part(p.proname, '_', 2)::int
    from pg_trigger g join pg_proc p on p.oid = g.tgfoid
    where g.tgrelid = to_regclass(wanted) and p.pronamespace = 'rowhook'::regnamespace and p.proname ~ '^capture_\d+_');
begin
  if exists (select from rowhook.capture c where c.table_name = wanted and c.released_at is null) then
    return;
  end if;
  update rowhook.capture c set table_name = wanted
  where c.table_name = (
    select o.table_name from rowhook.capture o
    where o.id = any (carried) and o.released_at is null
      and not exists (
        select from pg_class r join pg_namespace n on n.oid = r.relnamespace
        where r.relkind in ('r', 'p')
          and o.table_name = '"' || replace(n.nspname, '"', '""') || '"."' || replace(r.relname, '"', '""') || '"')
    order by o.id desc limit 1);
end
$$;
comment on function rowhook.follow_table(text) is
  'The first step of putting triggers on: where the table was captured under another name, which no table has any more, its captures get the new one. So the changes that wait stay those of the table that the catalog names.';
revoke all on function rowhook.follow_table(text) from public;

select rowhook.remember_capture(id) from rowhook.capture where released_at is null;

-- What capture could not write down -------------------------------------------------------------------------------

comment on column rowhook.outbox.op is
  'i insert, u update, d delete, t truncate, x key changed (the d that follows carries the old rows), b bypassed: a transaction with session_replication_role = replica wrote to the table, and nobody knows what.';
comment on column rowhook.outbox.keys is
  'Key of each row: the column''s text, or a JSON array of texts for a composite key. Truncate: the oids of the tables that inherit and must be truncated too for the table to be empty; null where only a part of the table was truncated.';
comment on column rowhook.outbox.vals is
  'A JSON array of the plan''s value columns (updates: the old ones, then the new ones). Deletes: the whole last row as JSON, or an array of its text and the values. Truncate: the oid of what was truncated.';

create table rowhook.gap (
  capture_id int not null,
  kind text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  transactions int not null,
  acknowledged_at timestamptz,
  primary key (capture_id, kind),
  constraint gap_kind check (kind in ('truncate', 'bypassed'))
) with (fillfactor = 50);
comment on table rowhook.gap is
  'Changes of captured tables that gave no events, since nobody could write down which rows they were of. One row for each capture and kind, written by the relay, and updated no more than 1,000 times and then every ten seconds.';
comment on column rowhook.gap.kind is 'truncate: a TRUNCATE. bypassed: writes with session_replication_role = replica.';
comment on column rowhook.gap.first_at is 'When the first such transaction began, of those that nobody has acknowledged.';
comment on column rowhook.gap.last_at is 'When the last one began; up to ten seconds earlier, where transactions is 1,000.';
comment on column rowhook.gap.transactions is 'How many there were since first_at; it ends at 1,000.';
comment on column rowhook.gap.acknowledged_at is
  'When somebody said that they know of it (rowhook gaps clear), or when an event of the catalog had told it; null: nobody knows yet. A later one makes it null again.';

-- Another cluster -------------------------------------------------------------------------------------------------

alter table rowhook.relay_cursor add column then_consumed pg_snapshot, add column written_by xid8;
-- Not with the column: rows that are there already were written by other transactions than this one.
alter table rowhook.relay_cursor alter column written_by set default pg_current_xact_id();
comment on column rowhook.relay_cursor.then_consumed is
  'Set while changes are read that came from another cluster and were given ids from 2^62 on: what is consumed once those are through.';
comment on column rowhook.relay_cursor.written_by is
  'The transaction that wrote this row. Where the row''s own xmin is another one, the row was loaded from a dump, and the ids in the outbox with it.';
comment on column rowhook.outbox.xid is
  'Top-level transaction id: the cursor compares snapshots with it, so that a late commit is never skipped. From 2^62 on: given by the relay to a change that came from another cluster.';

-- What cannot be shown --------------------------------------------------------------------------------------------

create table rowhook.set_aside (
  resource text not null,
  record_key text not null,
  reason text not null,
  detail text not null,
  set_aside_at timestamptz not null default clock_timestamp(),
  tries int not null default 0,
  tried_at timestamptz not null default clock_timestamp(),
  retry_at timestamptz not null,
  primary key (resource, record_key)
);
comment on table rowhook.set_aside is
  'Records that cannot be shown, though they are there: their events wait in rowhook.set_aside_event until they can. Only the relay that is active writes here; nothing is ever dropped but by rowhook.set_aside_request.';
comment on column rowhook.set_aside.reason is
  'Why, as a stable word: payload_failed, tenant_failed, source_failed, source_invalid, source_refused, no_address, too_large, resource_unknown, key_changed.';
comment on column rowhook.set_aside.detail is 'The SQLSTATE, the status of HTTP and the like; nothing of what the record holds.';
comment on column rowhook.set_aside.tries is 'How often it was tried again, and failed by itself.';
comment on column rowhook.set_aside.tried_at is 'When it was last tried.';
comment on column rowhook.set_aside.retry_at is
  'When it is tried next: a minute after the first failure, then later and later, an hour at most; sooner when the record changes.';
create index set_aside_retry on rowhook.set_aside (retry_at);

create table rowhook.set_aside_event (
  id bigint primary key generated always as identity,
  resource text not null,
  record_key text not null,
  event json,
  ended json,
  constraint set_aside_event_or_end check ((event is null) <> (ended is null))
);
comment on table rowhook.set_aside_event is
  'What is set aside of these records, in the order of id: an event that cannot be shown, and every later one of its record behind it. With an empty key: a TRUNCATE, the end of all records of the resource.';
comment on column rowhook.set_aside_event.event is 'The event before its payload is known, as rowhook.relay_parked keeps it.';
comment on column rowhook.set_aside_event.ended is
  'Instead of an event: the record ended, or was marked as deleted: {"op": delete, vanish or truncate, "seq", "xid", "image": its last row as text}. Events before it are shown by that row.';
create index set_aside_event_record on rowhook.set_aside_event (resource, record_key, id);
create index set_aside_event_end on rowhook.set_aside_event (resource, record_key) where ended is not null;

create table rowhook.set_aside_request (
  id bigint primary key generated always as identity,
  action text not null,
  resource text,
  record_key text,
  last_event_id bigint not null,
  asked_at timestamptz not null default clock_timestamp(),
  constraint set_aside_request_action check (action in ('retry', 'drop'))
);
comment on table rowhook.set_aside_request is
  'What somebody asks the relay to do with what is set aside, or the relay itself after a TRUNCATE; it is done in slices, and the row taken out with the last of them. Rows are only added by others, so that nobody waits for anybody.';
comment on column rowhook.set_aside_request.resource is 'Of this resource; null: of all.';
comment on column rowhook.set_aside_request.record_key is 'Of this record; null: of all.';
comment on column rowhook.set_aside_request.last_event_id is 'To be dropped up to here: nobody has seen what came later.';

-- Lanes: a backlog holds up no other resource ---------------------------------------------------------------------

alter table rowhook.relay_cursor
  add column reading_number bigint,
  add column reading_floor_seq bigint,
  add column deferred_seq bigint not null default 0,
  add column captures int[],
  add column lanes jsonb not null default '[]',
  add column pages bigint not null default 0;
comment on table rowhook.relay_cursor is
  'Where the relay stands: the row with the highest id. Rows are only added (the primary key makes two relays collide: compare and set), old ones are pruned. While a backlog is read, lanes of other captures may be ahead; the columns are then those of the hindmost lane.';
comment on column rowhook.relay_cursor.window_number is 'The number of consumed: each snapshot that a window ends with has a higher one than those that were taken before it.';
comment on column rowhook.relay_cursor.sampled_seq is
  'The highest seq handed out before this row''s transaction had an id: the floor of what begins with a later snapshot.';
comment on column rowhook.relay_cursor.deferred is
  'Transactions whose changes straddle the page: read again in full with the next page, or in pieces, from beyond deferred_seq.';
comment on column rowhook.relay_cursor.reading_number is 'What window_number becomes with the end of the window that is being read.';
comment on column rowhook.relay_cursor.reading_floor_seq is 'What floor_seq becomes with the end of the window that is being read.';
comment on column rowhook.relay_cursor.deferred_seq is 'Of the deferred transactions everything up to this seq is read.';
comment on column rowhook.relay_cursor.pages is 'How many pages were turned: lanes take turns by it.';
comment on column rowhook.relay_cursor.captures is 'The captures whose changes this lane reads; null: all that no other lane has.';
comment on column rowhook.relay_cursor.lanes is
  'The other lanes: an array of {"captures", "consumed", "windowNumber", "floorSeq", "reading", "thenConsumed", "readingNumber", "readingFloorSeq", "ceilingSeq", "lastSeq", "deferred", "deferredSeq"}, as the columns of these names.';

-- Whoever installs may have given others rights on all that they make from then on. Nobody needs any on what is ours; who shall look at
-- it may be given them afterwards, so an older installation is left as it is.
do $$
declare
  grantee text;
begin
  if exists (select from rowhook.schema_version where version = 1 and installed_at = now()) then
    for grantee in
      select case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
      from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'rowhook' and a.grantee <> n.nspowner
    loop
      execute 'revoke all on schema rowhook from ' || grantee || ' cascade';
    end loop;
  end if;
end
$$;

-- Order of parked events ------------------------------------------------------------------------------------------
-- A record whose events wait may have been made anew: what comes of it then waits behind them.

create index relay_parked_event on rowhook.relay_parked ((event ->> 'resourceName'), (event ->> 'key'), id);

-- Only what is missing ---------------------------------------------------------------------------------------------
-- Putting a trigger on a table locks writers out. So an installation makes those that are not there, and leaves the others alone.

create function rowhook.lacking_triggers(capture_id int, relation oid) returns text[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- tgtype: 4 insert, 8 delete, 16 update, 32 truncate; after, for each statement.
  select coalesce(array_agg(w.operation order by w.ord), '{}')
  from (values
    (1, 'insert', 4, '', 'new_rows', 'O'),
    (2, 'update', 16, 'old_rows', 'new_rows', 'O'),
    (3, 'delete', 8, 'old_rows', '', 'O'),
    (4, 'truncate', 32, '', '', 'O'),
    (5, 'bypass', 60, '', '', 'R')
  ) w(ord, operation, type, old_rows, new_rows, enabled)
  where not exists (
    select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
    where g.tgrelid = relation and g.tgname = 'rowhook_' || w.operation
      and p.pronamespace = 'rowhook'::regnamespace and p.proname = format('capture_%s_%s', capture_id, w.operation)
      and g.tgtype = w.type and coalesce(g.tgoldtable, '') = w.old_rows and coalesce(g.tgnewtable, '') = w.new_rows
      and g.tgqual is null and cardinality(g.tgattr::int2[]) = 0 and g.tgenabled in (w.enabled, 'A'))
$$;
comment on function rowhook.lacking_triggers(int, oid) is
  'Of the operations of a capture those whose trigger on this relation is missing, switched off, or another one than is installed.';
revoke all on function rowhook.lacking_triggers(int, oid) from public;
