import type { TestDatabase } from '../support/database.ts';

/** Everything but the system's own schemas, and knex's tables, which are not the application's. */
const ours = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
const notKnex = `c.relname !~ '^knex_migrations'`;

/** One line for each thing; each query gives its lines. */
const sections: Readonly<Record<string, string>> = {
  schemas: `select format('%s owner %s acl %s comment %s', n.nspname, n.nspowner::regrole, n.nspacl, obj_description(n.oid, 'pg_namespace'))
    from pg_namespace n where ${ours}`,
  relations: `select format('%s kind %s owner %s acl %s options %s persistence %s rls %s tablespace %s replica %s comment %s',
      c.oid::regclass, c.relkind, c.relowner::regrole, c.relacl, c.reloptions, c.relpersistence, c.relrowsecurity,
      c.reltablespace, c.relreplident, obj_description(c.oid, 'pg_class'))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and ${notKnex}`,
  columns: `select format('%s.%s %s #%s null %s default %s identity %s generated %s acl %s collation %s storage %s statistics %s comment %s',
      a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnum, not a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attacl, a.attcollation::regcollation, a.attstorage,
      a.attstattarget, col_description(a.attrelid, a.attnum))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where ${ours} and ${notKnex} and a.attnum > 0 and not a.attisdropped`,
  constraints: `select format('%s on %s: %s comment %s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid),
      obj_description(k.oid, 'pg_constraint'))
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace
    left join pg_class c on c.oid = k.conrelid where ${ours} and (c.oid is null or ${notKnex})`,
  indexes: `select format('%s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and ${notKnex}`,
  triggers: `select format('%s enabled %s', pg_get_triggerdef(g.oid), g.tgenabled)
    from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and not g.tgisinternal`,
  functions: `select format('%s acl %s owner %s', pg_get_functiondef(p.oid), p.proacl, p.proowner::regrole)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours} and p.prokind <> 'a'`,
  sequences: `select format('%s %s', s.seqrelid::regclass, to_jsonb(s) - 'seqrelid')
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and ${notKnex}`,
  views: `select format('%s: %s', c.oid::regclass, pg_get_viewdef(c.oid))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind in ('v', 'm')`,
  types: `select format('%s %s owner %s acl %s labels %s', t.typtype, t.oid::regtype, t.typowner::regrole, t.typacl,
      (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
    from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
    where ${ours} and t.typcategory <> 'A' and (c.oid is null or ${notKnex})`,
  policies: `select format('%s on %s', polname, polrelid::regclass) from pg_policy`,
  defaults: `select format('default acl %s %s', defaclrole::regrole, defaclacl) from pg_default_acl`,
  extensions: `select extname from pg_extension`,
  publications: `select pubname from pg_publication`,
  settings: `select format('%s %s', setrole, setconfig) from pg_db_role_setting
    where setdatabase = (select oid from pg_database where datname = current_database())`,
  database: `select format('owner %s acl %s', datdba::regrole, datacl) from pg_database where datname = current_database()`,
};

/** The whole schema of a database as text, in a form that is the same whenever the schema is. */
export async function schemaDump(database: TestDatabase): Promise<string> {
  const parts: string[] = [];
  for (const [name, sql] of Object.entries(sections)) {
    const { rows } = await database.query<{ line: string }>(
      `select line from (${sql}) t(line) order by line`,
    );
    parts.push(`# ${name}`, ...rows.map((row) => row.line));
  }
  return parts.join('\n');
}
