import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createServedAdmin } from './admin/served.ts';
import type { ResolvedConfig } from './config/resolve.ts';
import { createDispatcher } from './delivery/dispatcher.ts';
import { createSweeper } from './delivery/sweeper.ts';
import { createDriftWatch } from './drift/watch.ts';
import { createGovernor } from './governor/governor.ts';
import { checkRights } from './install/check-catalog.ts';
import { checkCaptured } from './install/standing.ts';
import { createLifetime, type Lifetime, type StopMode } from './lifetime.ts';
import { createMetricsApp } from './metrics/app.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createMetricsServer } from './metrics/server.ts';
import { fullSpeed } from './pace.ts';
import { createBell } from './relay/bell.ts';
import { createRelay } from './relay/relay.ts';
import { createSources } from './sources/sources.ts';
import { connectionConfig, createPool, reach } from './store/connect.ts';
import { withSafeErrors } from './store/log.ts';
import { checkSchema } from './store/schema.ts';
import { createSealer } from './store/sealer.ts';
import { tellOfSecrets } from './store/secrets-told.ts';
import { dialectNamed } from './wire/dialects.ts';

/** A daemon that runs, or did. */
export interface Daemon extends Lifetime {
  /** Where its admin page is served, as people reach it; undefined: nowhere, or not yet. */
  adminUrl(): string | undefined;
}

export interface DaemonOptions {
  readonly config: ResolvedConfig;
  readonly log: Logger;
}

/** Where the admin page is served when nobody says where. */
const usualAdmin = { host: '127.0.0.1', port: 8787 };
/** Two for the dispatcher, and some for the sweeper, whose duties may come together. Bell and relay have their own. */
const poolSize = 6;
/** Milliseconds that the server gives a statement of those who ask for metrics; they do not wait for longer. */
const scrapeMs = 4_000;
/** For the admin page; connected when somebody looks. */
const adminPoolSize = 4;
/** Milliseconds that the server gives a statement of the admin page. */
const adminMs = 10_000;
/** How long an aborted daemon may take to end what it has under way. */
const abortMs = 5_000;
/** A start waits no longer for its relay to be ready: a table that it needs may be locked for hours. */
const readyMs = 3_000;

/**
 * Relay, dispatcher and sweeper in one process. `start` rejects when the database cannot be reached, or was never captured for the
 * catalog; nothing runs then. What has become of captured tables since is drift: it is reported, and the rest goes on. Once it
 * has started it survives any loss of the database, and needs no restart. `start` resolves when a change would be read at once, when
 * another daemon's relay reads, or when this one's fails; where a locked table keeps this one's from reading, after three seconds all the same.
 *
 * `start` rejects with RowhookError `database_unreachable`, `database_version`, `schema_missing`, `schema_too_old`,
 * `schema_too_new`, `privilege_missing`, `not_captured`, `listen_failed`.
 * @throws RowhookError `config_invalid` for an allow-list that cannot be read, or an admin page that others could reach without
 * tokens; `catalog_invalid` for an http source whose server a
 * key would name
 */
