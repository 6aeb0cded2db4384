import { pino } from 'pino';
import {
  type Catalog,
  createDaemon,
  createEndpoint,
  type Endpoint,
  type Lifetime,
  resolveConfig,
} from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts';

export const secret = 'a secret of the test';

export interface Running {
  readonly db: TestDatabase;
  readonly receiver: Receiver;
  readonly endpoint: Endpoint;
  readonly daemon: Lifetime;
  /** Deliveries that arrived, without the ping. */
  arrivals(): ReceivedRequest[];
  /** Waits for the first delivery of this event. */
  arrival(event: string): Promise<ReceivedRequest>;
  stop(): Promise<void>;
}

export const header = (request: ReceivedRequest, name: string): string | undefined => {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join() : value;
};

/** The whole path: the reference CRM with its triggers, a daemon, and an endpoint whose ping has arrived. */
export async function startSystem(
  options: { catalog?: Catalog; events?: readonly string[]; prepare?: string; pollMs?: number } = {},
): Promise<Running> {
  const { catalog = siteStacker(), events = ['*'], pollMs = 500 } = options;
  const db = await capturedCrm();
  if (options.prepare) await db.query(options.prepare);
  const receiver = await startReceiver();
  const config = resolveConfig({ database: db.url, catalog, delivery: { allow: ['127.0.0.0/8'] } });
  // Of the dispatcher, and nothing that people can set.
  const delivery = { ...config.delivery, pollMs };
  const daemon = createDaemon({
    config: { ...config, delivery },
    log: pino({ level: process.env.ROWHOOK_TEST_LOG ?? 'silent' }),
  });
  await daemon.start();
  const endpoint = await createEndpoint(db.pool, catalog, {
    url: receiver.url('/hooks'),
    events: [...events],
    secret,
  });
  const running: Running = {
    db,
    receiver,
    endpoint,
    daemon,
    arrivals: () => receiver.requests.filter((request) => header(request, 'SiteStacker-Event') !== 'ping'),
    async arrival(event) {
      await receiver.waitFor((requests) =>
        requests.some((request) => header(request, 'SiteStacker-Event') === event),
      );
      return receiver.requests.find((request) => header(request, 'SiteStacker-Event') === event)!;
    },
    async stop() {
      await daemon.stop();
      await receiver.close();
    },
  };
  await running.arrival('ping');
  return running;
}
