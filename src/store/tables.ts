import { parseTable } from '../catalog/table-name.ts';
import { makesForeignJson } from './own-types.ts';
import type { Queryable } from './sql.ts';

/** What the database says of one table of the application. */
export interface TableFacts {
  /** Quoted and schema-qualified. */
  readonly table: string;
  /** pg_class.relkind: r table, p partitioned table, v view, f foreign table, ... */
  readonly kind: string;
  /** Only the session that made it sees it. */
  readonly temporary: boolean;
  /** What it is a partition of, or inherits from, quoted and schema-qualified. */
  readonly parents: readonly string[];
  /** Column name to its type as SQL writes it, e.g. `numeric(12,2)`. */
  readonly columns: ReadonlyMap<string, string>;
  /** Columns of a string type. */
  readonly textColumns: ReadonlySet<string>;
  /** Columns whose text no setting of a session changes: integers, numeric, strings, uuid, boolean. */
  readonly plainColumns: ReadonlySet<string>;
  /** Columns that are computed when they are read and stored nowhere, with the columns that they are made of. */
  readonly virtualColumns: ReadonlyMap<string, readonly string[]>;
  /** Columns whose values may be of any size. */
  readonly longColumns: ReadonlySet<string>;
  readonly arrayColumns: ReadonlySet<string>;
  /** Columns of which JSON may be made by a function of the application's. */
  readonly unsafeColumns: ReadonlySet<string>;
  readonly notNull: ReadonlySet<string>;
  /** Column sets that a unique index over all rows keeps distinct, each sorted. */
  readonly uniqueKeys: ReadonlyArray<readonly string[]>;
  readonly mayCreateTriggers: boolean;
}

interface ColumnRow {
  name: string;
  type: string;
  text: boolean;
  plain: boolean;
  not_null: boolean;
  long: boolean;
  is_array: boolean;
  unsafe: boolean;
  /** Null: it is not virtual. */
  made_of: string[] | null;
}

interface FactsRow {
  kind: string;
  temporary: boolean;
  parents: string[];
  may_trigger: boolean;
  columns: ColumnRow[] | null;
  unique_keys: string[][] | null;
}

/**
 * Facts about a table, or undefined when there is none of this name. Reads the catalogs only, takes no lock on the table. Not by
 * to_regclass, which fails for a schema that the role may not enter.
 */
export async function tableFacts(db: Queryable, table: string): Promise<TableFacts | undefined> {
  const { schema, name } = parseTable(table);
  const { rows } = await db.query<FactsRow>(
    `select c.relkind as kind, c.relpersistence = 't' as temporary,
       array(
         select format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(p.relname, '"', '""'))
         from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace n on n.oid = p.relnamespace
         where i.inhrelid = c.oid order by i.inhseqno) as parents,
       has_table_privilege(c.oid, 'TRIGGER') and pg_has_role(c.relowner, 'USAGE') as may_trigger,
       (select json_agg(json_build_object(
           'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
           'text', t.typcategory = 'S',
           'plain', t.typcategory = 'S' or t.oid = any ('{int2,int4,int8,numeric,uuid,bool}'::regtype[]),
           'long', a.attlen = -1,
           'is_array', t.typcategory = 'A',
           'unsafe', ${makesForeignJson('a.atttypid')},
           'made_of', case when a.attgenerated = 'v' then array(
             select b.attname from pg_attrdef e
             join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = e.oid
             join pg_attribute b on b.attrelid = d.refobjid and b.attnum = d.refobjsubid
             where e.adrelid = c.oid and e.adnum = a.attnum and d.refclassid = 'pg_class'::regclass
               and d.refobjid = c.oid and d.refobjsubid > 0 and d.refobjsubid <> a.attnum
             order by b.attnum) end,
           'not_null', a.attnotnull) order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select json_agg((
           select json_agg(a.attname order by a.attname)
           from unnest(i.indkey[0:i.indnkeyatts - 1]) k(attnum)
           join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum))
        from pg_index i
        where i.indrelid = c.oid and i.indisunique and i.indisvalid
          and i.indpred is null and i.indexprs is null) as unique_keys
     from pg_class c
     where c.relname = $2 and c.relnamespace = (select oid from pg_namespace where nspname = $1)`,
    [schema, name],
  );
  const row = rows[0];
  if (!row) return undefined;
  const columns = row.columns ?? [];
  return {
    table,
    kind: row.kind,
    temporary: row.temporary,
    parents: row.parents,
    columns: new Map(columns.map((column) => [column.name, column.type])),
    textColumns: namesOf(columns, 'text'),
    plainColumns: namesOf(columns, 'plain'),
    virtualColumns: new Map(columns.flatMap(({ name, made_of }) => (made_of ? [[name, made_of]] : []))),
    longColumns: namesOf(columns, 'long'),
    arrayColumns: namesOf(columns, 'is_array'),
    unsafeColumns: namesOf(columns, 'unsafe'),
    notNull: namesOf(columns, 'not_null'),
    uniqueKeys: row.unique_keys ?? [],
    mayCreateTriggers: row.may_trigger,
  };
}

