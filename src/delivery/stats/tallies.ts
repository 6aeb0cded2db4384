import { allEndpoints } from '../../store/delivery-stats.ts';
import { type Outcome, Tally } from './tally.ts';

/** So many endpoints are told apart; those that come later are counted with all together only. */
export const mostEndpoints = 10_000;

/** A row of a busy endpoint for each so many ms: of ten thousand, one for each minute would be as much as their attempts. */
const betweenMs = 5 * 60_000;

/** What an endpoint's tally is, and when it was last handed out: ms of a clock that nobody can set. */
interface Entry {
  tally: Tally;
  handedAt: number;
}

/** A tally and whose it is; endpoint 0 is all together. */
export type Handed = readonly [endpointId: string, tally: Tally];

/** The tallies of a process: of all together, and of each endpoint. */
export class Tallies {
  readonly #all: Entry = { tally: new Tally(), handedAt: Number.NEGATIVE_INFINITY };
  readonly #byEndpoint = new Map<string, Entry>();

  /** Counts an attempt, see Tally. @param minute when the present one began; asked only for the first of a tally */
  add(endpointId: string, outcome: Outcome, durationMs: number, delayMs: number, minute: () => number): void {
    const all = this.#all.tally;
    if (all.isEmpty) all.since = minute();
    all.add(outcome, durationMs, delayMs);
    const its = this.#of(endpointId)?.tally;
    if (!its) return;
    if (its.isEmpty) its.since = minute();
    its.add(outcome, durationMs, delayMs);
  }

  /**
   * Hands out what is to be written, all together first, and counts on from 0. Of an endpoint that was handed out a short while ago only
   * if `everything` is wanted.
   * @param now ms of a clock that nobody can set
   */
  hand(now: number, everything: boolean): Handed[] {
    const handed: Handed[] = [];
    const take = (endpointId: string, entry: Entry): void => {
      if (entry.tally.isEmpty) return;
      handed.push([endpointId, entry.tally]);
      entry.tally = new Tally();
      entry.handedAt = now;
    };
    take(allEndpoints, this.#all);
    for (const [endpointId, entry] of this.#byEndpoint) {
      if (!everything && now - entry.handedAt < betweenMs) continue;
      if (entry.tally.isEmpty) this.#byEndpoint.delete(endpointId);
      take(endpointId, entry);
    }
    return handed;
  }

  /** Takes back what could not be written: it is handed out with the next ones. */
  takeBack(handed: Iterable<Handed>): void {
    for (const [endpointId, tally] of handed) {
      const entry = endpointId === allEndpoints ? this.#all : this.#of(endpointId);
      if (!entry) continue;
      entry.tally.take(tally);
      entry.handedAt = Number.NEGATIVE_INFINITY;
    }
  }

  #of(endpointId: string): Entry | undefined {
    let entry = this.#byEndpoint.get(endpointId);
    if (!entry && this.#byEndpoint.size < mostEndpoints) {
      entry = { tally: new Tally(), handedAt: Number.NEGATIVE_INFINITY };
      this.#byEndpoint.set(endpointId, entry);
    }
    return entry;
  }
}
