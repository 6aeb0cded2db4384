import { quoteName } from '../catalog/table-name.ts';
import { type CapturePlan, currentCapture } from '../store/captures.ts';
import { relationsSql } from '../store/relations.ts';
import type { Queryable } from '../store/sql.ts';
import { type TableFacts, tableFacts } from '../store/tables.ts';
import { checkTable } from './check.ts';
import { dropOddSql } from './oddities.ts';
import type { CaptureId, ColumnFacts } from './row-sql.ts';
import {
  functionName,
  functionSql,
  type Operation,
  operations,
  triggerName,
  triggerSql,
} from './trigger-sql.ts';

/**
 * Puts the triggers of one plan on its table and on all that lies below it, in the transaction that `db` is in; returns the capture's
 * id. Where the table is captured by the very same plan, its functions are written again, and triggers are made where they are missing
 * or are not what they should be. A changed plan gets an id of its own: changes that wait in the outbox are still read by the old
 * one. A table that was renamed keeps its captures.
 *
 * Takes SHARE ROW EXCLUSIVE on each relation that lacks a trigger until commit: the caller sets a short lock_timeout and commits
 * after each table. `startCapture` and `putTriggers` do the same in several transactions.
 * @throws RowhookError as `checkTable`
 */
export async function captureTable(db: Queryable, plan: CapturePlan): Promise<number> {
  const id = await startCapture(db, plan);
  for (const relation of await lackingRelations(db, id, plan.table)) await putTriggers(db, id, relation);
  return id;
}

/**
 * The first part of it: functions, and the triggers of the table itself, but not yet those of what lies below. A statement fires the
 * triggers of the one relation that it names, so no change is written down twice meanwhile; one that names a relation which
 * is not done yet is not seen, as it was not before. Where another plan is replaced all is done: each statement of
 * a transaction must be written down by the same plan.
 * @throws RowhookError as `checkTable`
 */
export async function startCapture(db: Queryable, plan: CapturePlan): Promise<number> {
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
  }
  const relations = current && !same ? await leavesAndSelf(db, plan.table) : [plan.table];
  for (const relation of relations) await putTriggers(db, id, relation);
  if (current && !same) await dropFunctions(db, current.id);
  await db.query('select rowhook.remember_capture($1)', [id]);
  return id;
}

/** The table and what lies below it, where a trigger is missing or is not what it should be. Locks nothing. */
export async function lackingRelations(db: Queryable, captureId: number, table: string): Promise<string[]> {
  const { rows } = await db.query<NamedRelation>(
    `select r.schema, r.name from (${relationsSql('to_regclass($1)::oid')}) r where rowhook.lacking_triggers($2, r.oid) <> '{}'`,
    [table, captureId],
  );
  return rows.map(relationName);
}

/**
 * Makes the triggers that one relation lacks; nothing where it is gone.
 * @param relation quoted and schema-qualified
 */
export async function putTriggers(db: Queryable, captureId: number, relation: string): Promise<void> {
  const { rows } = await db.query<{ operation: Operation }>(
    'select unnest(rowhook.lacking_triggers($1, c.oid)) as operation from pg_class c where c.oid = to_regclass($2)',
    [captureId, relation],
  );
  if (rows.length === 0) return;
  // At once: writers wait for as long as it takes.
  await db.query(rows.map(({ operation }) => triggerSql(captureId, operation, relation)).join(';\n'));
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
  const { rows } = await db.query<NamedRelation>(relationsSql('to_regclass($1)::oid'), [table]);
  return rows.map(relationName);
}

interface NamedRelation {
  schema: string;
  name: string;
}

const relationName = ({ schema, name }: NamedRelation): string => `${quoteName(schema)}.${quoteName(name)}`;
