import type { Queryable } from '../store/sql.ts';

/** Where an installation runs. Each of its steps is a transaction, so that no lock is held longer than a step takes. */
export interface Place {
  /** To read with, between the steps. */
  readonly db: Queryable;
  /**
   * The steps are savepoints in a transaction of somebody else's, who alone can commit it: locks stay until then, also while
   * a later step waits.
   */
  readonly nested: boolean;
  /** Runs `work` as a step: all of it, or nothing. */
  step<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
}

/** Steps that commit. `db` is one connection, outside of a transaction. */
export function ownTransactions(db: Queryable): Place {
  return {
    db,
    nested: false,
    step: (work) => between(db, work, { open: 'begin', close: 'commit', undo: ['rollback'] }),
  };
}

/** Steps in a transaction that is open already on the one connection `db`. */
export function savepoints(db: Queryable): Place {
  const name = 'rowhook_step';
  return {
    db,
    nested: true,
    step: (work) =>
      between(db, work, {
        open: `savepoint ${name}`,
        close: `release savepoint ${name}`,
        undo: [`rollback to savepoint ${name}`, `release savepoint ${name}`],
      }),
  };
}

async function between<T>(
  db: Queryable,
  work: (db: Queryable) => Promise<T>,
  by: { open: string; close: string; undo: string[] },
): Promise<T> {
  await db.query(by.open);
  try {
    const result = await work(db);
    await db.query(by.close);
    return result;
  } catch (error) {
    try {
      for (const statement of by.undo) await db.query(statement);
    } catch {
      // The connection is gone, and with it the transaction; `error` says so, or something better.
    }
    throw error;
  }
}
