import { parseTable, quoteName } from '../catalog/table-name.ts';
import { type CapturePlan, planSql } from '../store/captures.ts';
import { outboxPartitions } from '../store/outbox.ts';
import type { Queryable } from '../store/sql.ts';
import { type OutboxFacts, outboxFacts } from './outbox-partitions.ts';

export interface FoundColumn {
  readonly number: number;
  /** As SQL writes it; ` (virtual)` follows where it is computed when it is read. */
  readonly type: string;
  readonly notNull: boolean;
}

/** What rowhook.capture_found tells of a table and of what a capture has there. */
export interface Found {
  /** The table's oid. */
  readonly relation: string;
  readonly columns: Readonly<Record<string, FoundColumn>>;
  /** Name to a hash of all that the function does. */
  readonly functions: Readonly<Record<string, string>>;
  /** Name to pg_trigger.tgenabled. */
  readonly triggers: Readonly<Record<string, string>>;
}

/** A partition, or a table that inherits, down to the last. */
export interface FoundRelation {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly triggers: Readonly<Record<string, string>>;
}

/** Quoted and schema-qualified. */
export const relationName = ({ schema, name }: FoundRelation): string =>
  `${quoteName(schema)}.${quoteName(name)}`;

export interface TableNow {
  readonly table: string;
  /** pg_class.relkind; null: there is none of this name. */
  readonly kind: string | null;
  /** Null: there is none of this name. */
  readonly found: Found | null;
  readonly mayRead: boolean;
  /** Column sets that a unique index over all rows keeps distinct, each sorted. */
  readonly uniqueKeys: ReadonlyArray<readonly string[]>;
  /** Null: it is not captured. */
  readonly capture: {
    readonly id: number;
    readonly plan: CapturePlan;
    /** Null where a migration of version 2 was the last to put triggers on. */
    readonly installed: Found | null;
  } | null;
  /** Those below the table that lack one of the triggers that were installed, or have one that is off. */
  readonly incomplete: readonly FoundRelation[];
  /** Foreign tables below it: they can have no triggers of this kind. */
  readonly foreign: readonly FoundRelation[];
  /** Relations with this capture's triggers that are neither the table nor below it. */
  readonly strays: readonly FoundRelation[];
  /** Logical subscriptions that write to the table, or below it. */
  readonly subscriptions: readonly string[];
}

export interface DriftFacts {
  readonly tables: readonly TableNow[];
  /** Who begins sessions in which triggers do not fire; nulls: every database, every role. */
  readonly replicas: ReadonlyArray<{ readonly database: string | null; readonly role: string | null }>;
  readonly outbox: OutboxFacts;
  /** This very session is one. */
  readonly isReplica: boolean;
  readonly role: string;
}

const relation = (alias: string, oid: string, more: string) =>
  `json_build_object('oid', ${oid}::text, 'schema', ${alias}.schema, 'name', ${alias}.name, 'triggers', ${more})`;

/** What an installation puts on a table, and on all below it, when nobody remembers: name to pg_trigger.tgenabled. */
export const usualTriggers: Found['triggers'] = {
  rowhook_insert: 'O',
  rowhook_update: 'O',
  rowhook_delete: 'O',
  rowhook_truncate: 'O',
};

