import { quoteName } from '../catalog/table-name.ts';
import { type CapturePlan, currentCapture } from '../store/captures.ts';
import { relationsSql } from '../store/relations.ts';
import type { Queryable } from '../store/sql.ts';
import { type TableFacts, tableFacts } from '../store/tables.ts';
import { checkTable } from './check.ts';
import { dropOddSql } from './oddities.ts';
import type { CaptureId, ColumnFacts } from './row-sql.ts';
import { functionName, functionSql, operations, triggerName, triggerSql } from './trigger-sql.ts';

/**
 * Puts the triggers of one plan on its table, in the transaction that `db` is in; returns the capture's id. Where the table is
 * captured by the very same plan, its functions are written again and nothing else happens. A changed plan gets an id of its
 * own: changes that wait in the outbox are still read by the old one. A table that was renamed keeps its captures.
 *
 * Takes SHARE ROW EXCLUSIVE on the table until commit: the caller sets a short lock_timeout and commits after each table.
 * @throws RowhookError as `checkTable`
 */
export async function captureTable(db: Queryable, plan: CapturePlan): Promise<number> {
  const facts = await tableFacts(db, plan.table);
  checkTable(plan, facts);
  await db.query('select rowhook.follow_table($1)', [plan.table]);
  const current = await currentCapture(db, plan.table);
  const same = current !== undefined && samePlan(current.plan, plan);
  if (current && !same) {
    await db.query('update rowhook.capture set released_at = now() where id = $1', [current.id]);
  }
  const id = same ? current.id : await insertCapture(db, plan);
  for (const operation of operations) {
    await db.query(functionSql(id, plan, operation, columnFacts(facts)));
    await db.query(`revoke all on function ${functionName(id, operation)}() from public`);
    for (const table of await leavesAndSelf(db, plan.table)) {
      await db.query(triggerSql(id, operation, table));
    }
  }
  if (current && !same) await dropFunctions(db, current.id);
  await db.query('select rowhook.remember_capture($1)', [id]);
  return id;
}

/** Takes the triggers off a table, in the transaction that `db` is in; false when it was not captured. Waiting changes stay. */
export async function releaseTable(db: Queryable, table: string): Promise<boolean> {
  const current = await currentCapture(db, table);
  if (!current) return false;
  for (const leaf of await leavesAndSelf(db, table)) {
    for (const operation of operations) {
      await db.query(`drop trigger if exists ${triggerName(operation)} on ${leaf}`);
    }
  }
  await dropFunctions(db, current.id);
  await db.query('update rowhook.capture set released_at = now() where id = $1', [current.id]);
  return true;
}

/** What the triggers' text depends on besides the plan. */
export const columnFacts = (facts: TableFacts): ColumnFacts => ({
  all: [...facts.columns.keys()],
  text: facts.textColumns,
  plain: facts.plainColumns,
  virtual: facts.virtualColumns,
  long: facts.longColumns,
  arrays: facts.arrayColumns,
  unsafe: facts.unsafeColumns,
});

/** Plans are stored as jsonb, which orders the keys of an object anew. */
export function samePlan(a: CapturePlan, b: CapturePlan): boolean {
  const canonical = (plan: CapturePlan) =>
    JSON.stringify([plan.table, plan.key, plan.classes, plan.values, plan.exclude ?? []]);
  return canonical(a) === canonical(b);
}

async function insertCapture(db: Queryable, plan: CapturePlan): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    'insert into rowhook.capture (table_name, plan) values ($1, $2) returning id',
    [plan.table, JSON.stringify(plan)],
  );
  return rows[0]!.id;
}

async function dropFunctions(db: Queryable, captureId: number): Promise<void> {
  for (const sql of dropFunctionsSql(captureId)) await db.query(sql);
}

/** What takes away all functions of a capture, with the triggers that are left. */
export const dropFunctionsSql = (captureId: CaptureId): string[] => [
  ...operations.map((operation) => `drop function if exists ${functionName(captureId, operation)}() cascade`),
  dropOddSql(captureId),
];

async function leavesAndSelf(db: Queryable, table: string): Promise<string[]> {
  const { rows } = await db.query<{ schema: string; name: string }>(relationsSql('to_regclass($1)::oid'), [
    table,
  ]);
  return rows.map((row) => `${quoteName(row.schema)}.${quoteName(row.name)}`);
}
