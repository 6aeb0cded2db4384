import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtPackage } from '../test/cli/built-package.ts';
import { peakMb, startProcess } from './processes.ts';

/** What runs in a process of its own. */
export interface Running {
  readonly pid: number;
  /** MB, since it started. */
  peakMb(): Promise<number>;
  /**
   * Returns its peak.
   * @param hurried it may break off what is under way
   */
  stop(hurried?: boolean): Promise<number>;
}

export interface RunningDaemon extends Running {
  /** Where its admin page is; empty: nowhere. */
  readonly adminUrl: string;
}

/**
 * The daemon of the built package, as an operator starts it. Resolves when it says that it runs.
 * @param delivery options of the dispatcher, over its defaults
 * @param more of the config; without `admin` it serves no admin page
 */
export async function startDaemon(
  databaseUrl: string,
  delivery: object = {},
  more: { readonly admin?: { readonly listen: string } } = {},
): Promise<RunningDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'rowhook-bench-'));
  const config = join(folder, 'rowhook.config.json');
  await writeFile(
    config,
    JSON.stringify({
      database: databaseUrl,
      catalog: 'site-stacker',
      delivery: { allow: ['127.0.0.0/8'], ...delivery },
      // The default: a line for each attempt.
      logLevel: 'info',
      admin: false,
      ...more,
    }),
  );
  const main = join(await builtPackage(), 'dist/cli/main.js');
  const daemon = startProcess([main, 'start', '--config', config]);
  await daemon.line((line) => line.includes('"rowhook is running"'));
  const served = more.admin ? await daemon.line((line) => line.includes('"the admin page is served"')) : '{}';
  const { url: adminUrl = '' } = JSON.parse(served) as { url?: string };
  daemon.ignore();
  const running: RunningDaemon = {
    pid: daemon.pid,
    adminUrl,
    peakMb: () => peakMb(daemon.pid),
    async stop(hurried) {
      const peak = await peakMb(daemon.pid);
      await daemon.stop(hurried);
      await rm(folder, { recursive: true });
      return peak;
    },
  };
  return running;
}

/** A relay alone, which nobody delivers for. */
export async function startRelayAlone(databaseUrl: string): Promise<Running> {
  const child = startProcess([
    '--input-type=module',
    '-e',
    relayCode,
    join(await builtPackage(), 'dist'),
    databaseUrl,
  ]);
  await child.line((line) => line === 'started');
  return {
    pid: child.pid,
    peakMb: () => peakMb(child.pid),
    async stop() {
      const peak = await peakMb(child.pid);
      await child.stop();
      return peak;
    },
  };
}

const relayCode = `
const [folder, connectionString] = process.argv.slice(1);
const { createBell } = await import(folder + '/relay/bell.js');
const { createRelay } = await import(folder + '/relay/relay.js');
const { siteStacker } = await import(folder + '/presets/site-stacker.js');
const { connectionConfig } = await import(folder + '/store/connect.js');
const silent = () => {};
const complain = (facts, text) => console.error(text, facts?.err ?? facts);
const log = { debug: silent, info: silent, warn: complain, error: complain };
const connection = connectionConfig(connectionString);
const bell = createBell({ connection, log });
const relay = createRelay({ connection, catalog: siteStacker(), log, bell, onDeliveries: silent });
await bell.start();
await relay.start();
console.log('started');
process.once('SIGTERM', async () => {
  await relay.stop();
  await bell.stop();
});
`;
