/** `OrderItems` and `Order Items` are `order_items`. Letters and digits alone are left. Pure. */
export function snakeCase(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return words.join('_');
}

const irregular: Readonly<Record<string, string>> = {
  people: 'person',
  children: 'child',
  men: 'man',
  women: 'woman',
  feet: 'foot',
  teeth: 'tooth',
  mice: 'mouse',
  indices: 'index',
  matrices: 'matrix',
  vertices: 'vertex',
  criteria: 'criterion',
  phenomena: 'phenomenon',
  movies: 'movie',
  cookies: 'cookie',
  caches: 'cache',
  shelves: 'shelf',
  halves: 'half',
  wolves: 'wolf',
};

/** Words that are the same in both numbers, or end in s without being a plural. */
const unchanged = /(?:ss|us|is|news|series|species|data|media|info|sms|gps|lens|atlas|canvas|alias|bias)$/;

/** `people` is `person`, `order_addresses` is `order_address`: of several words the last one. By the common rules of English; pure. */
export function singular(name: string): string {
  const [, head = '', last = ''] = /^(.*_)?([^_]*)$/.exec(name) ?? [];
  return `${head}${singularWord(last)}`;
}

function singularWord(word: string): string {
  if (Object.hasOwn(irregular, word)) return irregular[word]!;
  if (unchanged.test(word) || word.length <= 3) return word;
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x|zz)es$/.test(word) || /(?:tus|bus|mus|ias)es$/.test(word)) return word.slice(0, -2);
  return word.endsWith('s') ? word.slice(0, -1) : word;
}

/** Names that an event can have: `_create` and the like must still fit into 100 characters. */
const longest = 70;

/**
 * A name for each thing that nothing else has: the wanted one, else another one that it may have, else one with a number. Pure.
 * @param candidates in the order in which they are liked, of each thing
 */
export function uniqueNames(
  candidates: ReadonlyArray<readonly string[]>,
  taken: Iterable<string> = [],
): string[] {
  const used = new Set(taken);
  return candidates.map((names) => {
    const usable = names.map((name) => (name || 'record').slice(0, longest));
    const free = usable.find((name) => !used.has(name)) ?? numbered(usable[0] ?? 'record', used);
    used.add(free);
    return free;
  });
}

function numbered(name: string, used: ReadonlySet<string>): string {
  let number = 2;
  while (used.has(`${name}_${number}`)) number += 1;
  return `${name}_${number}`;
}
