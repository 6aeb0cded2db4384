import type { Block } from './effects.ts';
import type { RelayStep } from './history.ts';
import type { Row } from './state.ts';
import type { Statement } from './statements.ts';

/** What is really to be done, in this order. */
export type Action =
  | { readonly by: number; readonly statement: Statement }
  /** Puts the triggers on tables of `seat` that came later. */
  | { readonly mend: true }
  | { readonly relay: RelayStep };

/** A history with all that follows from it. */
export interface Plan {
  readonly actions: readonly Action[];
  /** Row changes on a page: the least that keeps every transaction whole, and some more. */
  readonly pageSize: number;
  /** By record (`resource key`), in the order of commits. */
  readonly blocks: ReadonlyMap<string, readonly Block[]>;
  /** By record, what its row has been. */
  readonly past: ReadonlyMap<string, readonly Past[]>;
  readonly hasLateSeat: boolean;
}

/** A row as a commit left it, or as it was last; `lost`: it went without a last row; `unseen`: and nobody was told that it did. */
export interface Past {
  readonly row: Row | 'lost' | 'unseen';
  readonly at: number;
}

/** Session number of what is no connection of the application. */
export const owner = -1;
