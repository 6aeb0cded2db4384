import { parseTable } from '../catalog/table-name.ts';
import type { Queryable } from './sql.ts';

/** What the database says of one table of the application. */
export interface TableFacts {
  /** Quoted and schema-qualified. */
  readonly table: string;
  /** pg_class.relkind: r table, p partitioned table, v view, f foreign table, ... */
  readonly kind: string;
  /** Column name to its type as SQL writes it, e.g. `numeric(12,2)`. */
  readonly columns: ReadonlyMap<string, string>;
  /** Columns of a string type. */
  readonly textColumns: ReadonlySet<string>;
  /** Columns whose text no setting of a session changes: integers, numeric, strings, uuid, boolean. */
  readonly plainColumns: ReadonlySet<string>;
  readonly notNull: ReadonlySet<string>;
  /** Column sets that a unique index over all rows keeps distinct, each sorted. */
  readonly uniqueKeys: ReadonlyArray<readonly string[]>;
  readonly mayCreateTriggers: boolean;
}

interface FactsRow {
  kind: string;
  may_trigger: boolean;
  columns: Array<{ name: string; type: string; text: boolean; plain: boolean; not_null: boolean }> | null;
  unique_keys: string[][] | null;
}

/**
 * Facts about a table, or undefined when there is none of this name. Reads the catalogs only, takes no lock on the table. Not by
 * to_regclass, which fails for a schema that the role may not enter.
 */
export async function tableFacts(db: Queryable, table: string): Promise<TableFacts | undefined> {
  const { schema, name } = parseTable(table);
  const { rows } = await db.query<FactsRow>(
    `select c.relkind as kind,
       has_table_privilege(c.oid, 'TRIGGER') and pg_has_role(c.relowner, 'USAGE') as may_trigger,
       (select json_agg(json_build_object(
           'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
           'text', t.typcategory = 'S',
           'plain', t.typcategory = 'S' or t.oid = any ('{int2,int4,int8,numeric,uuid,bool}'::regtype[]),
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
    columns: new Map(columns.map((column) => [column.name, column.type])),
    textColumns: new Set(columns.filter((column) => column.text).map((column) => column.name)),
    plainColumns: new Set(columns.filter((column) => column.plain).map((column) => column.name)),
    notNull: new Set(columns.filter((column) => column.not_null).map((column) => column.name)),
    uniqueKeys: row.unique_keys ?? [],
    mayCreateTriggers: row.may_trigger,
  };
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
