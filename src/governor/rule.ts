/** The rule of the governor: from samples to how fast to go. Pure; times are milliseconds of one monotonic clock. */

/** What is known of the database's load. */
export interface Load {
  /** Sessions of others at work, as a moving average. */
  readonly level: number;
  readonly givesWay: boolean;
  /** When it was last sampled. */
  readonly at: number;
}

/**
 * Others' sessions at work from which on they go first: they fill two cores, the smallest server in use. How many there are cannot be
 * asked for. Too low costs speed only; too high, and a small server is never seen to be busy: short statements look idle there.
 */
export const defaultBusyBackends = 2;

/** Weight of the past: after so long without change the level has gone 63% of the way. */
const averageMs = 1_000;
/** One sample counts for no more time than this, however late the next one comes. */
const longestStepMs = 250;
/** Below this part of the limit it is over: between the two nothing changes, or each page of ours would turn it to and fro. */
const overAt = 0.5;
/** Without a sample for so long nothing is known: a server that does not answer is taken for a busy one. */
const blindAfterMs = 3_000;
/** Below this part of the limit it is looked at less often. */
const quietAt = 0.25;
const intervalMs = { busy: 100, quiet: 500 };

/**
 * The part of its time that relay and dispatcher each work while they give way. Together they are an eighth of a session beside two or more
 * of others: at most 6% of the server, and the less the busier it is, as time spent waiting for a core counts too.
 */
const share = 0.06;
const shortestRestMs = 20;
/** However long the work took, the next comes after this: nothing ever stops. */
const longestRestMs = 10_000;
/** What is taken on at once, of what is at full speed. */
const batchPart = 1 / 4;

/** What is assumed before the first sample. */
export function unknownLoad(now: number): Load {
  return { level: 0, givesWay: true, at: now - blindAfterMs };
}

/** @param backends others' sessions at work in this sample */
export function observe(load: Load, backends: number, now: number, busyBackends: number): Load {
  // Nothing was known: this is all there is.
  if (isBlind(load, now)) return { level: backends, givesWay: backends >= busyBackends, at: now };
  const weight = 1 - Math.exp(-Math.min(now - load.at, longestStepMs) / averageMs);
  const level = load.level + weight * (backends - load.level);
  const bound = load.givesWay ? busyBackends * overAt : busyBackends;
  return { level, givesWay: level >= bound, at: now };
}

export function isBlind(load: Load, now: number): boolean {
  return now - load.at >= blindAfterMs;
}

/** Milliseconds until the next sample. */
export function intervalOf(load: Load, busyBackends: number): number {
  return load.givesWay || load.level >= busyBackends * quietAt ? intervalMs.busy : intervalMs.quiet;
}

/** How much to take on at once while giving way. */
export function smallBatch(most: number): number {
  return Math.max(1, Math.ceil(most * batchPart));
}

/** Milliseconds to rest while giving way, after work that took this long. */
export function restAfter(tookMs: number): number {
  return Math.min(longestRestMs, Math.max(shortestRestMs, tookMs * (1 / share - 1)));
}
