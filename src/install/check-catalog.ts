import { planColumns, storedColumns, tableProblems } from '../capture/check.ts';
import { capturePlans } from '../capture/plan.ts';
import { parseTable, quoteName, quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import type { CapturePlan } from '../store/captures.ts';
import { membership, type Owner } from '../store/privilege.ts';
import type { Queryable } from '../store/sql.ts';
import { tableFacts, tableRights } from '../store/tables.ts';
import { readColumns } from './catalog-tables.ts';

/** Who is about to do what. */
export interface Purpose {
  /** What is to be captured, now or already. */
  readonly plans: readonly CapturePlan[];
  /** Tables that this role is about to put triggers on. */
  readonly triggersOn: ReadonlySet<string>;
  /** The role that reads every table that payloads show; undefined: nobody does, for now. */
  readonly reader?: string | undefined;
}

/** Everything that the database lacks of what a catalog names, table by table. Changes nothing, locks nothing. */
export async function catalogProblems(
  db: Queryable,
  catalog: Catalog,
  { plans, triggersOn, reader }: Purpose,
): Promise<RowhookError[]> {
  const role = await currentRole(db);
  const planned = new Map(plans.map((plan) => [plan.table, plan]));
  const read = readColumns(catalog);
  const tenants = tenantColumns(catalog);
  const problems: RowhookError[] = [];
  for (const table of new Set([...planned.keys(), ...read.keys()])) {
    const plan = planned.get(table);
    const facts = await tableFacts(db, table);
    const columns = [...(plan ? planColumns(plan) : []), ...(read.get(table) ?? [])];
    const stored = [...(plan ? storedColumns(plan) : []), ...(tenants.get(table) ?? [])];
    problems.push(...tableProblems({ table, columns, stored, key: plan?.key }, facts));
    if (!facts) continue;
    if (triggersOn.has(table)) {
      problems.push(...(await schemaRefused(db, table, role)));
      if (!facts.mayCreateTriggers) problems.push(await notOwner(db, table, role));
    }
    if (reader !== undefined) problems.push(...(await readRefused(db, table, reader)));
  }
  return unique(problems);
}

/**
 * Whether the database has everything that the catalog names, where this role is about to put triggers on these plans' tables.
 * Changes nothing, locks nothing.
 * @throws RowhookError with all that is wrong in its message, and the code of the first: `table_missing`, `column_missing`,
 *   `column_unsupported`, `key_missing`, `table_unsupported`, `privilege_missing`
 */
export async function checkCatalog(
  db: Queryable,
  catalog: Catalog,
  { capture: plans }: { readonly capture: readonly CapturePlan[] },
): Promise<void> {
  const triggersOn = new Set(plans.map(({ table }) => table));
  throwAll(await catalogProblems(db, catalog, { plans, triggersOn }));
}

/**
 * Whether this role may read every table that payloads show, of those that are there. What has become of tables that were captured
 * once is drift: it keeps no daemon from starting, since nothing else would go on then.
 * @throws RowhookError `privilege_missing` naming all that is missing
 */
export async function checkRights(db: Queryable, catalog: Catalog): Promise<void> {
  const problems = await catalogProblems(db, catalog, {
    plans: capturePlans(catalog),
    triggersOn: new Set(),
    reader: await currentRole(db),
  });
  throwAll(problems.filter(({ code }) => code === 'privilege_missing'));
}

/** The columns that lead to a tenant: of a record that is gone they are read from its last row. */
function tenantColumns(catalog: Catalog): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { table, tenant } of Object.values(catalog.resources)) {
    for (let at = table, step = tenant; step !== undefined; ) {
      const [column, next] = typeof step === 'string' ? [step, undefined] : [step.from, step];
      found.set(quoteTable(at), [...(found.get(quoteTable(at)) ?? []), column]);
      at = next?.table ?? at;
      step = next?.tenant;
    }
  }
  return found;
}

async function schemaRefused(db: Queryable, table: string, role: string): Promise<RowhookError[]> {
  const { mayEnterSchema } = await tableRights(db, table, role);
  if (mayEnterSchema) return [];
  const schema = quoteName(parseTable(table).schema);
  return [
    new RowhookError('privilege_missing', `role ${quoteName(role)} may not use schema ${schema}`, {
      where: schema,
      fix: `GRANT USAGE ON SCHEMA ${schema} TO ${quoteName(role)};`,
    }),
  ];
}

async function readRefused(db: Queryable, table: string, role: string): Promise<RowhookError[]> {
  const { mayRead } = await tableRights(db, table, role);
  const refused = mayRead
    ? []
    : [
        new RowhookError('privilege_missing', `role ${quoteName(role)} may not read ${table}`, {
          where: table,
          fix: `GRANT SELECT ON ${table} TO ${quoteName(role)};`,
        }),
      ];
  return [...(await schemaRefused(db, table, role)), ...refused];
}

async function notOwner(db: Queryable, table: string, role: string): Promise<RowhookError> {
  const { schema, name } = parseTable(table);
  const { rows } = await db.query<Owner>(
    `select o.rolname as name, o.rolsuper as superuser
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
     where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  );
  const owner = rows[0]!;
  return new RowhookError(
    'privilege_missing',
    `role ${quoteName(role)} may not create triggers on ${table}, which belongs to ${quoteName(owner.name)}`,
    { where: table, fix: membership(owner, role) },
  );
}

/** The role that this connection acts as. */
export async function currentRole(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ role: string }>('select current_user as role');
  return rows[0]?.role ?? '';
}

/** A schema is refused once, however many tables it has. */
const unique = (problems: readonly RowhookError[]): RowhookError[] => [
  ...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values(),
];

function throwAll(mistakes: readonly RowhookError[]): void {
  const [first] = mistakes;
  if (!first) return;
  if (mistakes.length === 1) throw first;
  throw new RowhookError(first.code, mistakes.map((mistake) => mistake.message).join('\n  '), {
    where: first.where,
    fix: [...new Set(mistakes.flatMap((mistake) => mistake.fix ?? []))].join('\n    '),
    cause: first.cause,
  });
}
