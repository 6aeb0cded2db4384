import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { dropLeftovers, dropTemplates } from './database.ts';
import { run } from './server.ts';
import { sharedFolder } from './shared-folder.ts';

/** Mocha's root hooks: no test leaves a database, a role or a connection to the next. */
export const mochaHooks: Mocha.RootHookObject = {
  beforeEach(this: Mocha.Context) {
    run().inTest = true;
    if (this.currentTest) watchForTakenClients(this.currentTest);
  },
  async afterEach() {
    run().inTest = false;
    await dropLeftovers((leftover) => leftover.ofTest);
  },
  async afterAll() {
    await dropLeftovers(() => true);
  },
};

/** Runs before there are other processes, which inherit what it makes. */
export function mochaGlobalSetup(): void {
  sharedFolder();
}

/** Ends the shared server, if a test has started it. */
export async function mochaGlobalTeardown(): Promise<void> {
  const { server } = run();
  if (!server) return;
  await dropTemplates();
  await (await server).close();
}

/**
 * Makes a test fail that ends with clients still out of its pools. This is done within the test, because an
 * error in a root hook would not fail this test but end the whole run.
 */
function watchForTakenClients(test: Mocha.Test): void {
  const body = test.fn;
  // A test with a `done` callback ends at a time we cannot see; its leftovers are dropped all the same.
  if (!body || body.length > 0) return;
  test.fn = async function (this: Mocha.Context) {
    const before = new Set(takenClients().keys());
    await (body as Mocha.AsyncFunc).call(this);
    const leftNow = () => [...takenClients()].filter(([client]) => !before.has(client));
    // A server that the test has just left may be in the middle of a statement; what was forgotten never comes back.
    const deadline = performance.now() + 3_000;
    while (leftNow().length > 0 && performance.now() < deadline) await sleep(5);
    const left = leftNow();
    if (left.length === 0) return;
    const databases = [...new Set(left.map(([, name]) => name))].join(', ');
    throw new Error(
      `the test left ${left.length} client(s) of its database pool checked out (missing release()): ${databases}`,
    );
  };
}

/** Clients in use, with the name of their database. */
function takenClients(): Map<pg.PoolClient, string> {
  const leftovers = [...run().leftovers];
  return new Map(
    leftovers.flatMap(({ name, takenClients }) => takenClients().map((client) => [client, name])),
  );
}
