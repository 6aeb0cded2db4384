/** The word for a code of the server; undefined where the page has none. Of its own words only: `constructor` is none. */
export function wordOf(words: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(words, code) ? words[code] : undefined;
}
