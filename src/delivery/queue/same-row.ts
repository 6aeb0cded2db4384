/**
 * SQL: that two rows are of one delivery in the queue, by its key without the slot.
 *
 * Its columns are compared as rows, from both sides, and not for equality. Of an equality the planner makes what it likes: while
 * the queue is as good as empty, which is when it is vacuumed and analyzed, it walks all of the queue for each row of the batch, and that plan is kept for
 * when there are a hundred thousand (invariant 8). Rows that are compared can only be looked for by the key.
 */
export const sameDelivery = (one: string, other: string): string =>
  sameKey(one, other, ['lane', 'endpoint_id', 'id']);

/** The same for any key that an index begins with. */
export function sameKey(one: string, other: string, columns: readonly string[]): string {
  const row = (of: string) => `(${columns.map((column) => `${of}.${column}`).join(', ')})`;
  return `${row(one)} >= ${row(other)} and ${row(one)} <= ${row(other)}`;
}
