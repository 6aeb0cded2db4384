/**
 * A table with all that carries its triggers, itself first, as `oid`, `schema` and `name`: DML aimed straight at a partition, or at a
 * table that inherits, does not fire the parent's statement triggers; with triggers on both none fires twice. One that is captured
 * itself has triggers of its own, of the same names.
 * @param relid an expression for the table's oid
 */
export const relationsSql = (relid: string): string => `with recursive tree (relid) as (
       select ${relid} union select i.inhrelid from tree t join pg_inherits i on i.inhparent = t.relid
     )
     select c.oid, n.nspname as schema, c.relname as name
     from tree t join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and c.relpersistence <> 't'
       and (c.oid = ${relid} or not exists (
         select from rowhook.capture own where own.released_at is null
           and own.table_name = '"' || replace(n.nspname, '"', '""') || '"."' || replace(c.relname, '"', '""') || '"'))
     order by c.oid = ${relid} desc, n.nspname, c.relname`;
