import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface WaitOptions {
  /** Milliseconds; 10000 if not given. */
  readonly timeoutMs?: number;
  /** What is waited for, for the error: "the delivery to be retried". */
  readonly what: string;
}

/**
 * Asks again and again, every few milliseconds, until the answer is neither undefined, null nor false, and
 * returns it. An error thrown by the question counts as "not yet".
 *
 * @throws Error naming what was waited for and the last answer or error, after `timeoutMs`.
 */
export async function waitUntil<T>(
  question: () => T | Promise<T>,
  { timeoutMs = 10_000, what }: WaitOptions,
): Promise<Exclude<Awaited<T>, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let pauseMs = 2;
  let last = 'it was never answered';
  let cause: unknown;
  do {
    try {
      const answer = await withinTime(question(), deadline);
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<Awaited<T>, undefined | null | false>;
      }
      last = `the last answer was ${inspect(answer)}`;
      cause = undefined;
    } catch (error) {
      if (error === stillAsking) break;
      last = `the last attempt failed: ${error instanceof Error ? error.message : inspect(error)}`;
      cause = error;
    }
    await sleep(pauseMs);
    // Quick at first, for what is nearly done; gentle later, so that waiting does not load what it waits for.
    pauseMs = Math.min(pauseMs * 1.5, 50);
  } while (performance.now() < deadline);
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}; ${last}`, { cause });
}

const stillAsking = Symbol('still asking');

/** A question that hangs must not hang the test: the error should name it. */
async function withinTime<T>(answer: T | Promise<T>, deadline: number): Promise<T> {
  const abort = new AbortController();
  const timeUp = sleep(Math.max(deadline - performance.now(), 0), undefined, { signal: abort.signal }).then(
    () => {
      throw stillAsking;
    },
  );
  try {
    return await Promise.race([answer, timeUp]);
  } finally {
    timeUp.catch(() => {});
    abort.abort();
  }
}
