import { useEffect, useMemo } from 'preact/hooks';
import { arrival } from '../../routes.tsx';
import { createListStore, type ListSource, type ListStore } from './list-store.ts';

interface Item {
  readonly id: string;
}
interface Kept {
  store: ListStore<Item>;
  /** How many ways by links there had been when the page was left: as many mean that one came back. */
  left: number | null;
}

/** Lists that were left, so that the back button finds them as they were. Only the last few. */
const kept = new Map<string, Kept>();
const keptMost = 6;

const clock: Pick<ListSource<Item>, 'now' | 'after'> = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * The live list of a key (page and filter), which listens while it is shown. Who comes back to it by the browser's back button finds it as it was
 * left, with what happened meanwhile at its top.
 */
export function useList<T extends Item>(
  key: string,
  source: Omit<ListSource<T>, 'now' | 'after'>,
): { store: ListStore<T>; cameBack: boolean } {
  const found = useMemo(() => {
    const known = kept.get(key);
    if (known && known.left === arrival.peek())
      return { store: known.store as unknown as ListStore<T>, cameBack: true };
    return { store: createListStore<T>({ ...source, ...clock }), cameBack: false };
  }, [key]);
  useEffect(() => {
    const { store } = found;
    const entry: Kept = { store: store as unknown as ListStore<Item>, left: null };
    kept.delete(key);
    kept.set(key, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptMost) break;
      kept.delete(oldest);
    }
    store.open();
    return () => {
      store.close();
      entry.left = arrival.peek();
    };
  }, [found, key]);
  return found;
}
