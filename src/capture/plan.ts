import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { defaultKey, watches } from '../catalog/watch.ts';
import { RowhookError } from '../errors.ts';
import type { CapturePlan } from '../store/captures.ts';

/** Masks are read as JavaScript's 32-bit integers. */
const mostClasses = 31;

/**
 * The plans that a catalog needs, one for each table, ordered by name. Pure: the same catalog gives the same plans.
 *
 * Columns that the same events wait for share a bit: one comparison for all of them instead of one for each.
 * @throws RowhookError `catalog_invalid` when a table has more distinct groups of columns than a mask has bits, or two keys
 */
export function capturePlans(catalog: Catalog): CapturePlan[] {
  const keys = tableKeys(catalog);
  const watched = watches(catalog);
  return [...keys.entries()]
    .map(([table, key]) => ({
      table,
      key,
      classes: columnClasses(
        table,
        watched.filter((watch) => watch.table === table),
      ),
      values: valueColumns(catalog, table, key),
    }))
    .sort((a, b) => (a.table < b.table ? -1 : 1));
}

function tableKeys(catalog: Catalog): Map<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>();
  const used = new Set(Object.values(catalog.events).map((event) => event.resource));
  for (const [name, resource] of Object.entries(catalog.resources)) {
    if (!used.has(name)) continue;
    const table = quoteTable(resource.table);
    const key = resource.key ?? defaultKey;
    const other = keys.get(table);
    if (other && other.join() !== key.join()) {
      throw new RowhookError(
        'catalog_invalid',
        `resources.${name}.key: ${table} has another key in another resource`,
        {
          where: `resources.${name}.key`,
        },
      );
    }
    keys.set(table, key);
  }
  for (const [name, resource] of Object.entries(catalog.resources)) {
    if (!used.has(name)) continue;
    for (const part of resource.parts ?? []) {
      const table = quoteTable(part.table);
      if (!keys.has(table)) keys.set(table, part.key ?? defaultKey);
    }
  }
  return keys;
}

function columnClasses(table: string, watched: ReturnType<typeof watches>): string[][] {
  const eventsOf = new Map<string, string[]>();
  for (const watch of watched) {
    for (const column of watch.columns) {
      const events = eventsOf.get(column) ?? [];
      eventsOf.set(column, [...events, watch.event]);
    }
  }
  const classes = new Map<string, string[]>();
  for (const [column, events] of eventsOf) {
    const group = events.sort().join(' ');
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

/** Values are needed where a transition looks at them, and where a part's column leads to its record. */
function valueColumns(catalog: Catalog, table: string, key: readonly string[]): string[] {
  const columns = new Set<string>();
  for (const resource of Object.values(catalog.resources)) {
    for (const part of resource.parts ?? []) {
      const keyed = key.length === 1 && key[0] === part.from;
      if (quoteTable(part.table) === table && !keyed) columns.add(part.from);
    }
  }
  for (const event of Object.values(catalog.events)) {
    if (event.on !== 'transition') continue;
    const resource = catalog.resources[event.resource];
    const source = event.part ?? resource?.table;
    if (source !== undefined && quoteTable(source) === table) columns.add(event.transition.column);
  }
  return [...columns];
}
