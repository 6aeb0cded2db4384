import type { Pool } from 'pg';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import { fullSpeed, type Pace } from '../pace.ts';
import type { Log } from '../store/log.ts';
import { plainSealer, type Sealer } from '../store/sealer.ts';
import type { Dialect } from '../wire/dialect.ts';
import { DatabaseClock } from './database-clock.ts';
import { Dispatching } from './dispatching.ts';
import { parseAllowList } from './guard/allow-list.ts';
import { disableEndpoint } from './health/gone.ts';
import { createMeter } from './meter.ts';
import { begin } from './queue/begin.ts';
import { createSession, type Session } from './queue/session.ts';
import { createSender } from './request/send.ts';
import { DeliveryStats } from './stats/stats.ts';

/** A statement of those that are seldom is given up after this. */
const answerWithinMs = 10_000;

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
  /** Whether plain http may go to public addresses too. Default: false. */
  readonly allowHttp?: boolean;
  /** An endpoint that has failed for so many days is disabled. Default 5. */
  readonly disableAfterDays?: number;
}

export interface DispatcherParts {
  /** Two of its connections are kept: one for claims, one for results. */
  readonly pool: Pool;
  readonly log: Log;
  /** The dialect of an endpoint; of null, the one that the catalog names. May throw. */
  dialectOf(name: string | null): Dialect;
  /** Opens what of an endpoint is sealed. Default: nothing can be. */
  readonly sealer?: Sealer;
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
  sealer = plainSealer,
  options = {},
  pace = fullSpeed,
}: DispatcherParts): Dispatcher {
  const {
    concurrency = 64,
    perEndpoint = 8,
    timeoutMs = 15_000,
    pollMs = 500,
    disableAfterDays = 5,
  } = options;
  const allow = parseAllowList(options.allow ?? [], { http: options.allowHttp });
  const meter = createMeter();
  const clock = new DatabaseClock();
  const seldom = meter.metered(sessionOf(pool));
  const stats = new DeliveryStats({ session: seldom, now: () => clock.now(), log });
  const dispatching = new Dispatching({
    claims: meter.metered(createSession(pool, { durable: false })),
    results: meter.metered(createSession(pool, { durable: true })),
    seldom,
    spentMs: () => meter.take(),
    pace,
    clock,
    sending: {
      sender: createSender({ allow, timeoutMs, connections: 2 * concurrency }),
      log,
      sealer,
      dialectOf,
      begin: (delivery) => begin(seldom, delivery),
      now: () => clock.now(),
      timeoutMs,
    },
    log,
    onRecorded: (finished, recorded) => stats.add(finished, recorded),
    disable: (delivery, reason, hurry) => disableEndpoint({ pool, log, hurry }, delivery, reason),
    limits: {
      concurrency,
      perEndpoint: Math.min(perEndpoint, concurrency),
      timeoutMs,
      pollMs,
      disableAfterDays,
    },
  });
  return {
    ...createLifetime({
      async start() {
        stats.start();
        await dispatching.start();
      },
      async drain() {
        await dispatching.drain();
        await stats.drain();
      },
      abort() {
        dispatching.abort();
        stats.abort();
      },
    }),
    wake: () => dispatching.wake(),
  };
}

/** Any connection of the pool, for each statement. */
function sessionOf(pool: Pool): Session {
  return {
    async query<Row extends object>({ text }: { readonly text: string }, values: readonly unknown[]) {
      // Without a name: these connections are everybody's.
      const query = { text, values: [...values], query_timeout: answerWithinMs };
      const { rows } = await pool.query<Row>(query);
      return { rows };
    },
    close() {},
  };
}
