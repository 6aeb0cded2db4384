import { existsSync } from 'node:fs';
import { pino } from 'pino';
import {
  type Catalog,
  createDaemon,
  createEndpoint,
  type Endpoint,
  type EndpointInput,
  type Lifetime,
  resolveConfig,
} from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { freePort } from '../../tools/free-port.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { Page } from './browser.ts';
import type { TestDatabase } from './database.ts';
import { type Receiver, startReceiver } from './receiver.ts';

export const tokens = {
  operator: 'anna-0123456789-0123456789',
  viewer: 'vera-0123456789-0123456789',
} as const;
export type Who = keyof typeof tokens;

/** The reference CRM with its triggers, a daemon that serves the admin page, and a receiver that one can break. */
export interface AdminSystem {
  readonly db: TestDatabase;
  readonly receiver: Receiver;
  readonly daemon: Lifetime;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Makes a webhook past the page, at the receiver's `/hooks` unless told otherwise. */
  endpoint(input?: Partial<EndpointInput>): Promise<Endpoint>;
  /** Opens a page, as somebody who has been given the URL with a token. */
  open(page: Page, path?: string, who?: Who): Promise<void>;
  stop(): Promise<void>;
}

export interface AdminSystemOptions {
  readonly catalog?: Catalog;
  /** How long before a retry, for webhooks made by `endpoint`. Default: as the dialect has it. */
  readonly schedule?: readonly number[];
}

export async function startAdminSystem(options: AdminSystemOptions = {}): Promise<AdminSystem> {
  const { catalog = siteStacker(), schedule } = options;
  if (!existsSync(new URL('../../dist/admin/manifest.json', import.meta.url)))
    throw new Error('the page is not built: run `npm run build` first, as `npm test` does');
  const db = await capturedCrm();
  const receiver = await startReceiver();
  const port = await freePort();
  const config = resolveConfig(
    {
      database: db.url,
      catalog,
      delivery: { allow: ['127.0.0.0/8'] },
      admin: { listen: `127.0.0.1:${port}` },
    },
    {
      env: {
        ROWHOOK_ADMIN_TOKENS: `anna:operator:${tokens.operator},vera:viewer:${tokens.viewer}`,
      },
    },
  );
  const daemon = createDaemon({ config, log: pino({ level: process.env.ROWHOOK_TEST_LOG ?? 'silent' }) });
  await daemon.start();
  const origin = `http://127.0.0.1:${port}`;
  return {
    db,
    receiver,
    daemon,
    origin,
    endpoint: (input = {}) =>
      createEndpoint(db.pool, catalog, {
        url: receiver.url('/hooks'),
        events: ['*'],
        secret: 'a secret of the test',
        ...(schedule === undefined ? {} : { schedule: [...schedule] }),
        ...input,
      }),
    async open(page, path = '/', who = 'operator') {
      await page.goto(`${origin}${path}#token=${tokens[who]}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
    async stop() {
      await daemon.stop();
      await receiver.close();
    },
  };
}
