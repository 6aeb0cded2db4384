import { capturePlans } from '../capture/plan.ts';
import type { Catalog } from '../catalog/types.ts';
import { readColumns } from '../install/catalog-tables.ts';
import type { CapturePlan } from '../store/captures.ts';

/** What a catalog needs of one table. */
export interface Needs {
  /** Quoted and schema-qualified. */
  readonly table: string;
  /** Undefined: it is only read. */
  readonly plan: CapturePlan | undefined;
  /** Columns that payloads and tenants read. */
  readonly read: ReadonlySet<string>;
}

/** Every table that a catalog captures or reads, by name. Pure. */
export function neededTables(catalog: Catalog): Needs[] {
  const plans = new Map(capturePlans(catalog).map((plan) => [plan.table, plan]));
  const read = readColumns(catalog);
  return [...new Set([...plans.keys(), ...read.keys()])]
    .sort()
    .map((table) => ({ table, plan: plans.get(table), read: read.get(table) ?? new Set() }));
}
