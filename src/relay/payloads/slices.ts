import { allAnswered } from '../../store/all-sent.ts';

/** Events of a slice, at most: while one is written, the server makes the next one ready. */
const mostEvents = 500;
/**
 * Characters of payloads that one statement brings, at most, or a single payload that is longer: records can be megabytes, and what
 * is held comes to several times of it.
 */
export const mostCharacters = 2 ** 20;

/** Cuts the events of a page into slices, each as large as what was found in the one before allows. */
export interface Slices {
  /** Where the next slice begins, and where it ends at the latest; undefined: everything is taken. */
  next(): readonly [from: number, to: number] | undefined;
  /** Whether the slice still has room for the next event with this payload; after a false one it ends. The first one has room. */
  takes(payload: string | symbol | null | undefined): boolean;
}

/** @param count events of the page */
export function createSlices(count: number): Slices {
  let size = mostEvents;
  let from = 0;
  let to = 0;
  let taken = 0;
  let characters = 0;
  return {
    next() {
      // A large payload makes the next slice as short as this one turned out to be; small ones let it grow again.
      if (from + taken < to) size = Math.max(1, taken);
      else if (characters < mostCharacters / 4) size = Math.min(2 * size, mostEvents);
      from += taken;
      to = Math.min(from + size, count);
      taken = 0;
      characters = 0;
      return from < count ? [from, to] : undefined;
    },
    takes(payload) {
      const length = typeof payload === 'string' ? payload.length : 0;
      if (taken > 0 && characters + length > mostCharacters) return false;
      taken += 1;
      characters += length;
      return true;
    },
  };
}

/**
 * As many of a slice, from the first on, as come to what one statement brings; at least one. For payloads whose length is known
 * before they are read: what would have no room is not built in vain.
 */
export function whileRoom<Event>(
  events: readonly Event[],
  lengthOf: (event: Event) => number,
): readonly Event[] {
  let characters = 0;
  const end = events.findIndex((event, i) => {
    characters += lengthOf(event);
    return i > 0 && characters > mostCharacters;
  });
  return end < 0 ? events : events.slice(0, end);
}

/**
 * Reads slice by slice and writes each. The next one is asked for before the last is written: the server reads it while the statement
 * that writes is being made.
 *
 * @param inTurn nothing is asked for before all is answered, as savepoints need it
 * @returns the writing of the last slice, which may still be under way, so that what ends the page can be sent behind it
 * @throws what made it fail, and not what the server says of all that follows in the transaction
 */
export async function inSlices<Ready>(
  slices: Slices,
  read: (from: number, to: number) => Promise<Ready>,
  write: (ready: Ready) => Promise<void>,
  inTurn: boolean,
): Promise<{ readonly written: Promise<void> }> {
  const readNext = () => {
    const range = slices.next();
    return range && read(...range);
  };
  let reading = readNext();
  while (reading) {
    const ready = await reading;
    if (inTurn) {
      await write(ready);
      reading = readNext();
      continue;
    }
    reading = readNext();
    const written = write(ready);
    if (!reading) {
      // Whoever waits for it may have something else to wait for first.
      written.catch(() => {});
      return { written };
    }
    await allAnswered([reading, written]);
  }
  return { written: Promise.resolve() };
}
