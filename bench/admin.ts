import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { v7 } from 'uuid';
import { days, endpoints, makeMonth, recordsOf } from './admin-rows.ts';
import { benchCrm, install } from './crm.ts';
import { startDaemon } from './daemon.ts';
import { type Bench, median, quantile, round } from './harness.ts';

const fullSize = { attempts: 10_000_000, rounds: 60 };
const quickSize = { attempts: 500_000, rounds: 10 };
const token = 'a-token-of-the-bench-and-of-nothing-else';
/** Of a page. */
const rows = 50;

/**
 * How long the admin API takes for what its page asks, over a month of history: a signed-in session, over HTTP, from the real daemon. And how
 * much a browser loads before the page shows something.
 */
export const admin: Bench = {
  name: 'admin',
  async run({ server, quick, progress }) {
    const { attempts, rounds } = quick ? quickSize : fullSize;
    const client = await benchCrm(server, 'admin', 20);
    await install(client);
    await client.query('alter database admin set synchronous_commit = off');
    await client.end();
    const pool = new pg.Pool({ connectionString: server.url('admin'), max: 4 });
    pool.on('error', () => {});
    await makeMonth(pool, { attempts, progress });
    await pool.query('checkpoint');
    await pool.end();

    const asked = askedOf(attempts);
    const api = await startApi(server.url('admin'));
    const times = new Map<string, number[]>(Object.keys(asked).map((name) => [name, []]));
    try {
      for (let n = 0; n < rounds + 1; n += 1) {
        for (const [name, ask] of Object.entries(asked)) {
          const ms = await api.ask(ask.path(), ask.holds);
          // The first round is that of a daemon that has just started.
          if (n > 0) times.get(name)!.push(ms);
        }
        if (n % 10 === 0) progress(`${n} rounds of ${rounds}`);
      }
    } finally {
      await api.stop();
    }
    const metrics: Record<string, number> = {};
    for (const [name, all] of times) {
      metrics[`${name}_ms`] = round(median(all), 1);
      metrics[`${name}_p95_ms`] = round(quantile(all, 0.95), 1);
    }
    const most = { max: 100 };
    return {
      metrics: { ...metrics, ...(await loaded()) },
      bars: { newest_ms: most, by_endpoint_ms: most, first_load_kb: { max: 150 } },
      note: `a page of ${rows} deliveries of ${attempts} attempts in ${days} days and ${endpoints} endpoints, ${rounds} rounds, each at another place; the bar is in milliseconds, so it depends on the machine`,
    };
  },
};

const some = (most: number): number => 1 + Math.floor(Math.random() * most);
/** Somewhere in the history: as if somebody had scrolled so far. */
const deepIn = (): string => v7({ msecs: Date.now() - some((days - 2) * 86_400_000) });

interface Asked {
  /** Below /api/v1. Another one each time, where it can be. */
  readonly path: () => string;
  /** What the answer has a full page of. */
  readonly holds?: string;
}

const deliveries = (query: () => string): Asked => ({
  path: () => `/deliveries?limit=${rows}${query()}`,
  holds: 'deliveries',
});
const askedOf = (attempts: number): Readonly<Record<string, Asked>> => ({
  newest: deliveries(() => ''),
  deep: deliveries(() => `&before=${deepIn()}`),
  by_endpoint: deliveries(() => `&endpoint=${some(endpoints)}`),
  deep_by_endpoint: deliveries(() => `&endpoint=${some(endpoints)}&before=${deepIn()}`),
  exhausted: deliveries(() => '&state=exhausted'),
  status_500: deliveries(() => '&status=500'),
  by_record: deliveries(() => `&record=person:${some(recordsOf(attempts) - 1)}`),
  events: { path: () => `/events?limit=${rows}`, holds: 'events' },
  endpoint_list: { path: () => `/endpoints?limit=${rows}`, holds: 'endpoints' },
  overview_hour: { path: () => '/overview?range=hour' },
  overview_week: { path: () => '/overview?range=week' },
});

interface Api {
  /** Milliseconds until the whole answer is there. @throws Error where it is not a full page */
  ask(path: string, holds: string | undefined): Promise<number>;
  stop(): Promise<void>;
}

/** A daemon with its admin page, and somebody who is signed in to it. */
async function startApi(databaseUrl: string): Promise<Api> {
  process.env.ROWHOOK_ADMIN_TOKENS = `bench:viewer:${token}`;
  const daemon = await startDaemon(databaseUrl, {}, { admin: { listen: '127.0.0.1:0' } });
  const url = `${daemon.adminUrl.replace(/\/$/, '')}/api/v1`;
  const signedIn = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-rowhook': '1' },
    body: JSON.stringify({ token }),
  });
  if (!signedIn.ok) throw new Error(`signing in: ${signedIn.status} ${await signedIn.text()}`);
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  return {
    async ask(path, holds) {
      const start = performance.now();
      const response = await fetch(url + path, { headers: { cookie } });
      const text = await response.text();
      const ms = performance.now() - start;
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      if (holds !== undefined) {
        const found = (JSON.parse(text) as Record<string, unknown[]>)[holds]?.length;
        if (found !== rows) throw new Error(`${path}: expected ${rows} ${holds}, found ${found}`);
      }
      return ms;
    },
    async stop() {
      await daemon.stop();
    },
  };
}

/** What the build says: kB (1,000 bytes) of what the first page names, compressed with gzip, and of all that there is. */
async function loaded(): Promise<{ first_load_kb: number; whole_page_kb: number }> {
  const folder = new URL('../dist/admin/', import.meta.url);
  const manifest = JSON.parse(await readFile(new URL('manifest.json', folder), 'utf8')) as {
    index: string;
    files: Record<string, { gzip: number }>;
  };
  const index = await readFile(new URL(manifest.index, folder), 'utf8');
  const kb = (names: string[]): number =>
    round(names.reduce((sum, name) => sum + manifest.files[name]!.gzip, index.length) / 1_000, 1);
  const names = Object.keys(manifest.files);
  return { first_load_kb: kb(names.filter((name) => index.includes(name))), whole_page_kb: kb(names) };
}
