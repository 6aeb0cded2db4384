/** Names that were not met on so many pages are forgotten. */
const pagesMax = 16;

/** Which events' names were met on the last pages. */
export interface LateNames {
  names(): readonly string[];
  /** Whether all of these were among what names() returned last. */
  have(names: readonly string[]): boolean;
  /** These were on a page. */
  met(names: readonly string[]): void;
}

export function createLateNames(): LateNames {
  /** The page on which each was met last. */
  const metOn = new Map<string, number>();
  let told: ReadonlySet<string> = new Set();
  let page = 0;
  return {
    names() {
      told = new Set(metOn.keys());
      return [...told];
    },
    have: (names) => names.every((name) => told.has(name)),
    met(names) {
      page += 1;
      for (const name of names) metOn.set(name, page);
      for (const [name, on] of metOn) if (page - on >= pagesMax) metOn.delete(name);
    },
  };
}
