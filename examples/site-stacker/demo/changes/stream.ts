import type { Happening } from './chance.ts';
import { giving } from './stream-giving.ts';
import { living } from './stream-living.ts';

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
