import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { pathBelow } from './http/place.ts';
import type { Web } from './web.ts';

/** Calls the next handler of the application: the path is none of ours. */
export type Next = (error?: unknown) => void;
export type NodeHandler = (incoming: IncomingMessage, outgoing: ServerResponse, next?: Next) => void;

/** What frameworks put on Node's request. */
type Mounted = IncomingMessage & {
  /** Express: the whole path, where `url` begins behind what the router was mounted at. */
  readonly originalUrl?: unknown;
  /** A parser of the application's has read the body already. */
  readonly body?: unknown;
  /** The kit reads the body from here, where it is. */
  rawBody?: unknown;
};

/**
 * The handler for Node's own requests, as plain node:http, Express and Fastify have them. What is not below the base path is left to
 * `next`, or is not there.
 * @param addressOf where a request came from
 */
export function createNodeHandler(
  web: Web,
  basePath: string,
  addressOf: (incoming: IncomingMessage) => string,
): NodeHandler {
  const listener = getRequestListener(
    async (request, env) => {
      const incoming = env.incoming as IncomingMessage;
      return (await web({ request, incoming, address: addressOf(incoming) })) ?? notHere();
    },
    // The globals are the application's.
    { overrideGlobalObjects: false, hostname: 'localhost' },
  );
  return (incoming: Mounted, outgoing, next) => {
    const { url, originalUrl } = incoming;
    const target = typeof originalUrl === 'string' ? originalUrl : (url ?? '/');
    if (next && !isBelow(basePath, target)) {
      next();
      return;
    }
    if (incoming.readableDidRead && incoming.body !== undefined && incoming.rawBody === undefined) {
      incoming.rawBody = Buffer.from(
        typeof incoming.body === 'string' ? incoming.body : JSON.stringify(incoming.body),
      );
    }
    // Read before this returns.
    incoming.url = target;
    void listener(incoming, outgoing);
    if (url !== undefined) incoming.url = url;
  };
}

function isBelow(basePath: string, target: string): boolean {
  const whole = `http://localhost${target}`;
  return URL.canParse(whole) && pathBelow(basePath, new URL(whole).pathname) !== undefined;
}

const notHere = (): Response =>
  new Response('There is nothing here.\n', {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  });
