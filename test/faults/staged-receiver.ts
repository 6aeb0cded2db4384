import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '../delivery/self-signed.ts';
import { waitUntil } from '../support/wait.ts';

/** How far a receiver lets a request get: its body is not read, or it is not answered, or half of the answer comes. */
export type Stage = 'unread' | 'unanswered' | 'half answered';

/** A request whose body came whole. */
export interface Receipt {
  readonly deliveryId: string;
  readonly path: string;
  /** Of the body. */
  readonly hash: string;
  readonly body: string;
}

/** A receiver that can stop requests on their way. */
export interface StagedReceiver {
  readonly port: number;
  /** In the order in which they were complete. */
  readonly receipts: readonly Receipt[];
  url(path: string): string;
  /** Lets requests get so far and no further, from the next one on. */
  hold(stage: Stage): void;
  /** Resolves once so many are stopped. */
  holds(count: number): Promise<void>;
  /** Answers those that are stopped, and all others. */
  release(): void;
  /** Of its answers. */
  status: number;
  /** Milliseconds until each answer. */
  delayMs: number;
  close(): Promise<void>;
}

/** @param tls with the certificate of self-signed.ts, for `localhost` */
export async function startStagedReceiver({ tls = false } = {}): Promise<StagedReceiver> {
  const receipts: Receipt[] = [];
  const held = new Set<() => void>();
  let stage: Stage | undefined;

  const stop = (goOn: () => void, response: ServerResponse): void => {
    held.add(goOn);
    response.on('close', () => held.delete(goOn));
  };
  const read = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    receipts.push({
      deliveryId: String(request.headers['webhook-id']),
      path: request.url ?? '',
      hash: createHash('sha256').update(body).digest('hex'),
      body: body.toString(),
    });
    const answer = () => response.end('thank you');
    response.statusCode = receiver.status;
    response.setHeader('content-length', 'thank you'.length);
    if (stage === 'half answered') {
      response.write('thank');
      stop(() => response.end(' you'), response);
    } else if (stage === 'unanswered') stop(answer, response);
    else if (receiver.delayMs > 0) setTimeout(answer, receiver.delayMs);
    else answer();
  };
  const listener: RequestListener = (request, response) => {
    // Broken off: there is nobody left to answer to.
    const go = () => void read(request, response).catch(() => {});
    if (stage === 'unread') stop(go, response);
    else go();
  };
  const server = tls ? createTlsServer(selfSigned, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const receiver: StagedReceiver = {
    port,
    receipts,
    url: (path) => `http${tls ? 's' : ''}://127.0.0.1:${port}${path}`,
    hold(next) {
      stage = next;
    },
    holds: async (count) => {
      await waitUntil(() => held.size >= count, {
        what: `${count} requests to be stopped`,
        timeoutMs: 30_000,
      });
    },
    release() {
      stage = undefined;
      for (const goOn of held) goOn();
      held.clear();
    },
    status: 200,
    delayMs: 0,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return receiver;
}
