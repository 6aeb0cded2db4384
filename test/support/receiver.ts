import { once, setMaxListeners } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as it came in, its body complete. */
export interface ReceivedRequest {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** When its body was complete: milliseconds since 1970. */
  readonly at: number;
}

export interface Answer {
  /** 200 if not given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Waits that many milliseconds before answering. */
  readonly delayMs?: number;
  /** Closes the socket instead of answering (after delayMs). */
  readonly destroy?: boolean;
  /** Never answers. */
  readonly hang?: boolean;
}

/** Decides the answer to a request; `n` counts the requests from 1. An error it throws is answered with 500. */
export type Script = (request: ReceivedRequest, n: number) => Answer | Promise<Answer>;

/** A web server that keeps what it is sent. */
export interface Receiver {
  readonly port: number;
  /** All requests so far, in the order their bodies were complete. */
  readonly requests: readonly ReceivedRequest[];
  /** "http://127.0.0.1:<port><path>" */
  url(path?: string): string;
  /** Replaces the script, from the next request on. */
  answer(script: Script): void;
  /**
   * Waits until as many requests have come in, or until the predicate holds for all that have, and returns
   * them all. The script has been asked by then, but the answer need not have been sent.
   * @throws Error listing what did come in, after `timeoutMs` (10000 if not given).
   */
  waitFor(
    condition: number | ((requests: readonly ReceivedRequest[]) => boolean),
    options?: { readonly timeoutMs?: number },
  ): Promise<readonly ReceivedRequest[]>;
  /** Stops listening and destroys open sockets. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts a receiver on a free port of 127.0.0.1, which answers 200 without a body unless told otherwise. */
export async function startReceiver(script: Script = () => ({})): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const onArrival = new Set<() => void>();
  const closed = new AbortController();
  // As many answers may wait as there are requests.
  setMaxListeners(0, closed.signal);
  let current = script;

  const server = createServer((incoming, response) => {
    receive(incoming)
      .then(async (request) => {
        const n = requests.push(request);
        const answer = decide(current, request, n);
        for (const check of onArrival) check();
        await respond(response, await answer, closed.signal);
      })
      .catch((error: unknown) => {
        // Broken off by the client or by close(): nobody is left to answer to.
        if (incoming.destroyed && !incoming.complete) return;
        if (closed.signal.aborted || response.destroyed) return;
        response.writeHead(500).end(String(error));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    port,
    requests,
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    answer(next) {
      current = next;
    },
    waitFor(condition, { timeoutMs = 10_000 } = {}) {
      const holds = typeof condition === 'number' ? () => requests.length >= condition : condition;
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          onArrival.delete(check);
          settle();
        };
        const check = (): void => {
          try {
            if (holds(requests)) finish(() => resolve([...requests]));
          } catch (error) {
            finish(() => reject(error));
          }
        };
        const timer = setTimeout(() => {
          const wanted =
            typeof condition === 'number' ? `${condition} request(s)` : `requests matching ${condition}`;
          finish(() =>
            reject(new Error(`waited ${timeoutMs} ms for ${wanted}, but got ${listing(requests)}`)),
          );
        }, timeoutMs);
        onArrival.add(check);
        check();
      });
    },
    async close() {
      closed.abort();
      if (!server.listening) return;
      const done = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await done;
    },
  };
}

async function decide(script: Script, request: ReceivedRequest, n: number): Promise<Answer> {
  return script(request, n);
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body: Buffer.concat(chunks),
    at: Date.now(),
  };
}

async function respond(response: ServerResponse, answer: Answer, closed: AbortSignal): Promise<void> {
  if (answer.hang) return;
  if (answer.delayMs) await sleep(answer.delayMs, undefined, { signal: closed });
  if (answer.destroy) response.socket?.destroy();
  else response.writeHead(answer.status ?? 200, { ...answer.headers }).end(answer.body);
}

function listing(requests: readonly ReceivedRequest[]): string {
  if (requests.length === 0) return 'none';
  const lines = requests.map(
    ({ method, path, body }) => `  ${method} ${path} ${body.toString().slice(0, 200)}`,
  );
  return `${requests.length}:\n${lines.join('\n')}`;
}
