import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { RowhookError } from '../errors.ts';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import { isLoopback, nameOf } from '../loopback.ts';
import type { Log } from '../store/log.ts';

export interface MetricsServerOptions {
  readonly app: Hono;
  readonly host: string;
  /** 0: any that is free; the log says which. */
  readonly port: number;
  readonly log: Pick<Log, 'info'>;
}

/**
 * Serves metrics and health. On a loopback address only requests that name one as their host are answered: any page in a browser on this
 * machine can have its own name resolve to that address. `start` rejects with RowhookError `listen_failed` where the address
 * cannot be had.
 */
export function createMetricsServer({ app, host, port, log }: MetricsServerOptions): Lifetime {
  const server = createAdaptorServer({
    fetch: (request) =>
      isLoopback(host) && !isLoopback(nameOf(request.headers.get('host') ?? ''))
        ? new Response('this is served to localhost only', { status: 421 })
        : app.fetch(request),
  });
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
