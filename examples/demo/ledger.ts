import type { Arrival } from './receiver.ts';
import type { Receiving } from './receiving.ts';

/** An event that a change must raise, and the record it speaks of, as the system names it. */
export type Expected = readonly [event: string, key: string];

/** A transaction that the demo has committed, and what must come of it. */
export interface Change {
  readonly by: 'API' | 'SQL';
  /** The request or the statement. */
  readonly what: string;
  readonly requestId: string | undefined;
}

/** One expected event, with the delivery that brought it. */
export interface Entry {
  readonly event: string;
  readonly key: string;
  readonly change: Change;
  /** When the application learned that its transaction was committed, on the clock of `performance.now()`. */
  readonly committedAt: number;
  /** The attempt that the receiver took. */
  arrival: Arrival | undefined;
}

/**
 * What the demo's own changes must raise, against what has arrived. A webhook may come before the application hears of its own
 * commit: while a change is under way, an arrival that nobody expects is held back until the change is entered.
 */
export class Ledger {
  readonly #sameAs: Receiving['sameAs'];
  /** Entries that no delivery has claimed yet, the oldest first. */
  readonly #unclaimed = new Map<string, Entry[]>();
  /** Of deliveries that were seen but not taken: what they have claimed. */
  readonly #claims = new Map<string, Entry>();
  readonly #onMatched: (arrival: Arrival, entry: Entry | undefined) => void;
  #held: Arrival[] | undefined;
  #open = new Set<Entry>();
  #onProgress = (): void => {};

  /**
   * @param sameAs how an event looks to the receiver
   * @param onMatched gets every arrival, with the entry it belongs to; none: it is of no change of the demo's
   */
  constructor(sameAs: Receiving['sameAs'], onMatched: (arrival: Arrival, entry: Entry | undefined) => void) {
    this.#sameAs = sameAs;
    this.#onMatched = onMatched;
  }

  /** Expected, and not taken so far. */
  get missing(): readonly Entry[] {
    return [...this.#open];
  }

  /** Of those missing: no attempt was ever made. */
  get unseen(): readonly Entry[] {
    const seen = new Set(this.#claims.values());
    return this.missing.filter((entry) => !seen.has(entry));
  }

  /** From now until `enter` a change is under way. */
  begin(): void {
    this.#held = [];
  }

  /** The change has been committed, or has failed and raises nothing. */
  enter(change: Change, committedAt: number, expected: readonly Expected[]): readonly Entry[] {
    const entries = expected.map(([event, key]) => ({ event, key, change, committedAt, arrival: undefined }));
    for (const entry of entries) {
      const id = this.#sameAs(entry.event, entry.key);
      this.#unclaimed.set(id, [...(this.#unclaimed.get(id) ?? []), entry]);
      this.#open.add(entry);
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const arrival of held) this.arrive(arrival);
    return entries;
  }

  arrive(arrival: Arrival): void {
    const entry = this.#claims.get(arrival.deliveryId) ?? this.#claim(arrival);
    if (!entry && this.#held && arrival.fate !== 'repeat') {
      this.#held.push(arrival);
      return;
    }
    if (entry && arrival.fate === 'taken') {
      entry.arrival = arrival;
      this.#open.delete(entry);
      this.#claims.delete(arrival.deliveryId);
    } else if (entry) {
      this.#claims.set(arrival.deliveryId, entry);
    }
    this.#onMatched(arrival, entry);
    this.#onProgress();
  }

  /** Waits until all that was entered has been taken (or at least attempted), for at most so long. Tells whether it has. */
  async settled(timeoutMs: number, what: 'taken' | 'attempted' = 'taken'): Promise<boolean> {
    const isDone = () => (what === 'taken' ? this.#open.size === 0 : this.unseen.length === 0);
    if (isDone()) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onProgress = () => {
        if (!isDone()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onProgress = () => {};
    return isDone();
  }

  #claim(arrival: Arrival): Entry | undefined {
    if (arrival.fate === 'repeat' || arrival.fate === 'refused') return undefined;
    const [entry, ...others] = this.#unclaimed.get(arrival.same) ?? [];
    if (others.length > 0) this.#unclaimed.set(arrival.same, others);
    else this.#unclaimed.delete(arrival.same);
    return entry;
  }
}
