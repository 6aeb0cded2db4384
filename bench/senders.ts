import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { waitUntil } from '../test/support/wait.ts';
import type { LocalPostgres } from '../tools/postgres.ts';
import { makeDeliveries } from './backlog-rows.ts';
import { makeGraphileJobs, makePgBossJobs } from './competitors/jobs.ts';
import { type Running, startDaemon } from './daemon.ts';
import { childrenOf, peakMb, processorMs, startProcess } from './processes.ts';
import { reached, type Sink } from './sink.ts';

/** Something that sends what waits for it, until it is stopped. */
export interface Sender {
  /** Makes so many deliveries due. */
  prepare(count: number): Promise<void>;
  start(): Promise<Running[]>;
  /** Whether all of it is sent and recorded. */
  done(): Promise<boolean>;
}

/** What one run of a sender showed. */
export interface Run {
  readonly perSecond: number;
  /** Microseconds of processor time for each delivery. */
  readonly senderUs: number;
  readonly postgresUs: number;
  /** Of all its processes. */
  readonly peakMb: number;
}

/**
 * Lets a sender send so many, and looks at the middle of them: from the fifth on, when it is warm, to the last twentieth. Resolves
 * when all are recorded.
 */
export async function runOf(sender: Sender, sink: Sink, server: LocalPostgres, count: number): Promise<Run> {
  await sender.prepare(count);
  const before = sink.told().count;
  const running = await sender.start();
  const spent = async () => ({
    sender: await processorMs(running.map(({ pid }) => pid)),
    postgres: await processorMs(await childrenOf(server.pid!)),
  });
  const from = await reached(sink, before + count * 0.2);
  const spentBefore = await spent();
  const to = await reached(sink, before + count * 0.95);
  const spentAfter = await spent();
  await waitUntil(() => sender.done(), { what: 'the last delivery', timeoutMs: 600_000 });
  const peaks = await Promise.all(running.map((each) => each.stop()));
  const sent = to.count - from.count;
  return {
    perSecond: (sent * 1_000) / (to.atMs - from.atMs),
    senderUs: ((spentAfter.sender - spentBefore.sender) * 1_000) / sent,
    postgresUs: ((spentAfter.postgres - spentBefore.postgres) * 1_000) / sent,
    peakMb: Math.max(...peaks),
  };
}

/** Daemons on a database with these endpoints, which get their deliveries in turn. */
export function rowhook(
  client: pg.Client,
  databaseUrl: string,
  endpointIds: readonly string[],
  daemons = 1,
): Sender {
  return {
    async prepare(count) {
      await client.query('truncate rowhook.event, rowhook.attempt, rowhook.delivery');
      await makeDeliveries(client, endpointIds, count);
      await client.query('checkpoint');
    },
    start: () => Promise.all(Array.from({ length: daemons }, () => startDaemon(databaseUrl))),
    done: () => isEmpty(client, 'rowhook.delivery'),
  };
}

export function graphileWorker(client: pg.Client, databaseUrl: string, url: string): Sender {
  return {
    async prepare(count) {
      await makeGraphileJobs(client, url, count);
      await client.query('checkpoint');
    },
    start: () => startScript('graphile-worker', databaseUrl),
    done: () => isEmpty(client, 'graphile_worker._private_jobs'),
  };
}

export function pgBoss(client: pg.Client, databaseUrl: string, url: string): Sender {
  return {
    async prepare(count) {
      await makePgBossJobs(client, url, count);
      await client.query('checkpoint');
    },
    start: () => startScript('pg-boss', databaseUrl),
    done: () => isEmpty(client, `pgboss.job where state <> 'completed'`),
  };
}

/** It does not end by itself. */
export function bareLoop(url: string): Sender {
  return {
    prepare: () => Promise.resolve(),
    start: () => startScript('bare', url),
    done: () => Promise.resolve(true),
  };
}

async function startScript(name: string, parameter: string): Promise<Running[]> {
  const script = fileURLToPath(new URL(`competitors/${name}.ts`, import.meta.url));
  const child = startProcess(['--import', 'tsx', script, parameter]);
  const stop = async () => {
    const peak = await peakMb(child.pid);
    await child.stop();
    return peak;
  };
  return [{ pid: child.pid, peakMb: () => peakMb(child.pid), stop }];
}

async function isEmpty(client: pg.Client, rows: string): Promise<boolean> {
  const { rows: found } = await client.query<{ empty: boolean }>(
    `select not exists (select from ${rows}) as empty`,
  );
  return found[0]!.empty;
}
