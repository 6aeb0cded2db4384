/** None is higher. */
export const lastSeq = '9223372036854775807';

/**
 * SQL: rows `o` of the outbox that the transaction `t.xid` wrote, behind one seq and up to another. To be followed by
 * `inTransaction` where there is a limit.
 *
 * Pairs are compared, since only the index on (xid, seq) answers that. With `o.xid = t.xid and o.seq > …` the plan for unknown values
 * may walk the index on seq instead, once statistics have seen a bulk transaction: each id then seems to have a large part of the
 * rows. One late row is then looked for among all that wait (invariant 8).
 *
 * @param behind a seq or a parameter; seqs begin at 1
 */
export const ofTransaction = (behind = '0', upTo = lastSeq): string =>
  `(o.xid, o.seq) > (t.xid, ${behind}::bigint) and (o.xid, o.seq) <= (t.xid, ${upTo}::bigint)`;

/** Their order by seq, in the words of that index. */
export const inTransaction = 'order by o.xid, o.seq';
