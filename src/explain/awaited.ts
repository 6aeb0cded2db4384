import { meets } from '../catalog/condition.ts';
import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog, Condition, Conditions, EventDefinition } from '../catalog/types.ts';
import { defaultKey, lifeColumns, type Watch, watches } from '../catalog/watch.ts';
import { listed, someOf } from './words.ts';

/** An event of a resource, and what must happen for it. */
export interface Awaited {
  readonly event: string;
  readonly words: string;
  /** It looks at values, and not every such change makes it. */
  readonly conditional: boolean;
  /** What the record's own row must be like after a change. */
  readonly after: Conditions;
}

const namedMost = 12;

/** What each event of a resource waits for, in the catalog's order. Pure. */
export function awaitedEvents(catalog: Catalog, resource: string): Awaited[] {
  const all = watches(catalog);
  return Object.entries(catalog.events)
    .filter(([, definition]) => definition.resource === resource)
    .map(([event, definition]) => {
      const conditions = conditionWords(definition);
      return {
        event,
        words: [
          what(
            definition,
            all.filter((watch) => watch.event === event),
          ),
          ...conditions,
        ].join(', '),
        conditional: definition.on === 'transition' || conditions.length > 0,
        after: afterwards(definition),
      };
    });
}

/** Of an event that looks at rows of a part nothing: the record may have several of them. */
function afterwards(definition: EventDefinition): Conditions {
  switch (definition.on) {
    case 'insert':
    case 'update':
      return definition.when?.new ?? {};
    case 'transition': {
      const { column, to } = definition.transition;
      if (definition.part !== undefined) return {};
      return { ...(to === undefined ? {} : { [column]: to }), ...definition.when?.new };
    }
    default:
      return {};
  }
}

/** The columns for which the record is not, as it is now, what the event waits for; of those that nobody knows none. Pure. */
export const unmet = ({ after }: Awaited, row: ReadonlyMap<string, string | null>): string[] =>
  Object.entries(after)
    .filter(([column, condition]) => row.has(column) && !meets(row.get(column), condition))
    .map(([column]) => column);

/** The columns of a resource's own table whose change alone makes no event of it. Pure. */
export function unwatched(catalog: Catalog, resource: string, columns: readonly string[]): string[] {
  const definition = catalog.resources[resource]!;
  const own = watches(catalog).filter(
    ({ event, part, table }) =>
      catalog.events[event]?.resource === resource &&
      part === undefined &&
      table === quoteTable(definition.table),
  );
  if (own.some((watch) => watch.columns === '*')) return [];
  const watched = new Set([...own.flatMap((watch) => watch.columns), ...lifeColumns(definition)]);
  return columns.filter((column) => !watched.has(column) && !(definition.key ?? defaultKey).includes(column));
}

function what(definition: EventDefinition, watched: readonly Watch[]): string {
  switch (definition.on) {
    case 'insert':
      return 'the record is created';
    case 'delete':
      return 'the record is deleted';
    case 'truncate':
      return 'a TRUNCATE empties the table';
    case 'assign':
      return `a row of ${definition.part} comes to the record`;
    case 'unassign':
      return `a row of ${definition.part} leaves the record`;
    case 'transition': {
      const { column, from, to } = definition.transition;
      const where = definition.part === undefined ? '' : ` of ${definition.part}`;
      const old = from === undefined ? '' : ` from ${value(from)}`;
      const now = to === undefined ? '' : ` to ${value(to)}`;
      return `${column}${where} changes${old}${now}`;
    }
    case 'update':
      return watched.map(columnWords).join(', or ');
  }
}

function columnWords({ columns, part }: Watch): string {
  const of = part === undefined ? '' : ` of ${part.table}`;
  const names = columns === '*' ? 'any column' : someOf(columns.slice(0, namedMost), columns.length, 'or');
  const changes = columns.length === 0 ? [] : [`${names}${of} changes`];
  return [...(part === undefined ? [] : [`a row${of} comes or goes`]), ...changes].join(', or ');
}

function conditionWords({ when }: EventDefinition): string[] {
  const told = (conditions: Conditions | undefined, tense: string) => {
    const all = Object.entries(conditions ?? {}).map(
      ([column, condition]) => `${column} ${tense} ${value(condition)}`,
    );
    return all.length === 0 ? [] : [listed(all)];
  };
  const all = [...told(when?.old, 'was'), ...told(when?.new, 'is')];
  return all.length === 0 ? [] : [`and ${listed(all)}`];
}

function value(condition: Condition): string {
  if (condition === null || typeof condition !== 'object') return JSON.stringify(condition);
  const isList = (given: unknown): given is readonly unknown[] => Array.isArray(given);
  if (isList(condition)) return condition.map((each) => JSON.stringify(each)).join(' or ');
  const { not } = condition as { not: unknown };
  return `anything but ${(isList(not) ? not : [not]).map((each) => JSON.stringify(each)).join(' and ')}`;
}
