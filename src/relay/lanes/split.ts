import type { Page, PageSize, Window } from '../window/window.ts';
import type { Lane } from './lane.ts';
import { type Captured, placesOf } from './lanes.ts';

/** So many lanes at most: each walks over what the others read. */
export const mostLanes = 4;
/** A window is large that has more than so many pages left. */
const manyPages = 4;
/** The groups stay behind that together have this share of the page's changes. */
const largeShare = 7 / 8;

/** Whether much of a window is left behind a page, by how many changes there were to a seq. Pure. */
export function isLarge(window: Window, page: Page, size: PageSize): boolean {
  // Pieces of what was deferred do not say how much there is behind.
  const rows = page.rows.filter((row) => Number(row.seq) > window.lastSeq);
  if (!page.full || rows.length === 0) return false;
  const changes = rows.reduce((sum, row) => sum + row.n, 0);
  const walked = page.lastSeq - (Number(rows[0]!.seq) - 1);
  const left = (window.until.ceilingSeq - page.lastSeq) * (changes / Math.max(1, walked));
  return left > manyPages * size.changes;
}

/**
 * Splits a lane where it stands: the groups that fill its page stay behind with the window, all others get a lane of their own that
 * walks over it and goes ahead. Both begin at the same place, so nothing needs to be known of what else the window holds. Undefined
 * where there would be nothing for one of the two. Pure.
 *
 * @param lane after the page
 * @param lanes all of them, with this one
 */
export function split(
  lane: Lane,
  page: Page,
  lanes: readonly Lane[],
  captured: Captured,
): Lane[] | undefined {
  const { tables, groups } = captured;
  const groupOf = (id: number) => groups.get(tables.get(id) ?? '');
  const places = placesOf(lanes, tables);
  const mine = [...tables.keys()].filter((id) => places.get(id) === lane && groupOf(id) !== undefined);
  const large = largeGroups(page, groupOf);
  const behind = mine.filter((id) => large.has(groupOf(id)!));
  const ahead = mine.filter((id) => !large.has(groupOf(id)!));
  if (behind.length === 0 || ahead.length === 0) return undefined;
  return [
    { ...lane, captures: behind },
    { ...lane, captures: lane.captures === null ? null : ahead },
  ];
}

/** The largest groups, as many as it takes to have most of the page. */
function largeGroups(page: Page, groupOf: (id: number) => number | undefined): Set<number> {
  const counts = new Map<number, number>();
  for (const { capture_id, n } of page.rows) {
    const group = groupOf(capture_id);
    if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + n);
  }
  const enough = largeShare * [...counts.values()].reduce((sum, count) => sum + count, 0);
  const large = new Set<number>();
  let sum = 0;
  for (const [group, count] of [...counts].sort(([, a], [, b]) => b - a)) {
    if (sum < enough) large.add(group);
    sum += count;
  }
  return large;
}
