import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Json } from './json.ts';
import type { Receiving } from './receiving.ts';

/** One request that came to the receiver. */
export interface Arrival {
  /** Made up where the request has none. */
  readonly deliveryId: string;
  /** What the request says of its event. */
  readonly event: string;
  /** Tells what it is of: see `Receiving.sameAs`. */
  readonly same: string;
  readonly requestId: string | undefined;
  /** Of this delivery, from 1. */
  readonly attempt: number;
  /** When its body was complete, on the clock of `performance.now()`. */
  readonly at: number;
  /** Undefined when it was no JSON, or is not to be trusted. */
  readonly body: Json | undefined;
  /** `repeat`: had been taken before. `refused`: its signature is wrong. `failed`: on purpose. */
  readonly fate: 'taken' | 'repeat' | 'refused' | 'failed';
  readonly answer: Answer;
}

/** A status; `closed`: the connection is closed without one. */
export type Answer = number | 'closed';

export interface Receiver {
  /** Endpoints are at it, or below it. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  readonly system: Pick<Receiving, 'read' | 'tls'>;
  readonly onArrival: (arrival: Arrival) => void;
  /**
   * Asked for each delivery that would be taken, and that can be known again when it comes anew; another answer than 200 fails it
   * on purpose. Default: 200.
   */
  readonly answer?: ((event: string, attempt: number) => Answer) | undefined;
}

/** A real receiver would keep them in its database, for as long as the sender retries. */
const rememberedDeliveries = 100_000;

/** A web server that takes webhooks as it should be done: it trusts nothing with a wrong signature and does nothing twice. */
export async function startReceiver({ system, onArrival, answer }: ReceiverOptions): Promise<Receiver> {
  const taken = new Set<string>();
  const attempts = new Map<string, number>();
  let nameless = 0;

  function judge(request: IncomingMessage, bytes: Buffer): Arrival {
    const at = performance.now();
    const reading = system.read({ path: request.url ?? '', headers: request.headers, bytes });
    const { event, same, requestId, body, trusted } = reading;
    const deliveryId = reading.deliveryId ?? `nameless-${++nameless}`;
    const attempt = (attempts.get(deliveryId) ?? 0) + 1;
    attempts.set(deliveryId, attempt);
    const seen = { deliveryId, event, same, attempt, at, requestId };
    if (!trusted) return { ...seen, body: undefined, fate: 'refused', answer: 401 };
    if (taken.has(deliveryId)) return { ...seen, body, fate: 'repeat', answer: 200 };
    const wanted = reading.deliveryId === undefined ? 200 : (answer?.(event, attempt) ?? 200);
    if (wanted !== 200) return { ...seen, body, fate: 'failed', answer: wanted };
    taken.add(deliveryId);
    attempts.delete(deliveryId);
    if (taken.size > rememberedDeliveries) taken.delete(taken.values().next().value!);
    return { ...seen, body, fate: 'taken', answer: 200 };
  }

  const server = open(system.tls, (request, response) => {
    read(request).then(
      (bytes) => {
        const arrival = judge(request, bytes);
        respond(response, arrival.answer);
        onArrival(arrival);
      },
      () => response.destroy(), // the sender has gone in the middle of it
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${system.tls ? 'https' : 'http'}://127.0.0.1:${port}/webhooks`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function open(tls: Receiving['tls'], listener: RequestListener): Server {
  return tls ? createTlsServer({ ...tls }, listener) : createServer(listener);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function respond(response: ServerResponse, answer: Answer): void {
  if (answer === 'closed') response.destroy();
  else response.writeHead(answer).end();
}
