/**
 * SQL: that two rows are of one delivery in the queue, by its key without the slot.
 *
 * The first column is compared with an array of one. Of nothing but equalities the planner makes what it likes: while the queue is as good as empty, which is
 * when it is vacuumed and analyzed, it walks all of the queue, in the key's order, for each row of the batch; and that plan is kept for when there are a
 * hundred thousand (invariant 8). An array says nothing of an order, so all that is left is to look for the key. (So it is with rows that are
 * compared from both sides; but before Postgres 18 the walk then goes on to the end of what has the same first column. With arrays for all
 * columns Postgres 14 may look for the first one alone.)
 */
export const sameDelivery = (one: string, other: string): string =>
  sameKey(one, other, ['lane', 'endpoint_id', 'id']);

/** The same for any key that an index begins with. */
export function sameKey(one: string, other: string, [first, ...rest]: readonly string[]): string {
  const equal = rest.map((column) => ` and ${one}.${column} = ${other}.${column}`);
  return `${one}.${first} = any (array[${other}.${first}])${equal.join('')}`;
}
