/** A pair of surrogates; a single code unit; any other escape, so that the second of two backslashes begins none. */
const escapes = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u([\da-fA-F]{4})|\\./gs;

/**
 * A last row as Postgres can read it again. A column of type json may hold what no text of Postgres can: NUL, and halves of surrogate
 * pairs. They are replaced, as they are wherever text is decoded. Pure.
 */
export function readable(image: string): string {
  // Most rows have none.
  if (!/\\u(0000|[dD][89a-fA-F])/.test(image)) return image;
  return image.replace(escapes, (sequence, unit?: string) =>
    unit !== undefined && /^(0000|d[89a-f]..)$/i.test(unit) ? '\\ufffd' : sequence,
  );
}
