import { percentile } from './latency.ts';
import type { Arrival } from './receiver.ts';

/** The figures of the live view at a moment. */
export interface Totals {
  readonly changes: number;
  /** Requests, retries included. */
  readonly arrived: number;
  readonly taken: number;
  readonly failed: number;
  readonly repeats: number;
  readonly refused: number;
  /** Arrivals per second, over the last ten seconds. */
  readonly perSecond: number;
  /** Milliseconds from commit to the first attempt, of the last thousand. */
  readonly p50: number;
  readonly p99: number;
  /** Deliveries that were failed and have not come again. */
  readonly waiting: number;
  readonly nextRetryAt: Date | undefined;
  readonly runningMs: number;
}

const rateMs = 10_000;
const keptLatencies = 1_000;

/** Counts what happens in the live view. */
export class Counting {
  #startedAt = performance.now();
  readonly #recent: number[] = [];
  readonly #latencies: number[] = [];
  readonly #retries = new Map<string, Date>();
  readonly #fates = { taken: 0, failed: 0, repeat: 0, refused: 0 };
  changes = 0;

  /** The clock starts anew: setting everything up is over, and what waited for the daemon says nothing of its speed. */
  begin(): void {
    this.#startedAt = performance.now();
    this.#latencies.length = 0;
  }

  /**
   * @param committedAt when its change was committed, where that is known
   * @param retryAt when the next attempt is due, after a failure
   * @returns milliseconds from commit to arrival
   */
  arrived(arrival: Arrival, committedAt: number | undefined, retryAt: Date | undefined): number | undefined {
    this.#fates[arrival.fate] += 1;
    this.#recent.push(arrival.at);
    if (retryAt) this.#retries.set(arrival.deliveryId, retryAt);
    else this.#retries.delete(arrival.deliveryId);
    // An endpoint is created before the daemon is there to send its ping.
    if (committedAt === undefined || arrival.event === 'ping') return undefined;
    // It may come before the application has heard that its commit was done.
    const latencyMs = Math.max(0, arrival.at - committedAt);
    if (arrival.attempt === 1) {
      this.#latencies.push(latencyMs);
      if (this.#latencies.length > keptLatencies) this.#latencies.shift();
    }
    return latencyMs;
  }

  totals(): Totals {
    const now = performance.now();
    const runningMs = now - this.#startedAt;
    while (this.#recent[0] !== undefined && this.#recent[0] < now - rateMs) this.#recent.shift();
    const { taken, failed, repeat, refused } = this.#fates;
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const due = [...this.#retries.values()].sort((a, b) => a.getTime() - b.getTime());
    return {
      ...{
        changes: this.changes,
        arrived: taken + failed + repeat + refused,
        taken,
        failed,
        repeats: repeat,
        refused,
      },
      perSecond: this.#recent.length / (Math.min(Math.max(runningMs, 1_000), rateMs) / 1000),
      ...{ p50: percentile(sorted, 50), p99: percentile(sorted, 99) },
      ...{ waiting: due.length, nextRetryAt: due[0], runningMs },
    };
  }
}
