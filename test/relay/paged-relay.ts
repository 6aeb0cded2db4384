import { pino } from 'pino';
import type { Catalog } from '../../src/catalog/types.ts';
import { fullSpeed } from '../../src/pace.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';

/** A relay with its bell on the database of a URL, whose pages are as small as the test says, and that falls asleep soon. */
export async function startPagedRelay(
  url: string,
  { catalog, changes, pollMs }: { catalog: Catalog; changes?: number; pollMs: number },
): Promise<{ relay: Relay; stop(): Promise<void> }> {
  const connection = { connectionString: url };
  const log = pino({ level: process.env.ROWHOOK_TEST_LOG ?? 'silent' });
  const bell = createBell({ connection, log });
  const pace = { ...fullSpeed, batch: (most: number) => Math.min(most, changes ?? most) };
  const relay = createRelay({
    connection,
    catalog,
    log,
    bell,
    onDeliveries: () => {},
    pollMs,
    pace,
    drowsyMs: 50,
  });
  await bell.start();
  await relay.start();
  return {
    relay,
    async stop() {
      await relay.stop();
      await bell.stop();
    },
  };
}
