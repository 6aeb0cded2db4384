import type { Claimed, Lane } from '../queue/claim.ts';
import { shareOf } from './turns.ts';

/** A request that takes longer no longer counts against the others' places. */
export const lingersAfterMs = 1_000;

interface Place {
  readonly startedAt: number;
  readonly doubtful: boolean;
}

/**
 * The requests under way, and whether more may start beside them. Pure, as Lanes is.
 *
 * - Up to `concurrency` requests that take longer than a second do not count, so that as many can start beside them.
 * - A quarter of the places, also of those that do not count, is for what is not doubtful: first tries to endpoints that are well. All
 *   else (retries, redeliveries, endpoints that fail) may be about to hang, and be so much that it would hang everywhere.
 */
export class InFlight {
  readonly #concurrency: number;
  readonly #forDoubtful: number;
  /** In the order in which they started. */
  readonly #quick = new Map<Claimed, Place>();
  readonly #lingering = new Map<Claimed, Place>();
  readonly #quickOf: [number, number, number] = [0, 0, 0];
  #doubtfulQuick = 0;
  #doubtfulLingering = 0;
  #lingeringBytes = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
    this.#forDoubtful = Math.max(1, Math.floor((concurrency * 3) / 4));
  }

  /** Whether any place is free. */
  get hasPlace(): boolean {
    const beyond = Math.max(0, this.#lingering.size - this.#concurrency);
    return this.#quick.size + beyond < this.#concurrency;
  }

  /** Whether one is free that something doubtful may take. */
  get hasPlaceForDoubtful(): boolean {
    const beyond = Math.max(0, this.#doubtfulLingering - this.#forDoubtful);
    return this.hasPlace && this.#doubtfulQuick + beyond < this.#forDoubtful;
  }

  /** Whether a lane uses its share or more: then the others come first. */
  isOverShare(lane: Lane): boolean {
    return this.#quickOf[lane] >= shareOf(lane, this.#concurrency);
  }

  /** Of the payloads of those that do not count. */
  get lingeringBytes(): number {
    return this.#lingeringBytes;
  }

  /** Takes account of the time that has passed. */
  advance(now: number): void {
    for (const [delivery, place] of this.#quick) {
      if (now - place.startedAt < lingersAfterMs) break;
      this.#leaveQuick(delivery, place);
      this.#lingering.set(delivery, place);
      this.#lingeringBytes += delivery.bytes;
      if (place.doubtful) this.#doubtfulLingering += 1;
    }
  }

  start(delivery: Claimed, doubtful: boolean, now: number): void {
    this.#quick.set(delivery, { startedAt: now, doubtful });
    this.#quickOf[delivery.lane] += 1;
    if (doubtful) this.#doubtfulQuick += 1;
  }

  /** @returns whether it took so long that it did not count any more */
  end(delivery: Claimed): boolean {
    const quick = this.#quick.get(delivery);
    if (quick) this.#leaveQuick(delivery, quick);
    const place = this.#lingering.get(delivery);
    if (!place) return false;
    this.#lingering.delete(delivery);
    this.#lingeringBytes -= delivery.bytes;
    if (place.doubtful) this.#doubtfulLingering -= 1;
    return true;
  }

  #leaveQuick(delivery: Claimed, place: Place): void {
    this.#quick.delete(delivery);
    this.#quickOf[delivery.lane] -= 1;
    if (place.doubtful) this.#doubtfulQuick -= 1;
  }
}
