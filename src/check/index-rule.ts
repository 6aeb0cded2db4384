import type { IndexFacts } from '../store/tables.ts';

/**
 * Whether an index finds rows by these columns: it begins with them, in any order, fixed ones among them; or it keeps some of them
 * distinct, so that a single row is left to look at. Pure.
 */
export function serves(
  { columns, unique }: IndexFacts,
  wanted: readonly string[],
  fixed: readonly string[],
): boolean {
  const left = new Set(wanted);
  for (const column of columns) {
    if (column === null || !(wanted.includes(column) || fixed.includes(column))) break;
    left.delete(column);
    if (left.size === 0) return true;
  }
  return (
    unique &&
    columns.every((column) => column !== null && (wanted.includes(column) || fixed.includes(column)))
  );
}
