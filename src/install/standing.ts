import { samePlan } from '../capture/install.ts';
import { capturePlans } from '../capture/plan.ts';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { type CaptureFacts, captureFacts } from '../store/capture-facts.ts';
import type { CapturePlan } from '../store/captures.ts';
import type { Queryable } from '../store/sql.ts';
import { triggerFaults } from './changes.ts';

/**
 * `captured`: by the catalog's plan. `outdated`: by the plan of another catalog. `incomplete`: a trigger is gone or switched off,
 * on the table or on a partition, or the table is gone. `missing`: not captured.
 */
export type CaptureState = 'captured' | 'outdated' | 'incomplete' | 'missing';

export interface CaptureStanding {
  /** The tables of the catalog, by name. */
  readonly tables: ReadonlyArray<{ readonly table: string; readonly state: CaptureState }>;
  /** Tables that are captured though the catalog has no events for them. */
  readonly others: readonly string[];
}

/** Compares what is captured with what the catalog needs. Reads the system's catalogs and rowhook.capture only. */
export async function captureStanding(db: Queryable, catalog: Catalog): Promise<CaptureStanding> {
  const captures = await captureFacts(db);
  const plans = capturePlans(catalog);
  const found = new Map(captures.map((capture) => [capture.plan.table, capture]));
  const needed = new Set(plans.map((plan) => plan.table));
  return {
    tables: plans.map((plan) => ({ table: plan.table, state: stateOf(plan, found.get(plan.table)) })),
    others: captures.map(({ plan }) => plan.table).filter((table) => !needed.has(table)),
  };
}

function stateOf(plan: CapturePlan, capture: CaptureFacts | undefined): CaptureState {
  if (!capture) return 'missing';
  if (!samePlan(capture.plan, plan)) return 'outdated';
  return capture.relations.length > 0 && triggerFaults(capture).length === 0 ? 'captured' : 'incomplete';
}

const clauses = {
  missing: 'is not captured',
  outdated: 'is captured by the plan of another catalog',
};

/**
 * Makes sure that every table of the catalog was captured for it. One that has lost triggers since, or that has gone, is drift, which
 * the daemon reports while it runs: it would lose more by being down.
 * @throws RowhookError `not_captured` naming every table that was not captured as the catalog needs it
 */
export async function checkCaptured(db: Queryable, catalog: Catalog): Promise<void> {
  const { tables } = await captureStanding(db, catalog);
  const wrong = tables.flatMap(({ table, state }) =>
    state === 'missing' || state === 'outdated' ? [{ table, state }] : [],
  );
  if (wrong.length === 0) return;
  throw new RowhookError(
    'not_captured',
    wrong.map(({ table, state }) => `${table} ${clauses[state]}`).join('\n  '),
    {
      where: wrong[0]?.table,
      fix: 'Run `npx rowhook install`, or `npx knex migrate:latest` with a new migration that calls capture(knex, catalog) of rowhook/migrations.',
    },
  );
}
