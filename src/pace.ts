/**
 * How fast to go. Relay, dispatcher and sweeper ask it after each piece of work in the database; what decides it (the governor)
 * is none of their business.
 */
export interface Pace {
  /** The application goes first now. */
  readonly givesWay: boolean;
  /** How much to take on at once, of this much: at least 1. */
  batch(most: number): number;
  /** Milliseconds to rest after work in the database that took this long. At full speed 0. */
  restMs(tookMs: number): number;
}

/** Nobody goes first. */
export const fullSpeed: Pace = { givesWay: false, batch: (most) => most, restMs: () => 0 };

const sliceMs = 200;

/**
 * Rests as the pace says, but not on when it is full speed again, or when stopped.
 * @param wait resolves after so many milliseconds, or sooner
 */
export async function rest(
  pace: Pace,
  tookMs: number,
  wait: (ms: number) => Promise<unknown>,
  stopped: () => boolean,
): Promise<void> {
  // By the clock: a bell ends a wait, and anybody may ring.
  const until = performance.now() + pace.restMs(tookMs);
  const leftMs = (): number => until - performance.now();
  while (leftMs() > 0 && pace.givesWay && !stopped()) await wait(Math.min(leftMs(), sliceMs));
}
