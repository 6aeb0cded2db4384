import { meets } from '../../src/catalog/condition.ts';
import type { Catalog, Conditions, EventDefinition } from '../../src/catalog/types.ts';
import { isTruncation, type Row, type RowChange, type Truncation } from './state.ts';
import type { TableName } from './tables.ts';

/** What a change of a row is to one record: of its own row as the world sees it (`part` undefined), or of a row of a part. */
interface Item {
  readonly part: TableName | undefined;
  /** Tells the rows of a part apart. */
  readonly row: string;
  readonly before: Row | null;
  readonly after: Row | null;
  /** The row itself came, though nobody may see it yet; or what counts of it changed, though nobody may have seen it. */
  readonly came: boolean;
  readonly changed: boolean;
  readonly at: number;
  /** All rows were truncated, of the record's own table or of the part. */
  readonly emptied?: true;
}

/** What one transaction did to one record. */
export interface Block {
  readonly items: readonly Item[];
  readonly committedAt: number;
  /** A row that was there was deleted and inserted again. */
  readonly replaces: boolean;
  /** The events of the items from one to before another, in their order: those of the net effect, and those of each change. */
  events(from: number, to: number): string[];
}

type Named = readonly [name: string, definition: EventDefinition];

/** Columns that no event looks at, or whose meaning is that of a soft delete. */
const unwatched = new Set(['quiet', 'deleted_at']);

/**
 * What a transaction that has committed must raise, by record (`resource key`). A specification of its own: it knows nothing of masks,
 * folds and pages.
 */
export function blocksOf(
  log: ReadonlyArray<RowChange | Truncation>,
  catalog: Catalog,
  committedAt: number,
): Map<string, Block> {
  const items = new Map<string, Item[]>();
  const add = (resource: string, key: string, item: Item) => {
    const id = `${resource} ${key}`;
    items.set(id, [...(items.get(id) ?? []), item]);
  };
  const parts = catalog.resources.parent!.parts!;
  for (const entry of log) {
    if (isTruncation(entry)) {
      const nothing = { row: '', before: null, after: null, came: false, changed: false } as const;
      const at = { ...nothing, at: entry.at, emptied: true } as const;
      for (const table of entry.truncated) {
        add(table, '', { ...at, part: undefined });
        for (const [id, list] of items) {
          if (id === `${table} `) continue;
          if (id.startsWith(`${table} `)) list.push({ ...at, part: undefined });
          if (id.startsWith('parent ') && parts.some((part) => part.table === table))
            list.push({ ...at, part: table });
        }
      }
      continue;
    }
    const { table, key, at, captured } = entry;
    const came = entry.before === null;
    const changed = !came && entry.after !== null && differing(entry.before, entry.after).length > 0;
    const [before, after] = [visible(entry.before), visible(entry.after)];
    const counts = came || entry.after === null || changed;
    if (captured && (counts || (before === null) !== (after === null))) {
      add(table, key, { part: undefined, row: key, before, after, came, changed, at });
    }
    for (const { from } of parts.filter((part) => part.table === table)) {
      const [left, joined] = [entry.before?.[from], entry.after?.[from]];
      for (const parent of new Set([left, joined])) {
        if (parent == null || !counts || !captured) continue;
        const [was, is] = [left === parent ? entry.before : null, joined === parent ? entry.after : null];
        add('parent', parent, { part: table, row: key, before: was, after: is, came, changed, at });
      }
    }
  }
  const named = Object.entries(catalog.events);
  return new Map(
    [...items].map(([id, list]) => {
      const resource = id.slice(0, id.indexOf(' '));
      const mine = named.filter(([, definition]) => definition.resource === resource);
      const events =
        id === `${resource} `
          ? (from: number, to: number) => truncateEvents(to - from, mine)
          : (from: number, to: number) => raised(list.slice(from, to), mine);
      const own = list.filter(({ part, emptied }) => part === undefined && !emptied);
      const replaces = own[0]?.before != null && own.some(({ came }) => came);
      return [id, { items: list, committedAt, replaces, events }];
    }),
  );
}

