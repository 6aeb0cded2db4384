import { checkTable } from '../capture/check.ts';
import { capturePlans } from '../capture/plan.ts';
import { quoteName } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import type { CapturePlan } from '../store/captures.ts';
import { explainPrivilege, membership, type Owner } from '../store/privilege.ts';
import type { Queryable } from '../store/sql.ts';
import { tableFacts } from '../store/tables.ts';
import { readColumns } from './catalog-tables.ts';

/**
 * Whether the database has everything that the catalog names. `capture`: this role is about to put triggers on these plans'
 * tables. `read`: it is about to read every table that payloads show. Changes nothing, locks nothing.
 * @throws RowhookError with all that is wrong in its message, and the code of the first: `table_missing`, `column_missing`,
 *   `key_missing`, `table_unsupported`, `privilege_missing`
 */
export async function checkCatalog(
  db: Queryable,
  catalog: Catalog,
  purpose: 'read' | { readonly capture: readonly CapturePlan[] },
): Promise<void> {
  const role = await currentRole(db);
  const mistakes: RowhookError[] = [];
  const collect = async (check: () => Promise<void>): Promise<void> => {
    try {
      await check();
    } catch (error) {
      // A schema that this role may not enter hides its tables even from to_regclass.
      const known = explainPrivilege(error, role);
      if (!(known instanceof RowhookError)) throw known;
      mistakes.push(known);
    }
  };
  const plans = purpose === 'read' ? capturePlans(catalog) : purpose.capture;
  for (const plan of plans) {
    await collect(async () => {
      const facts = await tableFacts(db, plan.table);
      // Left to us, who can say whose table it is. Who only reads needs no triggers of its own.
      checkTable(plan, facts && { ...facts, mayCreateTriggers: true });
      if (purpose !== 'read' && facts && !facts.mayCreateTriggers) throw await notOwner(db, plan.table, role);
    });
  }
  const failed = new Set(mistakes.map((mistake) => mistake.where));
  for (const [table, columns] of readColumns(catalog)) {
    if (!failed.has(table))
      await collect(() => checkRead(db, table, columns, purpose === 'read' ? role : undefined));
  }
  throwAll(mistakes);
}

async function checkRead(
  db: Queryable,
  table: string,
  columns: ReadonlySet<string>,
  reader: string | undefined,
): Promise<void> {
  const facts = await tableFacts(db, table);
  if (!facts) {
    throw new RowhookError('table_missing', `table ${table} does not exist in this database`, {
      where: table,
      fix: 'Correct the table in the catalog, or connect to the database that has it.',
    });
  }
  const lost = [...columns].filter((column) => !facts.columns.has(column));
  if (lost.length > 0) {
    const names = lost.map((column) => `"${column}"`).join(', ');
    throw new RowhookError(
      'column_missing',
      `${table} has no column ${names}; it has ${[...facts.columns.keys()].join(', ')}`,
      { where: table, fix: 'Correct the field of the catalog that names it.' },
    );
  }
  if (reader === undefined) return;
  const { rows } = await db.query<{ may: boolean }>(`select has_table_privilege($1, 'SELECT') as may`, [
    table,
  ]);
  if (rows[0]?.may) return;
  throw new RowhookError('privilege_missing', `role ${quoteName(reader)} may not read ${table}`, {
    where: table,
    fix: `GRANT SELECT ON ${table} TO ${quoteName(reader)};`,
  });
}

async function notOwner(db: Queryable, table: string, role: string): Promise<RowhookError> {
  const { rows } = await db.query<Owner>(
    'select rolname as name, rolsuper as superuser from pg_roles where oid = (select relowner from pg_class where oid = to_regclass($1))',
    [table],
  );
  const owner = rows[0]!;
  return new RowhookError(
    'privilege_missing',
    `role ${quoteName(role)} may not create triggers on ${table}, which belongs to ${quoteName(owner.name)}`,
    { where: table, fix: membership(owner, role) },
  );
}

async function currentRole(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ role: string }>('select current_user as role');
  return rows[0]?.role ?? '';
}

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
