import { live } from '../../data/live.ts';

/** Runs when the live stream opens: what happened between the first load and that moment was told to nobody. Returns what ends it. */
export function whenLive(run: () => void): () => void {
  let isFirst = true;
  return live.state.subscribe((state) => {
    // Told at once how it is now, which is no news.
    if (!isFirst && state === 'open') run();
    isFirst = false;
  });
}