// Names are joined with the catalogs instead of asked by to_regclass, which fails for a schema that the role may not enter. What is
// below the tables is found for all of them at once, and looked up row by row (LIMIT keeps the planner from reading all of pg_class,
// which may have a hundred thousand rows, for each). What belongs to a table is what relationsSql says.
const text = `
with recursive wanted as materialized (
  select g.ord, g.quoted, r.oid, r.relkind, r.relnamespace, c.id, c.plan, c.installed
  from unnest($1::text[], $2::text[], $3::text[]) with ordinality g(quoted, schema, name, ord)
  left join pg_namespace n on n.nspname = g.schema
  left join pg_class r on r.relnamespace = n.oid and r.relname = g.name
  left join (
    select id, table_name, ${planSql} as plan, installed from rowhook.capture where released_at is null
  ) c on c.table_name = g.quoted
), tree (id, relid) as (
  select id, oid from wanted where id is not null and oid is not null
  union
  select t.id, i.inhrelid from tree t join pg_inherits i on i.inhparent = t.relid
), member as materialized (
  select t.id, t.relid, r.relname as name, n.nspname as schema, r.relkind
  from tree t
  cross join lateral (select * from pg_class c where c.oid = t.relid limit 1) r
  join pg_namespace n on n.oid = r.relnamespace
  where r.relpersistence <> 't' and r.relkind in ('r', 'p', 'f')
    and (t.relid in (select oid from wanted where id = t.id) or not exists (
      select from rowhook.capture own where own.released_at is null
        and own.table_name = '"' || replace(n.nspname, '"', '""') || '"."' || replace(r.relname, '"', '""') || '"'))
), own as materialized (
  select w.id, p.oid
  from wanted w
  cross join lateral (
    select p.oid from pg_proc p
    where p.proname >= format('capture_%s_', w.id)::name and p.proname < format('capture_%s\`', w.id)::name
      and p.pronamespace = 'rowhook'::regnamespace
    limit 100
  ) p
  where w.id is not null
), carried as materialized (
  select own.id, g.tgrelid, r.relname as name, n.nspname as schema, jsonb_object_agg(g.tgname, g.tgenabled) as triggers
  from own
  cross join lateral (
    select d.objid from pg_depend d
    where d.refclassid = 'pg_proc'::regclass and d.refobjid = own.oid and d.classid = 'pg_trigger'::regclass limit 1000000
  ) d
  cross join lateral (select * from pg_trigger g where g.oid = d.objid limit 1) g
  cross join lateral (select * from pg_class c where c.oid = g.tgrelid limit 1) r
  join pg_namespace n on n.oid = r.relnamespace
  group by 1, 2, 3, 4
), below as materialized (
  select m.id, array_agg(m.relid) as all,
    json_agg(${relation('m', 'm.relid', `coalesce(k.triggers, '{}')`)} order by m.schema, m.name) filter (where m.relkind <> 'f' and exists (
      select from jsonb_each_text(coalesce(w.installed -> 'triggers', '${JSON.stringify(usualTriggers)}'::jsonb)) e
      where coalesce(k.triggers ->> e.key, '') not in (e.value, 'A'))) as incomplete,
    json_agg(${relation('m', 'm.relid', `'{}'::json`)} order by m.schema, m.name) filter (where m.relkind = 'f') as foreign
  from member m join wanted w on w.id = m.id and w.oid <> m.relid
  left join carried k on k.id = m.id and k.tgrelid = m.relid
  group by 1
)
select coalesce(json_agg(json_build_object(
    'table', w.quoted, 'kind', w.relkind,
    'found', case when w.oid is not null then rowhook.capture_found(w.id, w.oid) end,
    'mayRead', coalesce(has_table_privilege(w.oid, 'SELECT') and has_schema_privilege(w.relnamespace, 'USAGE'), true),
    'uniqueKeys', coalesce((
      select json_agg((
        select json_agg(a.attname order by a.attname)
        from unnest(i.indkey[0:i.indnkeyatts - 1]) k(attnum)
        join pg_attribute a on a.attrelid = w.oid and a.attnum = k.attnum))
      from pg_index i
      where i.indrelid = w.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null), '[]'),
    'capture', case when w.id is not null then json_build_object('id', w.id, 'plan', w.plan, 'installed', w.installed) end,
    'incomplete', coalesce(b.incomplete, '[]'),
    'foreign', coalesce(b.foreign, '[]'),
    'strays', coalesce((
      select json_agg(${relation('s', 's.tgrelid', 's.triggers')} order by s.schema, s.name)
      from carried s where s.id = w.id and s.tgrelid <> coalesce(w.oid, 0) and s.tgrelid <> all (coalesce(b.all, '{}'))), '[]'),
    'subscriptions', coalesce((
      select json_agg(distinct s.subname) from pg_subscription_rel r join pg_subscription s on s.oid = r.srsubid
      where w.id is not null and r.srrelid = any (w.oid || coalesce(b.all, '{}'))), '[]')
  ) order by w.ord), '[]') as tables,
  (select coalesce(json_agg(json_build_object('database', b.datname, 'role', o.rolname)), '[]')
   from pg_db_role_setting s
   left join pg_database b on b.oid = s.setdatabase left join pg_roles o on o.oid = s.setrole
   where 'session_replication_role=replica' = any (s.setconfig)
     and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))) as replicas,
  ${outboxFacts('$4::text[]')} as outbox,
  current_setting('session_replication_role') = 'replica' as "isReplica",
  current_user as role
from wanted w left join below b on b.id = w.id`;

/** What is there of these tables, in one statement that reads the system's catalogs and rowhook.capture, and locks nothing. */
export async function driftFacts(db: Queryable, tables: readonly string[]): Promise<DriftFacts> {
  const names = tables.map(parseTable);
  const { rows } = await db.query<DriftFacts>(text, [
    tables,
    names.map(({ schema }) => schema),
    names.map(({ name }) => name),
    outboxPartitions,
  ]);
  return rows[0]!;
}
