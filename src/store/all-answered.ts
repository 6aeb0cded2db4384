import { sqlState } from './connect.ts';

const transactionAborted = '25P02';

/**
 * Waits until statements that were sent together are all answered: what goes on while one of them is under way would take its place.
 * @throws what made one fail, and not what the server says of all that follow it in the transaction
 */
export async function allAnswered<T extends readonly unknown[]>(
  statements: readonly [...{ [Index in keyof T]: Promise<T[Index]> | T[Index] }],
): Promise<T> {
  const results = await Promise.allSettled(statements);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw errors.find((error) => sqlState(error) !== transactionAborted) ?? errors[0];
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
