import type { Queryable } from './sql.ts';

/**
 * Lets several ask one connection at once: each statement goes out when the one before has been answered, in the order in which they
 * were asked for. pg does so itself up to version 8, and warns that it will not for ever.
 */
export function oneByOne(db: Queryable): Queryable {
  let last: Promise<unknown> = Promise.resolve();
  return {
    query(...asked) {
      // What became of the one before is its own caller's business.
      const answered = last.then(() => db.query<never>(...asked));
      last = answered.catch(() => {});
      return answered;
    },
  };
}
