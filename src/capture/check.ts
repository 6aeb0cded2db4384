import { RowhookError } from '../errors.ts';
import { type CapturePlan, everyColumn } from '../store/captures.ts';
import type { TableFacts } from '../store/tables.ts';

/**
 * Whether a table can be captured by a plan: it exists, is a table of ours to put triggers on, has the plan's columns, and its
 * key tells its rows apart. Pure.
 * @throws RowhookError `table_missing`, `table_unsupported`, `column_missing`, `key_missing`, `privilege_missing`
 */
export function checkTable(plan: CapturePlan, facts: TableFacts | undefined): asserts facts is TableFacts {
  const { table } = plan;
  if (!facts) {
    throw new RowhookError('table_missing', `table ${table} does not exist in this database`, {
      where: table,
      fix: 'Correct the table in the catalog, or connect to the database that has it.',
    });
  }
  if (facts.kind !== 'r' && facts.kind !== 'p') {
    throw new RowhookError(
      'table_unsupported',
      `${table} is ${kindName(facts.kind)}, which has no row changes of its own`,
      {
        where: table,
        fix: 'Name the table behind it.',
      },
    );
  }
  const needed = [...plan.key, ...plan.classes.flat(), ...plan.values];
  const lost = [...new Set(needed)].filter((column) => column !== everyColumn && !facts.columns.has(column));
  if (lost.length > 0) {
    throw new RowhookError(
      'column_missing',
      `${table} has no column ${lost.map((column) => `"${column}"`).join(', ')}; it has ${[...facts.columns.keys()].join(', ')}`,
      { where: table, fix: 'Correct the field, key or event of the catalog that names it.' },
    );
  }
  checkKey(plan, facts);
  if (!facts.mayCreateTriggers) {
    throw new RowhookError('privilege_missing', `this role may not create triggers on ${table}`, {
      where: table,
      fix: `Install as the role that owns ${table}.`,
    });
  }
}

function checkKey(plan: CapturePlan, facts: TableFacts): void {
  const wanted = [...plan.key].sort().join();
  const unique = facts.uniqueKeys.some((columns) => [...columns].sort().join() === wanted);
  const nullable = plan.key.filter((column) => !facts.notNull.has(column));
  if (unique && nullable.length === 0) return;
  const found =
    facts.uniqueKeys.length === 0
      ? 'it has no unique index'
      : `its unique indexes are on ${facts.uniqueKeys.map((columns) => `(${columns.join(', ')})`).join(' ')}`;
  throw new RowhookError(
    'key_missing',
    `${plan.table} needs a unique index on (${plan.key.join(', ')}) with no nulls${unique ? `, but ${nullable.join(', ')} may be null` : `; ${found}`}`,
    { where: plan.table, fix: 'Name the key in the catalog, or give the table a primary key.' },
  );
}

function kindName(kind: string): string {
  const names: Record<string, string> = {
    v: 'a view',
    m: 'a materialized view',
    f: 'a foreign table',
    S: 'a sequence',
    i: 'an index',
  };
  return names[kind] ?? 'not a table';
}
