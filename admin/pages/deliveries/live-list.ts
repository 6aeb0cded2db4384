/** Anything of the list that has an id. */
interface Item {
  readonly id: string;
}

/** A row, and when what it says was so: an answer that was asked for earlier does not undo later news. */
export interface Row<T extends Item> {
  readonly item: T;
  /** Milliseconds of a clock that only goes forward. */
  readonly asOf: number;
  /** It slid in, or changed, while it was looked at. */
  readonly isNews: boolean;
}

/** A list that grows at both ends: older pages below, what happens above. */
export interface LiveList<T extends Item> {
  readonly rows: readonly Row<T>[];
  /** What happened while one was reading further down: shown when asked for. */
  readonly unseen: readonly Row<T>[];
  /** More happened than is kept here: only a new first page shows it all. */
  readonly overflow: boolean;
  /** Where the next older page begins; null: there is none. */
  readonly next: string | null;
  /** How far back a search has looked. */
  readonly searchedUntil: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly searchedUntil: string | null;
}

/** So many are kept of what is not shown yet. */
export const unseenMax = 500;

/** A list of its first page. Pure. */
export function listOf<T extends Item>(page: Page<T>, asOf: number): LiveList<T> {
  return withOlder({ rows: [], unseen: [], overflow: false, next: null, searchedUntil: null }, page, asOf);
}

/** With an older page below. What is there already stays where it is. Pure. */
export function withOlder<T extends Item>(list: LiveList<T>, page: Page<T>, asOf: number): LiveList<T> {
  const { known, added } = parted(list, page.items, asOf);
  return {
    ...list,
    rows: [...changed(list.rows, known, false), ...added],
    unseen: changed(list.unseen, known, false),
    next: page.next,
    searchedUntil: page.searchedUntil,
  };
}

export interface News<T> {
  readonly items: readonly T[];
  readonly asOf: number;
  /** Whether one that is new belongs into the part of the list that is there; `next`: where the next older page begins. */
  readonly isWanted: (item: T, next: string | null) => boolean;
  /** Whether new ones may slide in at the top: nobody is reading further down. */
  readonly slidesIn: boolean;
}

/** With what happened, the newest first: known ones change in their place, so that nothing moves that is being read. Pure. */
export function withNews<T extends Item>(list: LiveList<T>, news: News<T>): LiveList<T> {
  const { known, added } = parted(list, news.items, news.asOf);
  const wanted = added
    .filter(({ item }) => news.isWanted(item, list.next))
    .map((row) => ({ ...row, isNews: true }));
  const rows = changed(list.rows, known, true);
  const unseen = changed(list.unseen, known, true);
  if (news.slidesIn && unseen.length === 0) return { ...list, rows: [...wanted, ...rows] };
  const all = [...wanted, ...unseen];
  return {
    ...list,
    rows,
    unseen: all.slice(0, unseenMax),
    overflow: list.overflow || all.length > unseenMax,
  };
}

/** With what was not shown on top; where more happened than that, the first page is to be asked for instead. Pure. */
export function withUnseen<T extends Item>(list: LiveList<T>): LiveList<T> {
  return { ...list, rows: [...list.unseen, ...list.rows], unseen: [], overflow: false };
}

/**
 * With the first page as it is now, after news may have been missed. Where nothing of it is known there is a gap in between, and the list
 * begins anew. Pure.
 */
export function withFirstPage<T extends Item>(
  list: LiveList<T>,
  page: Page<T>,
  { asOf, slidesIn }: Pick<News<T>, 'asOf' | 'slidesIn'>,
): LiveList<T> {
  const ids = idsOf(list);
  const isConnected = page.next === null || page.items.some(({ id }) => ids.has(id));
  if (isConnected || list.rows.length === 0) {
    const joined = withNews(list, { items: page.items, asOf, slidesIn, isWanted: () => true });
    return list.rows.length === 0
      ? { ...joined, next: page.next, searchedUntil: page.searchedUntil }
      : joined;
  }
  return slidesIn ? listOf(page, asOf) : { ...list, overflow: true };
}

const idsOf = <T extends Item>({ rows, unseen }: LiveList<T>): Set<string> =>
  new Set([...rows, ...unseen].map(({ item }) => item.id));

/** What is new, and what is told anew of those that are there. Each once. */
function parted<T extends Item>(
  list: LiveList<T>,
  items: readonly T[],
  asOf: number,
): { known: Map<string, Row<T>>; added: Row<T>[] } {
  const ids = idsOf(list);
  const known = new Map<string, Row<T>>();
  const added = new Map<string, Row<T>>();
  for (const item of items) {
    const row = { item, asOf, isNews: false };
    const target = ids.has(item.id) ? known : added;
    if (!target.has(item.id)) target.set(item.id, row);
  }
  return { known, added: [...added.values()] };
}

function changed<T extends Item>(
  rows: readonly Row<T>[],
  known: ReadonlyMap<string, Row<T>>,
  isNews: boolean,
): readonly Row<T>[] {
  if (known.size === 0) return rows;
  return rows.map((row) => {
    const told = known.get(row.item.id);
    return told === undefined || told.asOf < row.asOf ? row : { ...told, isNews: isNews || row.isNews };
  });
}
