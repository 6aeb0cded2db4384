import { type Signal, signal } from '@preact/signals';
import {
  type LiveList,
  listOf,
  type Page,
  withFirstPage,
  withNews,
  withOlder,
  withUnseen,
} from './live-list.ts';

interface Item {
  readonly id: string;
}

/** Where a list comes from. */
export interface ListSource<T extends Item> {
  /** A page of what is older than `before`; null: the newest. */
  load(before: string | null, signal: AbortSignal): Promise<Page<T>>;
  /** Whether one that has just happened belongs into the part of the list that is there; `next`: where the next older page begins. */
  isWanted(item: T, next: string | null): boolean;
  /** Tells what happens, and that something may have been missed. Returns what ends it. */
  listen(heard: { news: (items: readonly T[]) => void; missed: () => void }): () => void;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Calls back after so many milliseconds; returns what prevents it. */
  after(ms: number, run: () => void): () => void;
}

export interface ListStore<T extends Item> {
  /** Undefined: nothing is known yet. */
  readonly list: Signal<LiveList<T> | undefined>;
  /** `older`: it looks further back. */
  readonly busy: Signal<'first' | 'older' | null>;
  /** Why the last load failed: the view has it tried again. */
  readonly failure: Signal<unknown>;
  /** It looked further back for a while and found little: whether to go on is asked. */
  readonly asksToGoOn: Signal<boolean>;
  /** Begins to listen, and asks what there is now. */
  open(): void;
  close(): void;
  older(goesOn?: boolean): void;
  /** Asks for the first page once more. */
  reload(): void;
  /** Shows at the top what happened meanwhile. */
  showUnseen(): void;
  /** Whether the top is in view: new ones slide in there. */
  atTop: boolean;
  /** Nothing slides in for a moment: a pointer is about to press a row. */
  hold(): void;
  /** Where one was when the page was left. */
  scrollTop: number;
}

/** At least so many are looked for before a search asks whether to go on, unless it takes longer than this. */
const portion = 25;
const searchMs = 4_000;
const holdMs = 700;
/** A list that only grew at its top begins anew beyond this. */
const longest = 5_000;

/** A live list and all that it loads. Its methods never throw: what fails is in `failure`. */
export function createListStore<T extends Item>(source: ListSource<T>): ListStore<T> {
  const list = signal<LiveList<T> | undefined>(undefined);
  const busy = signal<'first' | 'older' | null>(null);
  const failure = signal<unknown>(undefined);
  const asksToGoOn = signal(false);
  let stop = new AbortController();
  let silence: (() => void) | undefined;
  let waiting: { items: readonly T[]; asOf: number }[] = [];
  let cancel: (() => void) | undefined;
  let heldUntil = 0;

  async function attempt(
    kind: 'first' | 'older',
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const mine = stop;
    busy.value = kind;
    failure.value = undefined;
    try {
      await work(mine.signal);
    } catch (error) {
      if (!mine.signal.aborted) failure.value = error;
    } finally {
      if (!mine.signal.aborted) busy.value = null;
    }
  }

  const first = (anew = false): Promise<void> =>
    attempt('first', async (signal) => {
      const asOf = source.now();
      const page = await source.load(null, signal);
      if (signal.aborted) return;
      const now = anew ? undefined : list.peek();
      list.value = now ? withFirstPage(now, page, { asOf, slidesIn: store.atTop }) : listOf(page, asOf);
      if (now === undefined && page.items.length < portion && page.next !== null)
        await search(signal, page.items.length);
    });

  /** Page by page: a page may be empty while there is more further back. */
  async function search(signal: AbortSignal, already = 0): Promise<void> {
    const until = source.now() + searchMs;
    let found = already;
    asksToGoOn.value = false;
    for (let now = list.peek(); now && now.next !== null; now = list.peek()) {
      const asOf = source.now();
      const page = await source.load(now.next, signal);
      const latest = list.peek();
      // The list may have begun anew meanwhile.
      if (signal.aborted || latest?.next !== now.next) return;
      list.value = withOlder(latest, page, asOf);
      found += page.items.length;
      if (found >= portion) return;
      if (source.now() > until && page.next !== null) {
        asksToGoOn.value = true;
        return;
      }
    }
  }

  function flush(): void {
    cancel = undefined;
    const rest = heldUntil - source.now();
    if (rest > 0 && store.atTop) {
      cancel = source.after(rest, flush);
      return;
    }
    const told = waiting;
    waiting = [];
    let next = list.peek();
    if (!next) return;
    for (const { items, asOf } of told) {
      next = withNews(next, { items, asOf, slidesIn: store.atTop, isWanted: source.isWanted });
    }
    list.value = next;
    if (store.atTop && next.rows.length > longest && busy.peek() === null) void first(true);
  }

  const store: ListStore<T> = {
    list,
    busy,
    failure,
    asksToGoOn,
    atTop: true,
    scrollTop: 0,
    open() {
      stop = new AbortController();
      silence = source.listen({
        news(items) {
          waiting.push({ items, asOf: source.now() });
          cancel ??= source.after(0, flush);
        },
        missed: () => void first(),
      });
      void first();
    },
    close() {
      stop.abort();
      silence?.();
      cancel?.();
      cancel = undefined;
      waiting = [];
      busy.value = null;
    },
    older(goesOn = false) {
      const now = list.peek();
      if (!now || now.next === null || busy.peek() !== null) return;
      if (!goesOn && (asksToGoOn.peek() || failure.peek() !== undefined)) return;
      void attempt('older', (signal) => search(signal));
    },
    reload: () => void first(),
    showUnseen() {
      const now = list.peek();
      if (!now) return;
      store.atTop = true;
      if (now.overflow) void first(true);
      else list.value = withUnseen(now);
    },
    hold() {
      heldUntil = source.now() + holdMs;
    },
  };
  return store;
}
