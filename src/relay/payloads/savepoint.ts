import { DatabaseError } from 'pg';
import { sqlState } from '../../store/connect.ts';
import type { Queryable } from '../../store/sql.ts';

/**
 * What no record can bring about: the connection, the transaction, one that was rolled back for another's sake, the server's resources,
 * somebody who intervened, the system, a statement that is wrong, a lock. All else may be what a record holds: also what a function of the
 * application's raises (P0001), a subquery with two rows (21000), a value beyond what memory takes (XX000).
 */
const ofNobody = /^(08|25|40|42|53|57|58|55P03)/;
/** What the server says has a code like this one; errors of the network have other ones, EPIPE among them. */
const ofServer = /^[0-9A-Z]{5}$/;
/** What a last row names and is no more: a table, a function, a type, a schema. */
const ofNames = /^(3F000|42(P01|601|602|704|725|883|P02))$/;

/** Whether an error may be that of a single record, whatever the others hold. */
export function isOfRecord(error: unknown): boolean {
  return isOfData(error) || ofNames.test(sqlState(error) ?? '');
}

/** Whether it is one even where the query reads the table: there, a missing name is the catalog's, or the table's. */
export function isOfData(error: unknown): boolean {
  const code = error instanceof DatabaseError ? (sqlState(error) ?? '') : '';
  return ofServer.test(code) && !ofNobody.test(code);
}

/** What a page may spend on finding out which of its records fail. */
export interface Budget {
  /** Called for each statement that failed. */
  spend(): void;
  spent(): boolean;
}

/** @param tries statements that may fail; @param ms for how long they may be tried. Once either is used up, all is spent */
export function createBudget(tries = 64, ms = 2_000): Budget {
  const until = performance.now() + ms;
  let left = tries;
  return {
    spend() {
      left -= 1;
    },
    spent: () => left <= 0 || performance.now() > until,
  };
}

/** Where many fail, looking for each of them would take minutes: what to do with all of some among which there is one. */
interface Bounded<In, Out> {
  readonly budget: Budget;
  readonly together: (given: readonly In[], error: unknown) => Promise<readonly Out[]>;
}

/**
 * Does to all what can be done to all, and to each of the rest what can be done to it alone: halves of what fails are tried again. The
 * transaction goes on.
 */
export async function inHalves<In, Out>(
  db: Queryable,
  given: readonly In[],
  all: (given: readonly In[]) => Promise<readonly Out[]>,
  alone: (one: In, error: unknown) => Promise<Out>,
  bounded?: Bounded<In, Out>,
): Promise<Out[]> {
  if (given.length === 0) return [];
  const tried = await attempt(db, () => all(given));
  if ('value' in tried) return [...tried.value];
  if (given.length === 1) return [await alone(given[0]!, tried.error)];
  bounded?.budget.spend();
  if (bounded?.budget.spent()) return [...(await bounded.together(given, tried.error))];
  const middle = Math.ceil(given.length / 2);
  return [
    ...(await inHalves(db, given.slice(0, middle), all, alone, bounded)),
    ...(await inHalves(db, given.slice(middle), all, alone, bounded)),
  ];
}

/** What came of it; an error that is no record's is thrown. */
export async function attempt<T>(
  db: Queryable,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  await db.query('savepoint rowhook_record');
  try {
    const value = await work();
    await db.query('release savepoint rowhook_record');
    return { value };
  } catch (error) {
    if (!isOfRecord(error)) throw error;
    await db.query('rollback to savepoint rowhook_record; release savepoint rowhook_record');
    return { error };
  }
}
