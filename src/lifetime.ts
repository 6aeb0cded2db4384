/**
 * The contract of everything that runs: relay, dispatcher, sweeper, daemon.
 *
 * - `start` resolves once it runs; called again it changes nothing.
 * - `stop('drain')` takes no new work, finishes what is in hand, gives back what was not started, and resolves when nothing
 *   of it runs any more. `stop('abort')` also breaks off what is in hand; it may follow a drain that takes too long.
 * - Either may come first, or twice. What was stopped stays stopped: make a new one.
 */
export interface Lifetime {
  start(): Promise<void>;
  stop(how?: StopMode): Promise<void>;
}

export type StopMode = 'drain' | 'abort';

/** Turns a start and a stop that expect to be called once, in order, into one that keeps the contract above. */
export function createLifetime(parts: {
  start(): Promise<void>;
  /** Resolves when nothing runs any more. */
  drain(): Promise<void>;
  /** Makes a drain that is under way end soon. */
  abort(): void;
}): Lifetime {
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  return {
    start() {
      if (stopped) return Promise.resolve();
      started ??= parts.start();
      return started;
    },
    stop(how = 'drain') {
      // A failed start leaves nothing to wait for, but may leave something to close.
      stopped ??= (started ?? Promise.resolve())
        .catch(() => {})
        .then(() => (started ? parts.drain() : undefined));
      if (how === 'abort' && started) parts.abort();
      return stopped;
    },
  };
}
