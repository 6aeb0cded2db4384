import { setImmediate } from 'node:timers/promises';
import { Agent } from 'undici';
import type { HeaderList } from '../wire/dialect.ts';
import { parseEndpointUrl } from '../wire/endpoint-url.ts';
import { Exchange, type Sent, type Target } from './exchange.ts';
import type { FailureReason } from './failure.ts';
import { type AllowList, createLookup, literalProblem, type Resolve } from './guard.ts';

export interface SendOptions {
  readonly allow: AllowList;
  /** Deadline of the whole request: lookup, connection, TLS, headers and body. */
  readonly timeoutMs: number;
  /** Connections that one origin may have. */
  readonly connections: number;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined;
}

export interface Sender {
  /** Makes one POST and follows no redirect. Never rejects: what the world does wrong is in the value. */
  send(url: string, headers: HeaderList, body: Uint8Array): Promise<Sent>;
  /** Breaks off all that is under way: it ends as `aborted`. */
  abort(): void;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** One HTTP client with a pool of kept-alive connections for each origin. */
export function createSender({ allow, timeoutMs, connections, resolve }: SendOptions): Sender {
  const agent = new Agent({
    connections,
    pipelining: 1,
    // Undici's own timers start anew with each phase. Ours covers all, and needs them only where it cannot reach: a request
    // is not known to its connection before that stands.
    connect: { lookup: createLookup(allow, resolve), timeout: timeoutMs },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const targets = new Map<string, Reading>();
  const targetOf = (text: string): Reading => {
    const known = targets.get(text);
    if (known) return known;
    if (targets.size >= targetsMax) targets.clear();
    const target = readTarget(text, allow);
    targets.set(text, target);
    return target;
  };
  const underWay = new Set<Exchange>();
  return {
    async send(text, headers, body) {
      const target = targetOf(text);
      if ('problem' in target) return notSent('blocked_address', target.problem);
      const exchange = new Exchange(target, headers, body);
      underWay.add(exchange);
      const sent = await exchange.run(agent, timeoutMs);
      underWay.delete(exchange);
      // Undici takes a connection back one turn of the event loop after the answer. Asked sooner, it would open another one.
      await setImmediate();
      return sent;
    },
    abort() {
      for (const exchange of underWay) exchange.abort();
    },
    close: () => agent.destroy(),
  };
}

/** Where a URL leads: read once for the many requests that go there. */
type Reading = Target | { readonly problem: string };

const targetsMax = 1_000;

function readTarget(text: string, allow: AllowList): Reading {
  const parsed = parseEndpointUrl(text);
  if ('problem' in parsed) return { problem: `the URL ${parsed.problem}` };
  const { url } = parsed;
  const problem = literalProblem(url, allow);
  return problem ? { problem } : { origin: url.origin, host: url.host, path: url.pathname + url.search };
}

function notSent(reason: FailureReason, detail: string): Sent {
  return {
    requestHeaders: [],
    startedAt: new Date(),
    durationMs: 0,
    status: undefined,
    responseHeaders: undefined,
    responseBody: undefined,
    responseCut: false,
    failure: { reason, detail },
  };
}
