import { performance } from 'node:perf_hooks';

/** What this process's event loop did of late. */
export interface LoopTime {
  /** Milliseconds that it was at work, and those that it waited, since this was last asked. */
  take(): { readonly busyMs: number; readonly idleMs: number };
}

export function createLoopTime(): LoopTime {
  let last = performance.eventLoopUtilization();
  return {
    take() {
      const now = performance.eventLoopUtilization();
      const taken = { busyMs: now.active - last.active, idleMs: now.idle - last.idle };
      last = now;
      return taken;
    },
  };
}
