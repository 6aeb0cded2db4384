import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { defaultKey, lifeColumns, type Watch, watches } from '../catalog/watch.ts';
import { RowhookError } from '../errors.ts';
import { type CapturePlan, everyColumn } from '../store/captures.ts';

/** Masks are read as JavaScript's 32-bit integers. */
const mostClasses = 31;

/**
 * The plans that a catalog needs, one for each table, ordered by name. Pure: the same catalog gives the same plans.
 *
 * Columns that the same events wait for share a bit: one comparison for all of them instead of one for each.
 * @throws RowhookError `catalog_invalid` when a table has more distinct groups of columns than a mask has bits
 */
export function capturePlans(catalog: Catalog): CapturePlan[] {
  const watched = watches(catalog);
  return [...tableKeys(catalog).entries()]
    .map(([table, key]) => {
      const mine = watched.filter((watch) => watch.table === table);
      const life = lifeOf(catalog, table);
      const exclude = excludedOf(catalog, table);
      return {
        table,
        key,
        classes: columnClasses(table, mine, life),
        values: valueColumns(catalog, table, key, mine, life),
        ...(exclude.length > 0 ? { exclude } : {}),
      };
    })
    .sort((a, b) => (a.table < b.table ? -1 : 1));
}

/** Resources that have events: of others nothing is captured. */
function usedResources(catalog: Catalog) {
  const used = new Set(Object.values(catalog.events).map((event) => event.resource));
  return Object.entries(catalog.resources).flatMap(([name, resource]) => (used.has(name) ? [resource] : []));
}

function tableKeys(catalog: Catalog): Map<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>();
  const resources = usedResources(catalog);
  for (const resource of resources) keys.set(quoteTable(resource.table), resource.key ?? defaultKey);
  for (const part of resources.flatMap(({ parts = [] }) => parts)) {
    const table = quoteTable(part.table);
    if (!keys.has(table)) keys.set(table, part.key ?? defaultKey);
  }
  return keys;
}

function lifeOf(catalog: Catalog, table: string): string[] {
  const own = usedResources(catalog).filter((resource) => quoteTable(resource.table) === table);
  return [...new Set(own.flatMap(lifeColumns))];
}

/** Also of resources without events: what must not leave by one must not leave by another. */
function excludedOf(catalog: Catalog, table: string): string[] {
  const own = Object.values(catalog.resources).filter((resource) => quoteTable(resource.table) === table);
  return [...new Set(own.flatMap(({ exclude = [] }) => exclude))].sort();
}

function columnClasses(table: string, watched: readonly Watch[], life: readonly string[]): string[][] {
  const waiting = new Map<string, string[]>();
  const wait = (column: string, event: string) =>
    waiting.set(column, [...(waiting.get(column) ?? []), event]);
  for (const { event: name, part, columns, conditions } of watched) {
    // A table may be a part of its own records: what counts for the one role need not count for the other.
    const event = part ? `${name} by ${part.from}` : name;
    for (const column of columns === '*' ? [everyColumn] : columns) wait(column, event);
    // A change of these alone raises nothing, but the values at the end of a transaction decide. No event has such a name.
    for (const column of conditions)
      if (columns === '*' || !columns.includes(column)) wait(column, `${event}?`);
  }
  for (const column of life) wait(column, '?');
  const classes = new Map<string, string[]>();
  for (const [column, events] of waiting) {
    const group = [...new Set(events)].sort().join(' ');
    classes.set(group, [...(classes.get(group) ?? []), column]);
  }
  if (classes.size > mostClasses) {
    throw new RowhookError(
      'catalog_invalid',
      `${table}: its events wait for ${classes.size} different groups of columns, at most ${mostClasses} can be told apart`,
      { where: table, fix: 'Let some of its events wait for the same columns.' },
    );
  }
  return [...classes.values()];
}

/** Values are needed where a condition looks at them, where a row says that it is gone, and where a part's column leads to its record. */
function valueColumns(
  catalog: Catalog,
  table: string,
  key: readonly string[],
  watched: readonly Watch[],
  life: readonly string[],
): string[] {
  const columns = new Set<string>();
  for (const resource of Object.values(catalog.resources)) {
    for (const part of resource.parts ?? []) {
      const keyed = key.length === 1 && key[0] === part.from;
      if (quoteTable(part.table) === table && !keyed) columns.add(part.from);
    }
  }
  for (const { conditions } of watched) for (const column of conditions) columns.add(column);
  for (const column of life) columns.add(column);
  return [...columns];
}
