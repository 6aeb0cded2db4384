import type { Crm } from '../crm.ts';
import { giving } from './stream-giving.ts';
import { living } from './stream-living.ts';

/** A kind of change that happens in a CRM all day. Does nothing where there is no record for it. */
export type Happening = (crm: Crm) => Promise<unknown>;

/** With how often each happens, against the others. */
const happenings: ReadonlyArray<readonly [times: number, happening: Happening]> = [...living, ...giving];

/** Returns what makes one change each time. They come like cards from a deck: at random, and yet all kinds of them soon. */
export function changesAtRandom(): Happening {
  let deck: Happening[] = [];
  return (crm) => {
    if (deck.length === 0) {
      deck = happenings.flatMap(([times, happening]) => Array.from({ length: times }, () => happening));
    }
    const [drawn] = deck.splice(Math.floor(Math.random() * deck.length), 1);
    return drawn!(crm);
  };
}
