import { base } from './base.ts';
import { createLive } from './live-client.ts';
import { signedOut } from './session-state.ts';

export type { LiveData, LiveState, LiveTopic } from './live-client.ts';

/** The live views of the server that this page came from. */
export const live = createLive({
  base,
  fetch: (url, init) => fetch(url, init),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
  signedOut,
});

/** A page in a hidden tab lets its streams go after half a minute: they would use up the browser's few connections to the server. */
const hiddenMs = 30_000;
let hidden: ReturnType<typeof setTimeout> | undefined;
document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.visibilityState === 'hidden') hidden = setTimeout(() => live.sleep(true), hiddenMs);
  else live.sleep(false);
});
addEventListener('online', () => live.retry());
