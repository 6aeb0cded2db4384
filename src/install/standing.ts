import { samePlan } from '../capture/install.ts';
import { capturePlans } from '../capture/plan.ts';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import type { CapturePlan } from '../store/captures.ts';
import type { Queryable } from '../store/sql.ts';

/**
 * `captured`: by the catalog's plan. `outdated`: by the plan of another catalog. `incomplete`: a trigger is gone or switched off,
 * on the table or on a partition. `missing`: not captured.
 */
export type CaptureState = 'captured' | 'outdated' | 'incomplete' | 'missing';

export interface CaptureStanding {
  /** The tables of the catalog, by name. */
  readonly tables: ReadonlyArray<{ readonly table: string; readonly state: CaptureState }>;
  /** Tables that are captured though the catalog has no events for them. */
  readonly others: readonly string[];
}

interface CaptureRow {
  table: string;
  plan: CapturePlan;
  /** Triggers of ours that fire, of how many there should be. */
  firing: number;
  wanted: number;
}

/** Compares what is captured with what the catalog needs. Reads the system's catalogs and rowhook.capture only. */
export async function captureStanding(db: Queryable, catalog: Catalog): Promise<CaptureStanding> {
  const { rows } = await db.query<CaptureRow>(
    `select c.table_name as table, c.plan, 4 * count(distinct t.relid)::int as wanted,
       (count(*) filter (where g.tgenabled in ('O', 'A')))::int as firing
     from rowhook.capture c
     left join lateral (
       select to_regclass(c.table_name) as relid union select relid from pg_partition_tree(to_regclass(c.table_name))
     ) t on exists (select from pg_class r where r.oid = t.relid and r.relkind in ('r', 'p'))
     left join lateral (
       select g.tgenabled from pg_trigger g join pg_proc p on p.oid = g.tgfoid
       where g.tgrelid = t.relid and p.pronamespace = 'rowhook'::regnamespace
         and p.proname ~ ('^capture_' || c.id || '_')
     ) g on true
     where c.released_at is null
     group by c.table_name, c.plan
     order by c.table_name`,
  );
  const plans = capturePlans(catalog);
  const found = new Map(rows.map((row) => [row.table, row]));
  const needed = new Set(plans.map((plan) => plan.table));
  return {
    tables: plans.map((plan) => ({ table: plan.table, state: stateOf(plan, found.get(plan.table)) })),
    others: rows.map((row) => row.table).filter((table) => !needed.has(table)),
  };
}

function stateOf(plan: CapturePlan, row: CaptureRow | undefined): CaptureState {
  if (!row) return 'missing';
  if (!samePlan(row.plan, plan)) return 'outdated';
  return row.wanted > 0 && row.firing >= row.wanted ? 'captured' : 'incomplete';
}

const clauses = {
  missing: 'is not captured',
  outdated: 'is captured by the plan of another catalog',
  incomplete: 'has lost triggers, or has some that are switched off',
};

/**
 * Makes sure that every change that the catalog waits for is written down.
 * @throws RowhookError `not_captured` naming every table that is not captured as the catalog needs it
 */
export async function checkCaptured(db: Queryable, catalog: Catalog): Promise<void> {
  const { tables } = await captureStanding(db, catalog);
  const wrong = tables.flatMap(({ table, state }) => (state === 'captured' ? [] : [{ table, state }]));
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
