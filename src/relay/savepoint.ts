import { sqlState } from '../store/connect.ts';
import type { Queryable } from '../store/sql.ts';

/** Data that a query cannot take: not supported for it, wrong, against a check, too large. */
const ofData = /^(0A|22|23|54)/;
/** What a last row names and is no more: a table, a function, a type, a schema. */
const ofNames = /^(3F000|42(P01|601|602|704|725|883|P02))$/;

/** Whether an error may be that of a single record, whatever the others hold. */
export function isOfRecord(error: unknown): boolean {
  const code = sqlState(error) ?? '';
  return ofData.test(code) || ofNames.test(code);
}

/** Whether it is one even where the query reads the table: there, a missing name is the catalog's, or the table's. */
export const isOfData = (error: unknown): boolean => ofData.test(sqlState(error) ?? '');

/**
 * Does to all what can be done to all, and to each of the rest what can be done to it alone: halves of what fails are tried again. The
 * transaction goes on.
 */
export async function inHalves<In, Out>(
  db: Queryable,
  given: readonly In[],
  all: (given: readonly In[]) => Promise<readonly Out[]>,
  alone: (one: In, error: unknown) => Promise<Out>,
): Promise<Out[]> {
  if (given.length === 0) return [];
  const tried = await attempt(db, () => all(given));
  if ('value' in tried) return [...tried.value];
  if (given.length === 1) return [await alone(given[0]!, tried.error)];
  const middle = Math.ceil(given.length / 2);
  return [
    ...(await inHalves(db, given.slice(0, middle), all, alone)),
    ...(await inHalves(db, given.slice(middle), all, alone)),
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
