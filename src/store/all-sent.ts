import { sqlState } from './connect.ts';

const transactionAborted = '25P02';

/**
 * The answers to statements that were sent together, once all have come: what goes on while one of them is under way would take its place.
 * @throws what made one fail, and not what the server says of all that follow it in the transaction, whichever is heard of first
 */
export async function allAnswered<T extends readonly unknown[]>(
  statements: readonly [...{ [Index in keyof T]: Promise<T[Index]> | T[Index] }],
): Promise<T> {
  const results = await Promise.allSettled(statements);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw errors.find((error) => sqlState(error) !== transactionAborted) ?? errors[0];
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/**
 * Waits until statements that were sent together over a pipelined connection are on their way to the server, or one of them is known to have failed
 * before: with values that could not be written down, say, of which the server never hears. What is sent behind them would else be done without them.
 * @throws what failed
 */
export async function allSent(statements: ReadonlyArray<Promise<unknown>>): Promise<void> {
  let failed = false;
  for (const statement of statements) {
    statement.catch(() => {
      failed = true;
    });
  }
  await new Promise((resolve) => setImmediate(resolve));
  if (failed) await allAnswered(statements);
}