const namesOf = (
  columns: readonly ColumnRow[],
  flag: 'text' | 'plain' | 'long' | 'is_array' | 'unsafe' | 'not_null',
) => new Set(columns.filter((column) => column[flag]).map(({ name }) => name));

export interface ColumnType {
  /** As SQL writes it, without a modifier; of a domain the type below it. A cast to it neither cuts a value nor checks it. */
  readonly type: string;
  /** Of a string type. */
  readonly isText: boolean;
  /** A function of the application's may make JSON of it; last rows have its text. */
  readonly isUnsafe: boolean;
}

/** Column name to type, in the table's order. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>;

/** The column types of tables, by their quoted names; those that do not exist have no entry. */
export async function columnTypes(
  db: Queryable,
  tables: readonly string[],
): Promise<Map<string, ColumnTypes>> {
  const names = tables.map(parseTable);
  const { rows } = await db.query<{
    ord: number;
    name: string;
    type: string;
    text: boolean;
    unsafe: boolean;
  }>({
    name: 'rowhook_column_types',
    text: `select g.ord::int as ord, a.attname as name, t.typcategory = 'S' as text,
        ${makesForeignJson('a.atttypid')} as unsafe,
        (with recursive below (oid, base) as (
           select t.oid, t.typbasetype
           union all
           select b.oid, b.typbasetype from below join pg_type b on b.oid = below.base)
         select format_type(below.oid, -1) from below where below.base = 0) as type
      from unnest($1::text[], $2::text[]) with ordinality g(schema, name, ord)
      join pg_namespace n on n.nspname = g.schema
      join pg_class c on c.relnamespace = n.oid and c.relname = g.name
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      order by g.ord, a.attnum`,
    values: [names.map(({ schema }) => schema), names.map(({ name }) => name)],
  });
  const found = new Map<string, Map<string, ColumnType>>();
  for (const { ord, name, type, text, unsafe } of rows) {
    const table = tables[ord - 1]!;
    const columns = found.get(table) ?? new Map<string, ColumnType>();
    found.set(table, columns.set(name, { type, isText: text, isUnsafe: unsafe }));
  }
  return found;
}

/** What a role may do with a table. */
export interface TableRights {
  readonly mayEnterSchema: boolean;
  readonly mayRead: boolean;
}

/** The rights of a role on a table that exists. */
export async function tableRights(db: Queryable, table: string, role: string): Promise<TableRights> {
  const { schema, name } = parseTable(table);
  const { rows } = await db.query<TableRights>(
    `select has_schema_privilege($3, n.oid, 'USAGE') as "mayEnterSchema", has_table_privilege($3, c.oid, 'SELECT') as "mayRead"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
    [schema, name, role],
  );
  return rows[0] ?? { mayEnterSchema: true, mayRead: true };
}

/** An index as a lookup by equal values sees it. */
export interface IndexFacts {
  /** In their order; null is an expression. */
  readonly columns: ReadonlyArray<string | null>;
  readonly unique: boolean;
  /** Checked at the end of each statement at the latest, not at that of the transaction. */
  readonly immediate: boolean;
}

export interface IndexedTable {
  readonly indexes: readonly IndexFacts[];
  /** As the planner estimates them; null: nobody has counted yet. */
  readonly rows: number | null;
}

/** The valid indexes over all rows of a table that find rows by equal values (btree, hash), and how many rows it has, roughly. */
export async function tableIndexes(db: Queryable, table: string): Promise<IndexedTable> {
  const { schema, name } = parseTable(table);
  const { rows } = await db.query<{ indexes: IndexFacts[] | null; rows: number | null }>(
    `select
       (select json_agg(json_build_object(
           'columns', (
             select json_agg(a.attname order by k.ord)
             from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(attnum, ord)
             left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0),
           'unique', i.indisunique,
           'immediate', i.indimmediate))
        from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
        where i.indrelid = c.oid and i.indisvalid and i.indpred is null and m.amname in ('btree', 'hash')) as indexes,
       (select nullif(sum(greatest(l.reltuples, 0)), 0)::float8 from pg_class l
         where l.oid = c.oid or l.oid in (select relid from pg_partition_tree(c.oid) where isleaf)) as rows
     from pg_class c
     where c.relname = $2 and c.relnamespace = (select oid from pg_namespace where nspname = $1)`,
    [schema, name],
  );
  return { indexes: rows[0]?.indexes ?? [], rows: rows[0]?.rows ?? null };
}
