import type { Lane } from '../queue/claim.ts';

/** Of each lane: how large its share is where all three want more than there is. Fresh events come first. */
export const weights: readonly [number, number, number] = [4, 1, 1];
export const lanes: readonly Lane[] = [0, 1, 2];
const allWeights = weights.reduce((sum, weight) => sum + weight);

/** A lane's share of so many, at least 1. */
export function shareOf(lane: Lane, all: number): number {
  return Math.max(1, Math.ceil((all * weights[lane]) / allWeights));
}

/**
 * Whose turn it is among the lanes: each gets turns by its weight, spread evenly. One that did not want any for a while has saved
 * none up, and the others have its share meanwhile (stride scheduling).
 */
export class Turns {
  readonly #passes: [number, number, number] = [0, 0, 0];
  /** That of the last turn. */
  #now = 0;

  /** Sorts lanes by whose turn is next. */
  order(wanting: readonly Lane[]): Lane[] {
    return wanting.toSorted((one, other) => this.#passOf(one) - this.#passOf(other) || one - other);
  }

  took(lane: Lane): void {
    this.#now = this.#passOf(lane);
    this.#passes[lane] = this.#now + 1 / weights[lane];
  }

  #passOf(lane: Lane): number {
    return Math.max(this.#passes[lane], this.#now);
  }
}
