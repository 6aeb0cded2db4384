import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { RowhookError } from '../errors.ts';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import type { Log } from '../store/log.ts';

export interface MetricsServerOptions {
  readonly app: Hono;
  readonly host: string;
  /** 0: any that is free; the log says which. */
  readonly port: number;
  readonly log: Pick<Log, 'info'>;
}

/** Serves metrics and health. `start` rejects with RowhookError `listen_failed` where the address cannot be had. */
export function createMetricsServer({ app, host, port, log }: MetricsServerOptions): Lifetime {
  const server = createAdaptorServer({ fetch: app.fetch });
  return createLifetime({
    async start() {
      server.listen(port, host);
      await once(server, 'listening').catch((error: unknown) => {
        throw new RowhookError(
          'listen_failed',
          `metrics cannot be served at ${host}:${port}: ${(error as Error).message}`,
          { where: `${host}:${port}`, fix: 'Name an address of this machine and a free port.', cause: error },
        );
      });
      const { address, port: used } = server.address() as AddressInfo;
      log.info({ host: address, port: used }, 'metrics are served');
    },
    async drain() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      // Whoever asks keeps its connection open between two scrapes.
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
    abort() {},
  });
}
