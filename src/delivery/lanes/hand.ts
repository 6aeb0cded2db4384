import type { Claimed, Lane } from '../queue/claim.ts';
import { lanes } from './turns.ts';

/**
 * Bytes of payload that a process has in hand at most (and one delivery, however large). Measured with a thousand of 1 MB: the process grows
 * by five to seven times as much beyond what small ones take: most of it is no longer needed, but not yet collected.
 */
export const bytesMax = 6_000_000;

/** What ends in this time is a third of what may be in hand. */
const depthSeconds = 0.1;
/** And at most so many times as many as can be sent at a time. */
const depthMax = 8;

type ByLane = readonly [number, number, number];

/**
 * What is in hand: queued, in flight, or waiting to be recorded; and how much more there is room for. Up to three times as many as can
 * be sent at a time, so that requests and claims overlap. Each lane has a share of its own, and those of others that want less;
 * but some of the room is always for fresh events.
 */
export class Hand {
  readonly #concurrency: number;
  readonly #lingeringBytes: () => number;
  #depth = 0;
  #shares: ByLane = [0, 0, 0];
  #kept: ByLane = [0, 0, 0];
  readonly #counts: [number, number, number] = [0, 0, 0];
  #bytes = 0;

  /** @param lingeringBytes of the payloads of requests that take long */
  constructor(concurrency: number, lingeringBytes: () => number = () => 0) {
    this.#concurrency = concurrency;
    this.#lingeringBytes = lingeringBytes;
    this.deepen(0);
  }

  /** A third of what may be in hand. */
  get depth(): number {
    return this.#depth;
  }

  /** Follows how many requests end in a second: a claim brings as many as make its cost small, and no more than will start soon. */
  deepen(perSecond: number): void {
    const wanted = Math.ceil(perSecond * depthSeconds);
    this.#depth = Math.max(this.#concurrency, Math.min(wanted, depthMax * this.#concurrency));
    const small = Math.ceil(this.#depth / 2);
    this.#shares = [2 * this.#depth, small, small];
    this.#kept = [this.#depth, 0, 0];
  }

  add(delivery: Claimed): void {
    this.#counts[delivery.lane] += 1;
    this.#bytes += delivery.bytes;
  }

  remove(delivery: Claimed): void {
    this.#counts[delivery.lane] -= 1;
    this.#bytes -= delivery.bytes;
  }

  /** What lingers does not count, up to as much again: a few that hang would keep all others from being claimed (invariant 7). */
  get bytesLeft(): number {
    return bytesMax - (this.#bytes - Math.min(this.#lingeringBytes(), bytesMax));
  }

  /** A claim for the last few bytes would bring next to nothing, and the next one as little. */
  get bytesForMore(): boolean {
    return this.#bytes === 0 || this.bytesLeft >= bytesMax / 4;
  }

  /**
   * How many more each lane may have, where these lanes are known to want more than they have.
   * @param yielding of each lane, what does not start for now: it does not count, up to as many again, or a backlog would keep what is fresh from being claimed
   */
  limits(hungry: (lane: Lane) => boolean, yielding: ByLane = [0, 0, 0]): [number, number, number] {
    const countOf = (lane: Lane): number => this.#counts[lane] - Math.min(yielding[lane], this.#shares[lane]);
    const unused = (lane: Lane): number =>
      hungry(lane) ? 0 : Math.max(0, this.#shares[lane] - this.#kept[lane] - countOf(lane));
    const limitOf = (lane: Lane): number =>
      lanes.reduce<number>(
        (sum, other) => (other === lane ? sum : sum + unused(other)),
        this.#shares[lane] - countOf(lane),
      );
    return [Math.max(0, limitOf(0)), Math.max(0, limitOf(1)), Math.max(0, limitOf(2))];
  }
}
