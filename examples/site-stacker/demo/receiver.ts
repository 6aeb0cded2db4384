import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySignature } from '../../../src/wire/signature.ts';
import type { Json } from '../api/database.ts';

/** One request that came to the receiver. */
export interface Arrival {
  readonly deliveryId: string;
  readonly event: string;
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
  readonly url: string;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  readonly secret: string;
  readonly onArrival: (arrival: Arrival) => void;
  /** Asked for each delivery that would be taken; another answer than 2xx fails it on purpose. Default: 200. */
  readonly answer?: ((event: string, attempt: number) => Answer) | undefined;
}

/** A real receiver would keep them in its database, for as long as the sender retries. */
const rememberedDeliveries = 100_000;

/** A web server that takes webhooks as it should be done: it trusts nothing unsigned and does nothing twice. */
export async function startReceiver({ secret, onArrival, answer }: ReceiverOptions): Promise<Receiver> {
  const taken = new Set<string>();
  const attempts = new Map<string, number>();

  function judge(request: IncomingMessage, bytes: Buffer): Arrival {
    const at = performance.now();
    const { headers } = request;
    const deliveryId = String(headers['sitestacker-delivery'] ?? '');
    const requestId = headers['request-id'];
    const event = String(headers['sitestacker-event'] ?? '');
    const attempt = (attempts.get(deliveryId) ?? 0) + 1;
    attempts.set(deliveryId, attempt);
    const seen = {
      deliveryId,
      event,
      attempt,
      at,
      requestId: requestId === undefined ? undefined : String(requestId),
    };
    // Over the bytes as they came, before anything is made of them.
    if (!verifySignature(bytes, secret, headers['sitestacker-signature'])) {
      return { ...seen, body: undefined, fate: 'refused', answer: 401 };
    }
    const body = parse(bytes);
    if (taken.has(deliveryId)) return { ...seen, body, fate: 'repeat', answer: 200 };
    const wanted = answer?.(event, attempt) ?? 200;
    if (wanted !== 200) return { ...seen, body, fate: 'failed', answer: wanted };
    taken.add(deliveryId);
    attempts.delete(deliveryId);
    if (taken.size > rememberedDeliveries) taken.delete(taken.values().next().value!);
    return { ...seen, body, fate: 'taken', answer: 200 };
  }

  const server = createServer((request, response) => {
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
    url: `http://127.0.0.1:${port}/webhooks`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
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

function parse(bytes: Buffer): Json | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}
