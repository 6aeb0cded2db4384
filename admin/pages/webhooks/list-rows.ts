import type { EndpointListView, EndpointRowView } from '../../../src/admin/shapes/endpoint.ts';

/** The rows of the list so far, in the server's order: the oldest first. */
export interface ListRows {
  readonly rows: readonly EndpointRowView[];
  /** Ids of rows that are gone, or no longer belong into the list. They keep their places, so that nothing jumps. */
  readonly gone: ReadonlySet<string>;
  /** Where the next page begins; null: there is none. */
  readonly next: string | null;
  /** How many there are on all pages. */
  readonly total: number;
  /** Others belong into it than those that are shown: it is worth loading anew. */
  readonly outdated: boolean;
}

export const noRows: ListRows = { rows: [], gone: new Set(), next: null, total: 0, outdated: false };

/** The first page, in place of everything. */
export function begun({ endpoints, next, total }: EndpointListView): ListRows {
  return { ...noRows, rows: endpoints, next, total };
}

/** Another page behind what there is. */
export function appended(list: ListRows, { endpoints, next, total }: EndpointListView): ListRows {
  const known = new Set(list.rows.map(({ id }) => id));
  const fresh = endpoints.filter(({ id }) => !known.has(id));
  return { ...list, rows: [...list.rows, ...fresh], next, total };
}

/** New rows that are looked for behind the last one. */
const beyond = 20;

/**
 * What to ask for, to see how some rows in the middle are now, and, where the list ends among them, what is new behind it. At most `most` of
 * them.
 */
export function partToAsk(
  { rows, next }: ListRows,
  from: number,
  to: number,
  most = 200,
): { readonly after: string | undefined; readonly limit: number } | null {
  const end = next === null && to >= rows.length ? rows.length + beyond : Math.min(to, rows.length);
  const limit = Math.min(most, end - from);
  if (limit <= 0) return null;
  return { after: rows[from - 1]?.id, limit };
}

/**
 * What the server says of a part of the list, put in its place: rows are changed where they stand. Those that it no longer names are `gone`,
 * and what is new is shown at once only where it is behind all others; else the list is `outdated`.
 */
export function refreshed(list: ListRows, after: string | undefined, page: EndpointListView): ListRows {
  const byId = new Map(page.endpoints.map((row) => [row.id, row]));
  const until = page.next === null ? null : page.endpoints.at(-1)?.id;
  const gone = new Set(list.gone);
  const rows = list.rows.map((row) => {
    const now = byId.get(row.id);
    if (now) {
      gone.delete(row.id);
      return now;
    }
    const asked =
      isAfter(row.id, after) && (until === null || (until !== undefined && !isAfter(row.id, until)));
    if (asked) gone.add(row.id);
    return row;
  });
  const last = rows.at(-1)?.id;
  const known = new Set(rows.map(({ id }) => id));
  const fresh = page.endpoints.filter(({ id }) => !known.has(id));
  const behind = list.next === null ? fresh.filter(({ id }) => isAfter(id, last)) : [];
  const shown = [...rows, ...behind];
  return {
    rows: shown,
    gone,
    next: behind.length > 0 ? page.next : list.next,
    total: page.total,
    outdated:
      list.outdated ||
      fresh.some((row) => !behind.includes(row) && !(list.next !== null && isAfter(row.id, last))),
  };
}

/** Ids are whole numbers in decimal, without zeros before them. */
function isAfter(id: string, other: string | undefined): boolean {
  if (other === undefined) return true;
  return id.length === other.length ? id > other : id.length > other.length;
}
