import type { Pool } from 'pg';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import { fullSpeed, type Pace } from '../pace.ts';
import type { Log } from '../store/log.ts';
import type { Dialect } from '../wire/dialect.ts';
import { Dispatching } from './dispatching.ts';
import { disableEndpoint } from './gone.ts';
import { parseAllowList } from './guard.ts';
import { createMeter } from './meter.ts';
import { createSender } from './send.ts';
import { createSession } from './session.ts';

export interface DispatcherOptions {
  /** Requests at a time. Default 64. */
  readonly concurrency?: number;
  /** Requests at a time to one endpoint. Default 8. */
  readonly perEndpoint?: number;
  /** Deadline of a whole request. Default 15,000. */
  readonly timeoutMs?: number;
  /** How often the queue is looked at when nobody rings. Default 500. */
  readonly pollMs?: number;
  /** Where requests may go besides public addresses: addresses, networks, host names. Default: nowhere. */
  readonly allow?: readonly string[];
}

export interface DispatcherParts {
  /** Two of its connections are kept: one for claims, one for results. */
  readonly pool: Pool;
  readonly log: Log;
  /** The dialect of an endpoint; of null, the one that the catalog names. May throw. */
  dialectOf(name: string | null): Dialect;
  readonly options?: DispatcherOptions;
  /** Default: full speed. */
  readonly pace?: Pace;
}

export interface Dispatcher extends Lifetime {
  /** Says that deliveries may have become due. Only a hint: the poll would find them too. */
  wake(): void;
}

/**
 * Sends what is due: claims, makes the requests, judges and records them. As many as wanted may run, on as many machines.
 * It survives any loss of the database.
 * @throws RowhookError `config_invalid` for an allow-list that cannot be read
 */
export function createDispatcher({
  pool,
  log,
  dialectOf,
  options = {},
  pace = fullSpeed,
}: DispatcherParts): Dispatcher {
  const { concurrency = 64, perEndpoint = 8, timeoutMs = 15_000, pollMs = 500, allow = [] } = options;
  const meter = createMeter();
  const dispatching = new Dispatching({
    claims: meter.metered(createSession(pool, { durable: false })),
    results: meter.metered(createSession(pool, { durable: true })),
    spentMs: () => meter.take(),
    pace,
    sender: createSender({ allow: parseAllowList(allow), timeoutMs, connections: 2 * concurrency }),
    log,
    dialectOf,
    disable: (delivery, reason, hurry) => disableEndpoint({ pool, log, hurry }, delivery, reason),
    limits: { concurrency, perEndpoint: Math.min(perEndpoint, concurrency), timeoutMs, pollMs },
  });
  return {
    ...createLifetime({
      start: () => dispatching.start(),
      drain: () => dispatching.drain(),
      abort: () => dispatching.abort(),
    }),
    wake: () => dispatching.wake(),
  };
}
