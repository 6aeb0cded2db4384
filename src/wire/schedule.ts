const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** From each failed attempt to the next: 72 hours in all, less 17 minutes. */
const delaysMs: readonly number[] = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  1 * hour,
  2 * hour,
  4 * hour,
  8 * hour,
  12 * hour,
  20 * hour,
  24 * hour,
];

/** A delay is longer or shorter by up to this share of it. */
const jitter = 0.2;

/** Where a dialect spreads its retries: that of the default schedule, or of an endpoint's own. */
function spreadMs(delayMs: number, random: number): number {
  return Math.round(delayMs * (1 - jitter + 2 * jitter * random));
}

/** No receiver may put its next delivery off for longer than this by `Retry-After`. */
export const longestDelayMs = 24 * hour;

/**
 * The project's own schedule, as Standard Webhooks recommends one: exponential, over three days, with jitter so that what failed
 * together does not come back together.
 * @param attempts requests made so far, at least 1
 * @param random from 0 to below 1; 0.5 is no jitter
 * @returns milliseconds to the next attempt, or undefined when that was the last one
 */
export function defaultRetryDelayMs(attempts: number, random = 0.5): number | undefined {
  const delayMs = delaysMs[attempts - 1];
  return delayMs === undefined ? undefined : spreadMs(delayMs, random);
}

/**
 * An endpoint's own schedule.
 * @param delaysMs from each failed attempt to the next; empty: no retry
 * @param attempts requests made so far, at least 1
 * @param random from 0 to below 1: spreads the delays as those of the default schedule; undefined: they are kept to the millisecond
 * @returns milliseconds to the next attempt, or undefined when that was the last one
 */
export function ownRetryDelayMs(
  delaysMs: readonly number[],
  attempts: number,
  random: number | undefined,
): number | undefined {
  const delayMs = delaysMs[attempts - 1];
  return delayMs === undefined || random === undefined ? delayMs : spreadMs(delayMs, random);
}
