/** The bound of an integer type, and how many digits are below it for sure. */
const integers: Readonly<Record<string, readonly [bound: bigint, digits: number]>> = {
  smallint: [2n ** 15n, 4],
  integer: [2n ** 31n, 9],
  bigint: [2n ** 63n, 18],
};
const uuid = /^\s*(\{[\da-f]{4}(-?[\da-f]{4}){7}\}|[\da-f]{4}(-?[\da-f]{4}){7})\s*$/i;

/**
 * Whether a text can be a value of a type, for the types that most keys have; true for all others. A part may say of its record what no
 * key can be: `none` where keys are numbers, or a number that is too large. Pure.
 *
 * @param type as format_type says it, without a modifier
 */
export function canBe(type: string, text: string): boolean {
  const integer = integers[type];
  if (integer) {
    const [bound, digits] = integer;
    if (text.length <= digits && /^\d+$/.test(text)) return true;
    if (!/^\s*[-+]?\d{1,1000}\s*$/.test(text)) return false;
    const value = BigInt(text.trim().replace(/^\+/, ''));
    return -bound <= value && value < bound;
  }
  switch (type) {
    case 'numeric':
      return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?\s*$/i.test(text);
    case 'uuid':
      return uuid.test(text);
    // Casts to these cut.
    case 'name':
      return Buffer.byteLength(text) < 64;
    case '"char"':
      return Buffer.byteLength(text) < 2;
    default:
      return true;
  }
}

/**
 * A key of the outbox by its columns: the text itself, or of a JSON array of texts as many as there are columns. Undefined where it was
 * made of other columns. Never throws. Pure.
 */
export function keyValues(key: string, columns: number): ReadonlyArray<string | null> | undefined {
  if (columns === 1) return [key];
  let values: unknown;
  try {
    values = JSON.parse(key);
  } catch {
    return undefined;
  }
  if (!Array.isArray(values) || values.length !== columns) return undefined;
  return values.every((value) => value === null || typeof value === 'string') ? values : undefined;
}