export function createDaemon({ config, log: logger }: DaemonOptions): Daemon {
  const log = withSafeErrors(logger);
  const { databaseUrl, catalog } = config;
  const onLoss = (error: Error) => log.warn({ err: error }, 'a connection was lost');
  const pool = createPool(databaseUrl, poolSize, onLoss);
  // It connects when somebody asks.
  const scraped = createPool(databaseUrl, 1, onLoss, scrapeMs);
  const looked = createPool(databaseUrl, adminPoolSize, onLoss, adminMs);
  const connection = connectionConfig(databaseUrl);
  const bell = createBell({ connection, log });
  const governor =
    config.priority === 'low' ? createGovernor({ connection, log, ...config.governor }) : undefined;
  const pace = governor?.pace ?? fullSpeed;
  const sealer = createSealer(config.secretKeys);
  const dispatcher = createDispatcher({
    pool,
    log,
    dialectOf: (name) => dialectNamed(name ?? catalog.dialect),
    sealer,
    options: config.delivery,
    pace,
  });
  const wake = () => dispatcher.wake();
  const { retentionDays } = config;
  const sweeper = createSweeper({
    pool,
    log,
    wake,
    pace,
    options: retentionDays === undefined ? {} : { retentionDays },
  });
  const sources = createSources({ catalog });
  const relay = createRelay({
    connection,
    catalog,
    log,
    bell,
    sources: sources.sources,
    onDeliveries: wake,
    pace,
    onPage: (page) => metrics.onPage(page),
    ...config.relay,
  });
  const drift = createDriftWatch({ db: pool, catalog, log, ...config.drift });
  const metrics = createMetrics({ db: scraped, drifts: drift.drifts, relay });
  const metricsApp = createMetricsApp(metrics, log);
  const served = config.metrics ? [createMetricsServer({ app: metricsApp, ...config.metrics, log })] : [];
  const admin = config.admin
    ? createServedAdmin({
        ...usualAdmin,
        ...config.admin.listen,
        anyPort: config.admin.listen === undefined,
        basePath: config.admin.basePath,
        publicUrl: config.admin.publicUrl,
        tokens: config.adminTokens ?? [],
        db: looked,
        catalog,
        secretKeys: config.secretKeys,
        allow: config.delivery.allow,
        allowHttp: config.delivery.allowHttp,
        log,
        metrics,
        drifts: drift.drifts,
        relay,
        metricsApp,
        tellsMetrics: !config.metrics,
      })
    : undefined;
  // A claim for its own ring would find what the one before has taken.
  bell.on('rowhook_delivery', (by) => {
    if (!relay.isOwnRing(by)) wake();
  });

  // Started from the receiver's end, and stopped from the other: what one hands on, the next one is there to take.
  const parts: readonly Lifetime[] = [
    ...served,
    ...(admin ? [admin] : []),
    ...(governor ? [governor] : []),
    dispatcher,
    sweeper,
    bell,
    relay,
    drift,
  ];
  const stopAll = async (how: StopMode): Promise<void> => {
    for (const part of parts.toReversed()) await part.stop(how);
  };

  let abortNow = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    abortNow = resolve;
  });
  let running = false;
  let stopAsked = false;
  let endWait = (): void => {};
  const asked = new Promise<void>((resolve) => {
    endWait = resolve;
  });
  let poolEnded: Promise<void> | undefined;
  const endPool = () => {
    sources.close();
    poolEnded ??= Promise.all([pool.end(), scraped.end(), looked.end()]).then(() => {});
    return poolEnded;
  };

  const lifetime = createLifetime({
    async start() {
      try {
        await reach(pool, databaseUrl);
        await checkSchema(pool);
        await checkRights(pool, catalog);
        await checkCaptured(pool, catalog);
        await tellOfSecrets(pool, sealer, log);
        for (const part of parts) await part.start();
        await Promise.race([relay.ready(), asked, sleep(readyMs, undefined, { ref: false })]);
        // Whoever has been told to stop meanwhile does not run.
        running = !stopAsked;
        if (!running) return;
        log.info({ catalog: catalog.name, events: Object.keys(catalog.events).length }, 'rowhook is running');
      } catch (error) {
        await stopAll('abort');
        await endPool();
        throw error;
      }
    },
    async drain() {
      // What hangs on a connection that is dead must not keep an aborted daemon alive.
      await Promise.race([
        stopAll('drain').then(endPool),
        aborted.then(() => sleep(abortMs, undefined, { ref: false })),
      ]);
      if (running) log.info('rowhook has stopped');
    },
    abort() {
      for (const part of parts) void part.stop('abort');
      abortNow();
    },
  });
  return {
    ...lifetime,
    stop(how) {
      stopAsked = true;
      endWait();
      return lifetime.stop(how);
    },
    adminUrl: () => admin?.url(),
  };
}
