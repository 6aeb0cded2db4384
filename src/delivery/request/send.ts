import { isIP } from 'node:net';
import type { HeaderList } from '../../wire/dialect.ts';
import { parseEndpointUrl } from '../../wire/endpoint-url.ts';
import { type AllowList, createGuard, destinationOf, type Resolve, urlProblem } from '../guard/guard.ts';
import { createResolver } from '../guard/resolver.ts';
import { Connections } from './connections.ts';
import { Exchange, type Sent, type Target } from './exchange.ts';
import type { FailureReason } from './failure.ts';
import { createTransports, type Transport } from './transport.ts';

export type { Transport } from './transport.ts';

export interface SendOptions {
  readonly allow: AllowList;
  /** Deadline of the whole request: lookup, connection, TLS, headers and body. */
  readonly timeoutMs: number;
  /** Connections in all, those that are kept for later included. */
  readonly connections: number;
  /** Default: one of our own, see resolver.ts. */
  readonly resolve?: Resolve | undefined;
}

export interface RequestOptions {
  /** Default: that of the sender. */
  readonly timeoutMs?: number | undefined;
  readonly transport?: Transport | undefined;
}

export interface Sender {
  /** Makes one POST and follows no redirect. Never rejects: what the world does wrong is in the value. */
  send(url: string, headers: HeaderList, body: Uint8Array, options?: RequestOptions): Promise<Sent>;
  /** Breaks off all that is under way: it ends as `aborted`. */
  abort(): void;
  /** Closes all connections; what is under way ends as `aborted`. */
  close(): Promise<void>;
}

/** Makes requests over connections that are kept for the next one. */
export function createSender({ allow, timeoutMs, connections, resolve }: SendOptions): Sender {
  const guard = createGuard(allow, resolve ?? createResolver());
  const transports = createTransports();
  const kept = new Connections({ max: connections });
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
  const abort = (): void => {
    for (const exchange of underWay) exchange.abort();
  };
  return {
    async send(text, headers, body, options = {}) {
      const target = targetOf(text);
      if ('problem' in target) return notSent(target.reason, target.problem);
      const transport = transports.of(options.transport);
      if ('problem' in transport) return notSent('transport_invalid', transport.problem);
      const { origin, destination } = target;
      const connection = kept.take(transport.key + origin, () => ({
        destination,
        transport,
        usual: transports.usual,
        guard,
      }));
      const exchange = new Exchange(target, headers, body, connection);
      underWay.add(exchange);
      const sent = await exchange.run(options.timeoutMs ?? timeoutMs);
      underWay.delete(exchange);
      if (connection.open) await allHasBeenRead();
      kept.giveBack(connection);
      return sent;
    },
    abort,
    async close() {
      abort();
      kept.close();
    },
  };
}

/**
 * What came along with an answer, in another TLS record or behind a full buffer, is read within the same turn of the event loop, but after whoever
 * waited for the answer has run. It would be taken for the answer of the next request: so nobody gets the connection before the turn is over.
 */
const allHasBeenRead = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Where a URL leads: read once for the many requests that go there. */
type Reading = Target | { readonly reason: FailureReason; readonly problem: string };

const targetsMax = 5_000;

function readTarget(text: string, allow: AllowList): Reading {
  const parsed = parseEndpointUrl(text);
  if ('problem' in parsed) return { reason: 'blocked_address', problem: `the URL ${parsed.problem}` };
  const { url } = parsed;
  // A name is judged by what it resolves to.
  const blocked = isIP(destinationOf(url).host) ? urlProblem(url, allow) : undefined;
  if (blocked) return { reason: blocked.reason, problem: blocked.detail };
  return {
    origin: url.origin,
    host: url.host,
    path: url.pathname + url.search,
    destination: destinationOf(url),
  };
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
    phases: {},
  };
}
