import { quoteTable } from '../../catalog/table-name.ts';
import type { Catalog, Resource } from '../../catalog/types.ts';
import { tenantTables } from '../payloads/tenant-sql.ts';
import { resourceAt } from '../payloads/tenants.ts';

/**
 * The group of each table of a catalog, as a number, by the table's name. Tables are of one group where a change of one may have to wait
 * for a change of the other: where both are changes of the same records (a resource's own table and its parts, invariant 3), or where
 * the last row of one says whose the records of the other were. Between groups no order is owed. Pure.
 */
export function groupsOf(catalog: Catalog): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  const used = new Set(Object.values(catalog.events).map(({ resource }) => resource));
  let count = 0;
  for (const [name, resource] of Object.entries(catalog.resources)) {
    if (!used.has(name)) continue;
    const tables = tied(resource, catalog);
    const joined = new Set(tables.flatMap((table) => groups.get(table) ?? []));
    count += 1;
    for (const [table, group] of groups) if (joined.has(group)) groups.set(table, count);
    for (const table of tables) groups.set(table, count);
  }
  return groups;
}

function tied({ table, parts = [], tenant }: Resource, catalog: Catalog): string[] {
  const path = tenant === undefined ? [] : tenantTables(tenant);
  return [
    quoteTable(table),
    ...parts.map((part) => quoteTable(part.table)),
    ...path.filter((step) => resourceAt(catalog, step) !== undefined).map((step) => step.table),
  ];
}
