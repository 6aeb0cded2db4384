import { quoteName } from '../catalog/table-name.ts';
import type { Queryable } from '../store/sql.ts';

/** A table as it was found. */
export interface SurveyedTable {
  readonly schema: string;
  readonly name: string;
  /** Quoted and schema-qualified. */
  readonly quoted: string;
  /** pg_class.relkind. */
  readonly kind: string;
  /** In their order. */
  readonly columns: readonly SurveyedColumn[];
  /** The primary key, else the shortest unique one without nulls; undefined: its rows cannot be told apart. */
  readonly key: readonly string[] | undefined;
  readonly references: readonly Reference[];
  /** Others inherit from it: it shows their rows too. */
  readonly hasChildren: boolean;
  /** A table that it inherits from itself, quoted and schema-qualified. */
  readonly parent: string | null;
}

export interface SurveyedColumn {
  readonly name: string;
  /** As SQL writes it: `numeric(12,2)`. */
  readonly type: string;
  /** pg_type.typname of what a domain is made of, else of the type itself. */
  readonly base: string;
  /** pg_type.typtype of the same: b base, e enum, c composite, r range … */
  readonly baseKind: string;
  readonly array: boolean;
  readonly notNull: boolean;
}

/** A foreign key. */
export interface Reference {
  readonly columns: readonly string[];
  /** Quoted and schema-qualified. */
  readonly table: string;
  readonly to: readonly string[];
}

interface Row extends Omit<SurveyedTable, 'quoted' | 'references' | 'columns'> {
  columns: SurveyedColumn[] | null;
  references: Array<{ columns: string[]; schema: string; name: string; to: string[] }> | null;
}

/** What tools for migrations keep of themselves, in small letters. */
const bookkeeping = [
  '__drizzle_migrations',
  '__efmigrationshistory',
  '_prisma_migrations',
  'alembic_version',
  'ar_internal_metadata',
  'databasechangelog',
  'databasechangeloglock',
  'django_migrations',
  'doctrine_migration_versions',
  'flyway_schema_history',
  'goose_db_version',
  'knex_migrations',
  'knex_migrations_lock',
  'kysely_migration',
  'kysely_migration_lock',
  'migrations',
  'pgmigrations',
  'phinxlog',
  'schema_migrations',
  'sequelizemeta',
  'typeorm_metadata',
];

/**
 * Every table and view of an application, `public` first: not those of the server, of extensions, of rowhook, and of tools for
 * migrations, and not the partitions of a table. Reads the system's catalogs only.
 */
export async function surveyTables(db: Queryable): Promise<SurveyedTable[]> {
  const { rows } = await db.query<Row>(
    `with recursive base as (
       select t.oid, t.oid as at, t.typbasetype, t.typtype from pg_type t
       union all
       select b.oid, t.oid, t.typbasetype, t.typtype from base b join pg_type t on t.oid = b.typbasetype where b.typtype = 'd'
     )
     select n.nspname as schema, c.relname as name, c.relkind as kind,
       exists (select from pg_inherits i where i.inhparent = c.oid) and c.relkind = 'r' as "hasChildren",
       (select format('"%s"."%s"', replace(pn.nspname, '"', '""'), replace(p.relname, '"', '""'))
        from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
        where i.inhrelid = c.oid order by i.inhseqno limit 1) as parent,
       (select json_agg(json_build_object(
           'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'base', t.typname, 'baseKind', t.typtype,
           'array', t.typcategory = 'A', 'notNull', a.attnotnull) order by a.attnum)
        from pg_attribute a
        join base b on b.oid = a.atttypid and b.typtype <> 'd'
        join pg_type t on t.oid = b.at
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select columns from (
           select (
               select json_agg(a.attname order by k.ord)
               from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(attnum, ord)
               join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum) as columns,
             i.indisprimary, i.indnkeyatts, i.indexrelid
           from pg_index i
           where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
             and not exists (
               select from unnest(i.indkey[0:i.indnkeyatts - 1]) k(attnum)
               join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and not a.attnotnull)
           order by i.indisprimary desc, i.indimmediate desc, i.indnkeyatts, i.indexrelid
           limit 1) keys) as key,
       (select json_agg(json_build_object(
           'columns', (select json_agg(a.attname order by k.ord) from unnest(f.conkey) with ordinality k(attnum, ord)
                       join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum),
           'schema', fn.nspname, 'name', fc.relname,
           'to', (select json_agg(a.attname order by k.ord) from unnest(f.confkey) with ordinality k(attnum, ord)
                  join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum)) order by f.conkey)
        from pg_constraint f join pg_class fc on fc.oid = f.confrelid join pg_namespace fn on fn.oid = fc.relnamespace
        where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0) as references
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
       and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhook')
       and lower(c.relname) <> all ($1::text[])
       and not exists (
         select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     order by n.nspname <> 'public', n.nspname collate "C", c.relname collate "C"`,
    [bookkeeping],
  );
  return rows.map((row) => ({
    ...row,
    key: row.key ?? undefined,
    quoted: quoted(row.schema, row.name),
    columns: row.columns ?? [],
    references: (row.references ?? []).map(({ columns, schema, name, to }) => ({
      columns,
      table: quoted(schema, name),
      to,
    })),
  }));
}

const quoted = (schema: string, name: string): string => `${quoteName(schema)}.${quoteName(name)}`;

const kinds: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
};

/** Why a table cannot be captured, as a clause, or undefined where it can. Pure. */
export function obstacle({ kind, key, columns, parent }: SurveyedTable): string | undefined {
  const view = kinds[kind];
  if (view) return `is ${view}, which has no row changes of its own`;
  if (parent !== null) return `inherits from ${parent}, whose events are those of its rows too`;
  if (columns.length === 0) return 'has no columns';
  return key ? undefined : 'has no key: no primary key, and no unique one without nulls';
}
