import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import { plainTable } from '../catalog/table-name.ts';
import type { Drift } from '../drift/kinds.ts';
import { openGaps } from '../store/gaps.ts';
import { oldestDue } from '../store/oldest-due.ts';
import { setAsideStatus } from '../store/set-aside.ts';
import type { Queryable } from '../store/sql.ts';
import { type QueueStatus, queueStatus } from '../store/status.ts';
import { type Health, healthOf, type RelayHealth } from './health.ts';

export interface MetricsParts {
  /** Best one of their own: whoever asks often must not take connections from those that send. */
  readonly db: Queryable;
  /** What is not as capture needs it, as of the last look. */
  drifts(): readonly Drift[];
  readonly relay: { standing(): string; failingSince(): Date | undefined };
}

export interface Metrics {
  /** Counts a page of the relay. */
  onPage(page: { readonly changes: number; readonly events: number; readonly deliveries: number }): void;
  /** In the text format of Prometheus. Reads the database once, a bounded number of rows; works without it too. */
  text(): Promise<string>;
  readonly contentType: string;
  health(): Promise<Health & { readonly drift: number; readonly relay: string }>;
}

/** Who asks does so every few seconds, and does not wait for long. */
const answerMs = 5_000;

const standings = ['standby', 'reading', 'asleep', 'failing', 'stopped'] as const;

/** What a daemon knows of itself and of what waits in its database. */
export function createMetrics({ db, drifts, relay: parts }: MetricsParts): Metrics {
  const relay = (): RelayHealth => ({ standing: parts.standing(), failingSince: parts.failingSince() });
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const counter = (name: string, help: string) => new Counter({ name, help, registers: [registry] });

  const pages = counter('rowhook_pages_total', 'Pages of changes that this relay has read.');
  const changes = counter('rowhook_changes_total', 'Row changes that this relay has read.');
  const events = counter('rowhook_events_total', 'Events that this relay has made.');
  const deliveries = counter('rowhook_deliveries_total', 'Deliveries that this relay has made.');
  const reachable = gauge('rowhook_database_reachable', '1: the database answers; 0: it does not.');
  const standing = gauge('rowhook_relay_standing', "1 for what this daemon's relay is doing now.", [
    'standing',
  ]);
  const failing = gauge(
    'rowhook_relay_failing_seconds',
    'For how long this relay has been failing; 0: it does not.',
  );
  const drift = gauge('rowhook_drift', 'Things that are not as capture needs them.', [
    'table',
    'kind',
    'severity',
  ]);
  // These are only known while the database answers.
  const active = gauge('rowhook_relay_active', "1: some daemon's relay is at work.");
  const waiting = gauge(
    'rowhook_changes_waiting',
    'Committed row changes that are no events yet (counted up to a bound).',
  );
  const oldest = gauge(
    'rowhook_changes_oldest_seconds',
    'Age of the oldest change that waits; 0: none does.',
  );
  const due = gauge('rowhook_deliveries_due', 'Deliveries to be sent now (counted up to a bound).');
  const oldestDelivery = gauge(
    'rowhook_deliveries_oldest_seconds',
    'For how long the oldest delivery has been due that is not being sent, of active endpoints; 0: there is none.',
  );
  const retries = gauge(
    'rowhook_deliveries_waiting',
    'Deliveries that wait for another try (counted up to a bound).',
  );
  const endpoints = gauge('rowhook_endpoints', 'Registered endpoints.', ['state']);
  const gaps = gauge(
    'rowhook_gap_transactions',
    'Transactions whose changes gave no events (TRUNCATE, bypassed triggers), until somebody acknowledges them.',
    ['table', 'kind'],
  );

  const setAside = gauge(
    'rowhook_set_aside',
    'Records that cannot be shown and whose events wait (counted up to a bound).',
  );

  let asking: Promise<QueueStatus | undefined> | undefined;
  /** Several who ask at once share one answer; undefined: there is none in time. */
  const queue = (): Promise<QueueStatus | undefined> => {
    asking ??= inTime(queueStatus(db)).finally(() => {
      asking = undefined;
    });
    return asking;
  };

  async function readDatabase(): Promise<void> {
    const found = await queue();
    const [open, aside, late] = found
      ? await Promise.all([inTime(openGaps(db)), inTime(setAsideStatus(db)), inTime(oldestDue(db))])
      : [];
    // A figure of earlier would look like one of now.
    for (const each of [active, waiting, oldest, due, oldestDelivery, retries, setAside]) each.remove();
    for (const each of [endpoints, gaps]) each.reset();
    reachable.set(found ? 1 : 0);
    if (!found) return;
    const { at, relay: status } = found;
    active.set(status.active ? 1 : 0);
    waiting.set(status.changesWaiting.count);
    oldest.set(
      status.oldestChangeAt === null
        ? 0
        : Math.max(0, Date.parse(at) - Date.parse(status.oldestChangeAt)) / 1_000,
    );
    due.set(found.deliveries.due.count);
    retries.set(found.deliveries.waiting.count);
    if (late) oldestDelivery.set(late.seconds);
    if (aside) setAside.set(aside.records.count);
    endpoints.set({ state: 'active' }, found.endpoints.active);
    endpoints.set({ state: 'paused' }, found.endpoints.paused);
    endpoints.set({ state: 'disabled' }, found.endpoints.disabled);
    for (const { table, kind, transactions } of open ?? [])
      gaps.set({ table: plainTable(table), kind }, transactions);
  }

  function readDaemon(): void {
    const is = relay();
    for (const each of standings) standing.set({ standing: each }, each === is.standing ? 1 : 0);
    failing.set(is.failingSince ? (Date.now() - is.failingSince.getTime()) / 1_000 : 0);
    drift.reset();
    for (const { table, kind, severity } of drifts())
      drift.inc({ table: plainTable(table ?? ''), kind, severity });
  }

  return {
    contentType: registry.contentType,
    onPage(page) {
      pages.inc();
      changes.inc(page.changes);
      events.inc(page.events);
      deliveries.inc(page.deliveries);
    },
    async text() {
      await readDatabase();
      readDaemon();
      return registry.metrics();
    },
    async health() {
      const found = await queue();
      const late = found && (await inTime(oldestDue(db)));
      const is = relay();
      return { ...healthOf(is, found, late, Date.now()), relay: is.standing, drift: drifts().length };
    },
  };
}

/** Undefined where it fails or takes too long: whoever asks is told so, and the rest. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  const caught = answer.catch(() => undefined);
  return Promise.race([caught, sleep(answerMs, undefined, { ref: false })]);
}
