import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../store/log.ts';
import { type Finished, type Recorded, record } from './record.ts';
import type { Session } from './session.ts';

const batchMax = 500;
/** A few results are written at once, many together: a batch that is worth its cost, or all that come in this time. */
const few = 8;
const worthwhile = 250;
const gatherMs = 10;
const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** While all that there is to write is locked. Others' results may come meanwhile: they wait no longer than this (invariant 7). */
const longestLockedPauseMs = 250;
/** A claim that puts a delivery behind one of these locks that one for as long as its statement takes. */
const lockedPauseMs = 10;

export interface RecorderParts {
  readonly session: Session;
  readonly log: Log;
  /** Called once for each that was added, when nothing is left to do about it; undefined: its lease was lost, nothing was written. */
  onDone(finished: Finished, recorded: Recorded | undefined): void;
  /** Deliveries have become due: they waited for earlier ones of their records. */
  onBrought?(): void;
}

/**
 * Writes down what was sent. A batch is whatever finished while the batch before was written, so one request alone is
 * recorded at once, and thousands a second share their commits. While the database is away results are kept: their leases
 * may still hold when it is back, and if not, the fence drops them.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  #pending: Finished[] = [];
  #working: Promise<void> | undefined;
  readonly #hurry = new AbortController();
  /** Milliseconds of performance.now() after which nothing is retried any more. */
  #giveUpAt = Number.POSITIVE_INFINITY;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Has the statement parsed and planned, so that the first result does not wait for that. Never rejects. */
  async warmUp(): Promise<void> {
    await record(this.#parts.session, []).catch(() => {});
  }

  add(finished: Finished): void {
    this.#pending.push(finished);
    this.#working ??= this.#work();
  }

  /** Resolves when all is written, or given up: after this time their leases are over, and others send them again. */
  async drain(withinMs: number): Promise<void> {
    this.#giveUpAt = Math.min(this.#giveUpAt, performance.now() + withinMs);
    await this.#working;
  }

  /** Makes a drain end after one more try. */
  abort(): void {
    this.#giveUpAt = 0;
    this.#hurry.abort();
  }

  async #work(): Promise<void> {
    let pauseMs = firstPauseMs;
    let whileLockedMs = lockedPauseMs;
    // So many of the next ones are written one by one: one of them is not taken.
    let alone = 0;
    while (this.#pending.length > 0) {
      if (this.#pending.length > few && this.#pending.length < worthwhile) await this.#pause(gatherMs);
      const batch = this.#pending.splice(0, alone > 0 ? 1 : batchMax);
      alone = Math.max(0, alone - batch.length);
      try {
        const { recorded, locked, brought } = await record(this.#parts.session, batch);
        if (brought > 0) this.#parts.onBrought?.();
        const byAttempt = new Map(recorded.map((each) => [each.attemptId, each]));
        for (const finished of batch) {
          if (locked.has(finished.attemptId)) this.#pending.push(finished);
          else this.#parts.onDone(finished, byAttempt.get(finished.attemptId));
        }
        pauseMs = firstPauseMs;
        if (locked.size < batch.length) whileLockedMs = lockedPauseMs;
        else if (performance.now() >= this.#giveUpAt) this.#giveUp('locked by another transaction');
        else {
          await this.#pause(whileLockedMs);
          whileLockedMs = Math.min(whileLockedMs * 2, longestLockedPauseMs);
        }
      } catch (error) {
        if (isAboutTheData(error)) {
          if (batch.length > 1) alone += batch.length;
          this.#pending.unshift(...this.#acceptable(batch, error));
          continue;
        }
        this.#pending.unshift(...batch);
        if (performance.now() >= this.#giveUpAt) {
          this.#giveUp(error);
          break;
        }
        this.#parts.log.warn(
          { err: error, results: this.#pending.length, pauseMs },
          'results cannot be recorded; kept',
        );
        await this.#pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
    // At once, not when the promise is settled: what is added in between would wait for the next one.
    this.#working = undefined;
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#hurry.signal }).catch(() => {});
  }

  /** A result that Postgres does not take keeps neither the others nor its own verdict from being written. */
  #acceptable(batch: readonly Finished[], error: unknown): readonly Finished[] {
    const [only] = batch;
    if (!only || batch.length > 1) return batch;
    const { log, onDone } = this.#parts;
    if (only.responseHeaders || only.responseBody || only.detail) {
      log.error({ err: error, delivery: only.delivery.id }, 'response cannot be stored; recorded without it');
      return [{ ...only, responseHeaders: null, responseBody: null, detail: null }];
    }
    log.error({ err: error, delivery: only.delivery.id }, 'result cannot be stored; it will be sent again');
    onDone(only, undefined);
    return [];
  }

  #giveUp(error: unknown): void {
    for (const finished of this.#pending.splice(0)) {
      this.#parts.log.error(
        { err: error, delivery: finished.delivery.id },
        'result lost; it will be sent again',
      );
      this.#parts.onDone(finished, undefined);
    }
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint violation). */
function isAboutTheData(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^2[23]/.test(code);
}
