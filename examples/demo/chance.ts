import type { Application } from './application.ts';

/** A kind of change that happens in an application all day. Does nothing where there is no record for it. */
export type Happening = (application: Application) => Promise<unknown>;

export function anyOf<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)]!;
}

/** A whole number from `least` to `most`. */
export const between = (least: number, most: number): number =>
  least + Math.floor(Math.random() * (most - least + 1));

/** Any row of a query, or undefined where it has none. */
export async function anyRow(
  application: Application,
  query: string,
): Promise<Record<string, string> | undefined> {
  const [row] = await application.read(`select * from (${query}) found order by random() limit 1`);
  return row;
}

/** Returns what makes one change each time. They come like cards from a deck: at random, and yet all kinds of them soon. */
export function shuffled(
  happenings: ReadonlyArray<readonly [times: number, happening: Happening]>,
): Happening {
  let deck: Happening[] = [];
  return (application) => {
    if (deck.length === 0) {
      deck = happenings.flatMap(([times, happening]) => Array.from({ length: times }, () => happening));
    }
    const [drawn] = deck.splice(Math.floor(Math.random() * deck.length), 1);
    return drawn!(application);
  };
}
