import { columnFacts, samePlan } from '../capture/install.ts';
import { capturePlans } from '../capture/plan.ts';
import { functionSql, type Operation, operations } from '../capture/trigger-sql.ts';
import type { Catalog } from '../catalog/types.ts';
import { type CaptureFacts, captureFacts } from '../store/capture-facts.ts';
import type { CapturePlan } from '../store/captures.ts';
import { schemaVersions } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import { type TableFacts, tableFacts } from '../store/tables.ts';

/** Why a table's capture is not what the catalog needs. */
export type CaptureFault =
  | { readonly kind: 'not_captured' | 'plan_differs' | 'function_differs' }
  /** On the table itself, or on a partition of it. */
  | {
      readonly kind: 'trigger_missing' | 'trigger_disabled';
      readonly relation: string;
      readonly operations: readonly string[];
    };

export interface CaptureChange {
  readonly plan: CapturePlan;
  /** Undefined where the table does not exist. */
  readonly facts: TableFacts | undefined;
  /** As it is captured now. */
  readonly current: CaptureFacts | undefined;
  /** At least one. */
  readonly faults: readonly CaptureFault[];
}

/** What `rowhook install` would do. */
export interface Changes {
  readonly schema: { readonly from: number; readonly to: number };
  readonly captures: readonly CaptureChange[];
  /** Tables that are captured though no event of the catalog needs them. */
  readonly others: readonly CaptureFacts[];
}

/**
 * Compares what is installed with what a catalog needs. Reads only.
 * @throws RowhookError as schemaVersions
 */
export async function neededChanges(db: Queryable, catalog: Catalog): Promise<Changes> {
  const schema = await schemaVersions(db);
  const found = schema.from === 0 ? [] : await captureFacts(db);
  const current = new Map(found.map((capture) => [capture.plan.table, capture]));
  const plans = capturePlans(catalog);
  const captures: CaptureChange[] = [];
  for (const plan of plans) {
    const change = { plan, facts: await tableFacts(db, plan.table), current: current.get(plan.table) };
    const faults = captureFaults(change);
    if (faults.length > 0) captures.push({ ...change, faults });
  }
  const needed = new Set(plans.map(({ table }) => table));
  return { schema, captures, others: found.filter(({ plan }) => !needed.has(plan.table)) };
}

/** Pure. */
function captureFaults({ plan, facts, current }: Omit<CaptureChange, 'faults'>): CaptureFault[] {
  if (!current) return [{ kind: 'not_captured' }];
  if (!samePlan(current.plan, plan)) return [{ kind: 'plan_differs' }];
  return [
    ...triggerFaults(current),
    ...(facts && functionsDiffer(current, facts) ? [{ kind: 'function_differs' as const }] : []),
  ];
}

/** Triggers of a capture that are gone, or do not fire for an application's writes. Pure. */
export function triggerFaults({ relations }: Pick<CaptureFacts, 'relations'>): CaptureFault[] {
  return relations.flatMap(({ name, triggers }) => {
    const missing = operations.filter((operation) => triggers[operation] === undefined);
    const disabled = operations.filter(
      (operation) => triggers[operation] !== undefined && !fires(operation, triggers[operation]),
    );
    return [
      ...(missing.length > 0
        ? [{ kind: 'trigger_missing' as const, relation: name, operations: missing }]
        : []),
      ...(disabled.length > 0
        ? [{ kind: 'trigger_disabled' as const, relation: name, operations: disabled }]
        : []),
    ];
  });
}

/** pg_trigger.tgenabled: O for an application's writes, R for those with session_replication_role = replica, A for both, D for none. */
const fires = (operation: Operation, enabled: string): boolean =>
  enabled === 'A' || enabled === (operation === 'bypass' ? 'R' : 'O');

/** Whether another program, or the table as it was then, made the functions: they do their work, but would be written otherwise now. */
function functionsDiffer({ id, plan, functions }: CaptureFacts, facts: TableFacts): boolean {
  const texts = operations.map((operation) => functionSql(id, plan, operation, columnFacts(facts)));
  return texts
    .flatMap((text) => [...text.matchAll(written)])
    .some(([, name = '', head = '', , source]) => {
      const { source: found, settings = [] } = functions[name] ?? {};
      const fixed = (text: string) => text.includes('datestyle');
      return source !== found || fixed(head) !== fixed(settings.join(' ').toLowerCase());
    });
}

/** The functions in a text of functionSql: name, settings, quote, source. */
const written = /^create or replace function rowhook\.capture_\d+_([a-z]+)\((.*?)\nas (\$\w+\$)(.*?)\3/gms;
