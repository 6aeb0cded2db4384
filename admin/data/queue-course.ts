import type { QueueView } from '../../src/admin/shapes/overview.ts';

/** The queue at a moment, as its live chart shows it. */
export interface QueueSample {
  /** Milliseconds since 1970. */
  at: number;
  due: number;
  retry: number;
  changes: number;
  /** For how long the oldest due one has waited, in seconds. */
  oldest: number;
}

const keptMs = 10 * 60_000;
const kept = 600;

export function sampleOf(queue: QueueView, at: number): QueueSample {
  return {
    at,
    due: queue.due.count + queue.behind.count,
    retry: queue.waiting.count,
    changes: queue.changesWaiting.count,
    oldest: queue.oldestDueSeconds,
  };
}

/** The samples with one more: at most ten minutes and 600 of them, in the order of time, the last one of each second. */
export function withSample(samples: readonly QueueSample[], next: QueueSample): QueueSample[] {
  const second = (ms: number) => Math.floor(ms / 1_000);
  const before = samples.filter((one) => one.at > next.at - keptMs && second(one.at) < second(next.at));
  return [...before, next].slice(-kept);
}
