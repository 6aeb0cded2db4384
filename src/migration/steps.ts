import { columnFacts } from '../capture/install.ts';
import { functionSql, operations } from '../capture/trigger-sql.ts';
import type { Changes } from '../install/changes.ts';
import type { CapturePlan } from '../store/captures.ts';
import { schemaSql } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import { type TableFacts, tableFacts } from '../store/tables.ts';

/** A plan with the SQL of its functions, frozen. */
export interface FrozenCapture {
  readonly plan: CapturePlan;
  /** Of each operation in its order, with `idMark` where the capture's id belongs. */
  readonly functions: readonly string[];
}

/** What a migration does to one table, and what takes it back. */
export interface CaptureStep {
  /** Quoted and schema-qualified. */
  readonly table: string;
  /** `renew`: the same plan's functions and triggers are written again, which needs no way back. */
  readonly kind: 'capture' | 'replace' | 'renew' | 'release';
  /** What it is captured by afterwards; undefined: by nothing. */
  readonly after: FrozenCapture | undefined;
  /** What it was captured by. Undefined: by nothing, or by what cannot be put back, as its table is gone. */
  readonly before: FrozenCapture | undefined;
}

/** All that a migration does. */
export interface MigrationSteps {
  readonly schema: {
    /** The version that the migration expects at least; 0: none. */
    readonly from: number;
    readonly files: ReadonlyArray<{ readonly version: number; readonly sql: string }>;
  };
  readonly captures: readonly CaptureStep[];
}

/** Stands for a capture's id, which is known when the migration runs. No name of a table or column holds it: Postgres refuses NUL. */
export const idMark = '\0id\0';
/** Stands for the table or partition that a trigger is put on. */
export const relationMark = '\0relation\0';

/**
 * Freezes what is to change as steps.
 * @param options.releaseOthers also takes the triggers off tables that no event needs
 */
export async function migrationSteps(
  db: Queryable,
  { schema, captures, others }: Changes,
  { releaseOthers }: { readonly releaseOthers: boolean },
): Promise<MigrationSteps> {
  const steps: CaptureStep[] = captures.map(({ plan, facts, current, faults }) => {
    const replaced = faults.some(({ kind }) => kind === 'plan_differs');
    return {
      table: plan.table,
      kind: current === undefined ? 'capture' : replaced ? 'replace' : 'renew',
      after: frozen(plan, facts),
      before: current && replaced ? frozen(current.plan, facts) : undefined,
    };
  });
  for (const { plan } of releaseOthers ? others : []) {
    const facts = await tableFacts(db, plan.table);
    steps.push({
      table: plan.table,
      kind: 'release',
      after: undefined,
      before: facts && frozen(plan, facts),
    });
  }
  const files = schema.from < schema.to ? schemaSql(schema.from) : [];
  return { schema: { from: schema.from, files }, captures: steps };
}

/** Whether there is anything to do. */
export const isEmpty = ({ schema, captures }: MigrationSteps): boolean =>
  schema.files.length === 0 && captures.length === 0;

function frozen(plan: CapturePlan, facts: TableFacts | undefined): FrozenCapture {
  const columns = facts ? columnFacts(facts) : { all: [], text: new Set<string>(), plain: new Set<string>() };
  return {
    plan,
    functions: operations.map((operation) => functionSql(idMark, plan, operation, columns)),
  };
}
