import { setMaxListeners } from 'node:events';

/**
 * Results of a work on items, in their order, with at most `limit` of them under way. Rejects with the first failure, or when the
 * signal says so; by then the signal that the others were given has broken them off, and none is under way.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const broken = new AbortController();
  // Each that is under way listens.
  setMaxListeners(0, broken.signal);
  const breakOff = () => broken.abort(signal.reason);
  if (signal.aborted) breakOff();
  signal.addEventListener('abort', breakOff, { once: true });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && !broken.signal.aborted) {
      const i = next;
      next += 1;
      results[i] = await work(items[i]!, broken.signal);
    }
  };
  // The first reason stays: what is broken off after a failure fails too.
  const lanes = Array.from({ length: Math.min(limit, items.length) }, () =>
    lane().catch((error: unknown) => broken.abort(error)),
  );
  await Promise.all(lanes);
  signal.removeEventListener('abort', breakOff);
  broken.signal.throwIfAborted();
  return results;
}
