import { signal } from '@preact/signals';

/** Milliseconds since 1970, each second anew while the page can be seen. What shows an age reads it. */
export const now = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === 'visible') now.value = Date.now();
}, 1_000);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') now.value = Date.now();
});
