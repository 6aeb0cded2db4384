/**
 * Waits until statements that were sent together over a pipelined connection are on their way to the server, or one of them is known to have failed
 * before: with values that could not be written down, say, of which the server never hears. What is sent behind them would else be done without them.
 *
 * For their answers `Promise.all` will do: they come in the order in which the statements were sent, so what fails first is the cause, and not what the
 * server says of all that follows it in the transaction.
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
  if (failed) await Promise.all(statements);
}
