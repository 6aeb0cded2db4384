/** Changed rows in their places, new ones in front; what does not belong there any more is left out. */
export function mergeRows<Row>(
  before: readonly Row[],
  changed: readonly Row[],
  id: (row: Row) => string,
  keep: (row: Row) => boolean,
): readonly Row[] {
  const byId = new Map(changed.map((row) => [id(row), row]));
  const stayed = before
    .map((row) => byId.get(id(row)) ?? row)
    .filter((row) => !byId.has(id(row)) || keep(row));
  const known = new Set(before.map(id));
  const fresh = [...byId.values()].filter((row) => !known.has(id(row)) && keep(row));
  return [...fresh, ...stayed];
}
