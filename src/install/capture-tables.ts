import { lackingRelations, putTriggers, releaseTable, startCapture } from '../capture/install.ts';
import { capturePlans } from '../capture/plan.ts';
import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { capturedTables, currentCapture } from '../store/captures.ts';
import { checkSchema } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import { checkCatalog } from './check-catalog.ts';
import { lockingSteps, type Patience } from './patience.ts';
import type { Place } from './place.ts';

export interface CapturedTable {
  /** Quoted and schema-qualified. */
  readonly table: string;
  /** `captured` for the first time; `replaced` the triggers of another plan; `renewed` what was missing of the same one. */
  readonly done: 'captured' | 'replaced' | 'renewed';
}

/**
 * Puts triggers on the tables of a catalog, one table for each step, and so each partition that lacks them: with a thousand of them in
 * one, writers would wait for seconds (invariant 4). Only where another plan is replaced a table and its partitions are one step.
 * Everything is checked before the first table is touched. After a failure what came before is done, and a second run does the rest.
 * @param tables only these, named as in the catalog; default: all that its events need
 * @throws RowhookError `lock_timeout`, `table_unknown`, and as `checkSchema` and `checkCatalog`
 */
export async function captureTables(
  place: Place,
  catalog: Catalog,
  { tables, ...patience }: Patience & { readonly tables?: readonly string[] | undefined },
): Promise<CapturedTable[]> {
  await checkSchema(place.db);
  const plans = chosen(catalog, tables);
  await checkCatalog(place.db, catalog, { capture: plans });
  const step = lockingSteps(place, patience);
  const results: CapturedTable[] = [];
  for (const plan of plans) {
    const { id, done } = await step([plan.table], async (db) => {
      const before = await currentCapture(db, plan.table);
      const id = await startCapture(db, plan);
      if (!before) return { id, done: 'captured' as const };
      return { id, done: before.id === id ? ('renewed' as const) : ('replaced' as const) };
    });
    for (const relation of await lackingRelations(place.db, id, plan.table)) {
      await step([relation], async (db) => {
        // Another installation may have come in between, with another plan.
        if ((await currentCapture(db, plan.table))?.id === id) await putTriggers(db, id, relation);
      });
    }
    results.push({ table: plan.table, done });
  }
  return results;
}

function chosen(catalog: Catalog, tables: readonly string[] | undefined) {
  const plans = capturePlans(catalog);
  if (!tables) return plans;
  const wanted = new Set(tables.map(quoteTable));
  const known = plans.map((plan) => plan.table);
  const unknown = [...wanted].filter((table) => !known.includes(table));
  if (unknown.length === 0) return plans.filter((plan) => wanted.has(plan.table));
  throw new RowhookError(
    'table_unknown',
    `no event of catalog "${catalog.name}" needs ${unknown.join(', ')}; expected some of ${known.join(', ')}`,
    { where: unknown[0], fix: 'Name tables as the catalog does, or leave `tables` out to capture all.' },
  );
}

/**
 * Takes the triggers off tables, one table for each step. Changes that wait in the outbox are still delivered.
 * @param tables quoted and schema-qualified; those that are not captured are passed over
 * @returns the tables that were captured
 * @throws RowhookError `lock_timeout`
 */
export async function releaseTables(
  place: Place,
  tables: readonly string[],
  patience: Patience,
): Promise<string[]> {
  if (!(await isInstalled(place.db))) return [];
  const step = lockingSteps(place, patience);
  const released: string[] = [];
  for (const table of (await capturedTables(place.db)).filter((table) => tables.includes(table))) {
    if (await step([table], (db) => releaseTable(db, table))) released.push(table);
  }
  return released;
}

/** Whether rowhook is installed at all; a migration may be taken back twice. */
export async function isInstalled(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    `select exists (
       select from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'rowhook' and c.relname = 'capture') as there`,
  );
  return rows[0]?.there ?? false;
}
