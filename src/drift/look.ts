import type { Catalog } from '../catalog/types.ts';
import type { Queryable } from '../store/sql.ts';
import { compare } from './compare.ts';
import { driftFacts } from './facts.ts';
import type { Drift } from './kinds.ts';
import { neededTables } from './needs.ts';

/** What looks once; made for a catalog, which it takes apart but once. */
export type Look = (db: Queryable) => Promise<Drift[]>;

/** Everything that is not as the catalog needs it, the worst first. One statement that reads the system's catalogs. */
export function createLook(catalog: Catalog): Look {
  const needs = neededTables(catalog);
  const tables = needs.map(({ table }) => table);
  return async (db) => compare(needs, await driftFacts(db, tables));
}
