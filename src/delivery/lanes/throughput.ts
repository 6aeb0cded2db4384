/** What it is measured over. */
const windowMs = 100;

/** How many requests end in a second, of late. Pure: times are milliseconds of one monotonic clock. */
export class Throughput {
  #since = Number.NaN;
  #ended = 0;
  #perSecond = 0;

  ended(): void {
    this.#ended += 1;
  }

  /** Half of it is the time since it was last asked, unless that was just now. */
  perSecond(now: number): number {
    const elapsedMs = now - this.#since;
    if (elapsedMs < windowMs) return this.#perSecond;
    const latest = Number.isNaN(elapsedMs) ? 0 : (this.#ended * 1_000) / elapsedMs;
    this.#perSecond = (this.#perSecond + latest) / 2;
    this.#since = now;
    this.#ended = 0;
    return this.#perSecond;
  }
}
