import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { RowhookError } from '../errors.ts';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import { isLoopback, nameOf } from '../loopback.ts';
import type { Log } from '../store/log.ts';
import type { Admin } from './admin.ts';
import { problemOf } from './http/problem.ts';
import { secured } from './http/secure-headers.ts';

export interface AdminServerOptions {
  readonly admin: Admin;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Nobody has asked for this very port: where it is taken, any that is free will do. */
  readonly anyPort: boolean;
  readonly basePath: string;
  readonly publicUrl: URL | undefined;
  /** `/health` and `/metrics` of the daemon. */
  readonly metrics: Hono;
  /** Metrics have no listener of their own: they are told here, to this machine. */
  readonly tellsMetrics: boolean;
  readonly log: Pick<Log, 'info'>;
}

export interface AdminServer extends Lifetime {
  /** Where people reach the page, once it is served: `http://127.0.0.1:8787/`. */
  url(): string | undefined;
}

/** Connections at a time, live views included. */
const mostConnections = 500;
/** How long the last answers have to get out. */
const lastRounds = 20;
const roundMs = 50;
/** A request that has not come in by then never will. */
const requestMs = 30_000;

/**
 * Serves the admin page. On a loopback address only requests that name one as their host are answered, or the public name: any page in a browser
 * on this machine can have its own name resolve to that address. `start` rejects with RowhookError `listen_failed` where the
 * address cannot be had.
 */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  const { admin, host, port, anyPort, basePath, publicUrl, log } = options;
  const answer = handlerOf(options);
  const server = createServer({ requestTimeout: requestMs }, answer);
  server.maxConnections = mostConnections;
  let url: string | undefined;

  const lifetime = createLifetime({
    async start() {
      await listen(server, host, port)
        .catch((error: NodeJS.ErrnoException) => {
          if (anyPort && error.code === 'EADDRINUSE') return listen(server, host, 0);
          throw error;
        })
        .catch((error: Error) => {
          throw new RowhookError(
            'listen_failed',
            `the admin page cannot be served at ${host}:${port}: ${error.message}`,
            {
              where: `${host}:${port}`,
              fix: 'Name an address of this machine and a free port (--admin, admin.listen), or give --no-admin.',
              cause: error,
            },
          );
        });
      const { address, port: used, family } = server.address() as AddressInfo;
      const shown = family === 'IPv6' ? `[${address}]` : address;
      url = publicUrl ? withSlash(publicUrl.href) : `http://${shown}:${used}${basePath}/`;
      log.info({ url, host: address, port: used }, 'the admin page is served');
    },
    async drain() {
      let ended = !server.listening;
      const closed = ended ? undefined : once(server, 'close').then(() => (ended = true));
      server.close();
      // Live views end here, and what else is under way is answered.
      await admin.close();
      for (let round = 0; round < lastRounds && !ended; round += 1) {
        server.closeIdleConnections();
        await Promise.race([closed, sleep(roundMs, undefined, { ref: false })]);
      }
      server.closeAllConnections();
      await closed;
    },
    abort: () => server.closeAllConnections(),
  });
  return { ...lifetime, url: () => url };
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

function handlerOf({ admin, host, publicUrl, metrics, tellsMetrics }: AdminServerOptions): Handler {
  const tell = getRequestListener(async (request) => secured(await metrics.fetch(request)), {
    overrideGlobalObjects: false,
    hostname: 'localhost',
  });
  return (incoming, outgoing) => {
    const asked = incoming.headers.host ?? '';
    if (isLoopback(host) && !isLoopback(nameOf(asked)) && asked.toLowerCase() !== publicUrl?.host) {
      refuse(outgoing);
      return;
    }
    const path = incoming.url?.split('?')[0];
    if (path === '/health') void tell(incoming, outgoing);
    else if (path === '/metrics' && tellsMetrics && isFromHere(incoming)) void tell(incoming, outgoing);
    else admin.node(incoming, outgoing);
  };
}

/** What a proxy on this machine passes on is not from here. */
const isFromHere = ({ socket, headers }: IncomingMessage): boolean =>
  isLoopback((socket.remoteAddress ?? '').replace(/^::ffff:/, '')) &&
  headers['x-forwarded-for'] === undefined &&
  headers.forwarded === undefined;

function refuse(outgoing: ServerResponse): void {
  const error = new RowhookError('host_wrong', 'this is served to localhost only', {
    fix: 'Use the address that `rowhook start` prints; where a proxy has another name for it, say it in admin.publicUrl.',
  });
  outgoing.writeHead(421, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  outgoing.end(JSON.stringify(problemOf(error)));
}
