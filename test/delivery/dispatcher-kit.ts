import type { TestDatabase } from '../support/database.ts';
import { type Receiver, type Script, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import * as queue from './queue.ts';

/**
 * A fresh queue for each test of a suite, and what is started beside it, which ends with the test: the last one first. To be called
 * within `describe`.
 */
export function dispatcherKit() {
  const closing: Array<() => Promise<unknown>> = [];
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queue.queueDatabase();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return {
    closing,
    /** Of the test that runs. */
    db: () => db,
    async receiver(script?: Script): Promise<Receiver> {
      const made = await startReceiver(script);
      closing.push(() => made.close());
      return made;
    },
    async start(
      more: Parameters<typeof queue.startDispatcher>[1] = {},
      on: Parameters<typeof queue.startDispatcher>[0] = db,
    ) {
      const made = await queue.startDispatcher(on, more);
      closing.push(() => made.dispatcher.stop('abort'));
      return made;
    },
    recorded: (n: number) =>
      waitUntil(async () => (await queue.count(db, 'attempt')) >= n, { what: `${n} recorded attempts` }),
  };
}
