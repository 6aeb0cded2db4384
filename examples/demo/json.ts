export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A part of a body by its keys; undefined where there is none. */
export function part(body: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let found = body;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as { readonly [key: string]: Json | undefined })[key];
  }
  return found;
}

/** The id in a body, or in a part of it. @throws Error when there is none. */
export function idIn(body: Json | undefined, ...keys: readonly string[]): string {
  const id = part(body, ...keys, 'id');
  if (typeof id !== 'string')
    throw new Error(`no id in ${keys.join('.') || 'the body'}: ${JSON.stringify(body)}`);
  return id;
}

/** Compares as JSON texts, so the order of keys counts; then looks for where they part. */
export function difference(expected: Json | undefined, found: Json | undefined): string | undefined {
  if (JSON.stringify(expected) === JSON.stringify(found)) return undefined;
  return firstDifference(expected, found, []);
}

function firstDifference(
  expected: Json | undefined,
  found: Json | undefined,
  path: readonly string[],
): string {
  const at = path.join('.') || 'the body';
  if (isObject(expected) && isObject(found)) {
    const [wanted, given] = [Object.keys(expected), Object.keys(found)];
    if (wanted.join() !== given.join()) return `${at}: expected the keys ${wanted}, found ${given}`;
    const key = wanted.find(
      (each) => JSON.stringify(part(expected, each)) !== JSON.stringify(part(found, each)),
    );
    if (key !== undefined) return firstDifference(part(expected, key), part(found, key), [...path, key]);
  }
  return `${at}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null;