const truncateEvents = (times: number, named: readonly Named[]): string[] =>
  Array.from({ length: times }).flatMap(() =>
    named.flatMap(([name, { on }]) => (on === 'truncate' ? [name] : [])),
  );

const visible = (row: Row | null): Row | null => (row && row.deleted_at == null ? row : null);

const differing = (a: Row, b: Row): string[] =>
  Object.keys(a).filter((column) => !unwatched.has(column) && a[column] !== b[column]);

/** Events are those of the whole, which speak of its last change, and those of single changes. */
function raised(items: readonly Item[], named: readonly Named[]): string[] {
  const per = (wanted: string) => named.filter(([, { per = 'transaction' }]) => per === wanted);
  const events: string[] = [];
  let together: Item[] = [];
  const raise = (definitions: readonly Named[], of: readonly Item[]) =>
    events.push(...definitions.flatMap(([name, definition]) => (happens(of, definition) ? [name] : [])));
  for (const [i, item] of items.entries()) {
    together.push(item);
    const next = items[i + 1];
    const ends = next === undefined || (next.emptied && next.part === undefined);
    const isGone = together.findLast(({ part, emptied }) => part === undefined && !emptied)?.after === null;
    // What a TRUNCATE ended has no effect of its own, but for what was deleted before.
    if (ends && (next === undefined || isGone)) raise(per('transaction'), together);
    if (ends) together = [];
    if (!item.emptied) raise(per('change'), [item]);
  }
  return events;
}

function happens(items: readonly Item[], definition: EventDefinition): boolean {
  const own = items.filter(({ part, emptied }) => part === undefined && !emptied);
  const changes = items.filter(({ emptied }) => !emptied);
  if (changes.length === 0) return false;
  const [first, last] = [own[0], own.at(-1)];
  // A record of which only parts changed is there, before and after.
  const was = first ? first.before !== null : true;
  const is = last ? last.after !== null : true;
  const holds = ({ old, new: next }: NonNullable<EventDefinition['when']> = {}) =>
    allMeet(first?.before, old) && allMeet(last?.after, next);
  switch (definition.on) {
    case 'insert':
      return !was && is && holds(definition.when);
    case 'delete':
      return was && !is && holds(definition.when);
    case 'update': {
      const parts = definition.when === undefined && changes.length > own.length;
      return (
        was && is && (own.some(({ came, changed }) => came || changed) || parts) && holds(definition.when)
      );
    }
    case 'transition': {
      const { column, from, to } = definition.transition;
      const [before, after] = [first?.before?.[column], last?.after?.[column]];
      const moved = before !== after && before !== undefined && after !== undefined;
      return (
        was &&
        is &&
        moved &&
        (from === undefined || meets(before, from)) &&
        (to === undefined || meets(after, to))
      );
    }
    case 'assign':
    case 'unassign':
      return !(was && !is) && (was || is) && partMoved(items, definition.part, definition.on);
    default:
      return false;
  }
}

/** Whether some row of the part came, or left. */
function partMoved(items: readonly Item[], table: string, on: 'assign' | 'unassign'): boolean {
  const rows = new Map<string, { was: boolean; is: boolean }>();
  for (const { part, row, before, after, emptied } of items) {
    if (part !== table) continue;
    // Of rows that a TRUNCATE took nobody says that they came.
    if (emptied) for (const [id, { is }] of rows) if (is) rows.delete(id);
    if (!emptied) rows.set(row, { was: rows.get(row)?.was ?? before !== null, is: after !== null });
  }
  return [...rows.values()].some(({ was, is }) => (on === 'assign' ? !was && is : was && !is));
}

function allMeet(row: Row | null | undefined, conditions: Conditions = {}): boolean {
  return Object.entries(conditions).every(
    ([column, condition]) => row != null && meets(row[column], condition),
  );
}
