import type { Claimed } from '../queue/claim.ts';

/** So many in hand: each waits for the one before. */
const suspectsMax = 8;

/**
 * Deliveries that a process may have died of: begun twice and more without an end. They are sent alone, one at a time, so that one
 * that kills is told from those that were under way beside it.
 */
export class Suspects {
  readonly #waiting: Claimed[] = [];
  #begun: Claimed | undefined;

  get areInHand(): boolean {
    return this.#waiting.length > 0 || this.#begun !== undefined;
  }

  /** Those that have not begun, the longest in hand first. */
  get waiting(): readonly Claimed[] {
    return this.#waiting;
  }

  /** Whether it is taken in; there may be enough of them already. */
  add(delivery: Claimed): boolean {
    if (this.#waiting.length >= suspectsMax) return false;
    this.#waiting.push(delivery);
    return true;
  }

  /** The next one that may start, where none is under way; it is from then on. */
  next(may: (delivery: Claimed) => boolean): Claimed | undefined {
    if (this.#begun) return undefined;
    const index = this.#waiting.findIndex(may);
    if (index < 0) return undefined;
    [this.#begun] = this.#waiting.splice(index, 1);
    return this.#begun;
  }

  ended(delivery: Claimed): void {
    if (this.#begun === delivery) this.#begun = undefined;
  }

  /** Takes out those that have not begun. */
  take(which: (delivery: Claimed) => boolean): Claimed[] {
    const taken = this.#waiting.filter(which);
    const kept = this.#waiting.filter((delivery) => !which(delivery));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
    return taken;
  }
}
