import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { benchCrm, firstId, install } from './crm.ts';
import { startRelayAlone } from './daemon.ts';
import { type Bench, interleaved, median, round } from './harness.ts';
import { addOthers, forget, setSide, type Side as Watcher, sides as watchers } from './sides.ts';

/** And `held`: ours, but nobody reads what it writes. What is missing to `off` is then the trigger's, and from there to `on` the relay's. */
const sides = [...watchers, 'held'] as const;
type Side = Watcher | 'held';

const people = 20_000;
const warmUp = 20;
/** The relay goes to sleep after 400 ms without a change. */
const nudgeMs = 100;
/** After a change the relay has read it, and looks at the outbox by single statements. */
const betweenLooksMs = 150;

/**
 * Transactions of one row, by 8 and 32 writers, while a relay is awake: rate with capture / without; with capture, but a relay that is
 * frozen; and two other triggers.
 */
export const captureSingle: Bench = {
  name: 'capture-single',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'capture_single', people);
    await install(client);
    await addOthers(client, 'people');
    const relay = await startRelayAlone(server.url('capture_single'));
    let nudge = await keepAwake(server.url('capture_single'));
    /** Frozen it goes on to be awake for the triggers, which so do the same as before; it has no transaction open, and stays warm. */
    const holdRelay = async () => {
      await nudge.stop();
      await sleep(betweenLooksMs);
      process.kill(relay.pid, 'SIGSTOP');
      nudge = await keepAwake(server.url('capture_single'));
    };
    const metrics: Record<string, number> = {};
    for (const writers of [8, 32]) {
      const pool = new pg.Pool({ connectionString: server.url('capture_single'), max: writers });
      pool.on('error', () => {});
      for (const [name, write] of Object.entries({ insert: insertOne, update: updateOne })) {
        const cost = new Map<Side, Cost[]>(sides.map((side) => [side, []]));
        const measure = (side: Side) => async () => {
          await setSide(client, 'people', side === 'held' ? 'on' : side);
          if (side === 'held') await holdRelay();
          const measured = await run({ pool, writers, ms: quick ? 300 : 3_000, write }).finally(async () => {
            await forget(client);
            if (side === 'held') process.kill(relay.pid, 'SIGCONT');
          });
          await client.query('vacuum people');
          cost.get(side)!.push(measured);
          return measured.perSecond;
        };
        const rates = await interleaved(
          {
            off: measure('off'),
            on: measure('on'),
            held: measure('held'),
            key: measure('key'),
            image: measure('image'),
          },
          quick ? 3 : 9,
        );
        const about = `${name}_${writers}`;
        for (const side of sides) {
          const middle = (figure: 'cpuUs' | 'walBytes') =>
            median(cost.get(side)!.map((each) => each[figure]));
          if (side !== 'off') {
            metrics[`${about}_${side === 'on' ? '' : `${side}_`}ratio`] = round(rates[side] / rates.off);
          }
          metrics[`${about}_${side}_tps`] = round(rates[side], 0);
          metrics[`${about}_${side}_cpu_us`] = round(middle('cpuUs'), 0);
          metrics[`${about}_${side}_wal_bytes`] = round(middle('walBytes'), 0);
        }
        progress(`${name}, ${writers} writers: ${metrics[`${about}_ratio`]}`);
      }
      await pool.end();
    }
    await nudge.stop();
    await relay.stop();
    await client.end();
    const min = { min: 0.85 };
    return {
      metrics,
      bars: { insert_8_ratio: min, insert_32_ratio: min, update_8_ratio: min, update_32_ratio: min },
      note:
        'one row of people (17 watched columns) for each transaction; off: no capture, on: ours, held: ours while the relay is ' +
        'frozen, key: a bare trigger, image: a row trigger with both images and NOTIFY; cpu_us and wal_bytes: of the writing backend, for each transaction; commits are ' +
        'synced, writers in this process, the relay awake in its own',
    };
  },
};

type Write = (client: pg.PoolClient) => Promise<unknown>;

const insertOne: Write = (client) =>
  client.query({ name: 'insert', text: `insert into people (fullname) values ('A') ` });

const updateOne: Write = (client) =>
  client.query({
    name: 'update',
    text: 'update people set fullname = $1, modified = now() where id = $2',
    values: [`Person ${Math.random()}`, firstId + Math.floor(Math.random() * people)],
  });

/** What a transaction costs its backend; the rate is that of all writers together. */
interface Cost {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly walBytes: number;
}

async function run(work: { pool: pg.Pool; writers: number; ms: number; write: Write }): Promise<Cost> {
  const clients = await Promise.all(Array.from({ length: work.writers }, () => work.pool.connect()));
  // The triggers were switched: every session plans once more.
  await Promise.all(
    clients.map(async (client) => {
      for (let i = 0; i < warmUp; i++) await work.write(client);
    }),
  );
  const before = await Promise.all(clients.map(spent));
  let done = 0;
  const start = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - start < work.ms) {
        await work.write(client);
        done++;
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const after = await Promise.all(clients.map(spent));
  for (const client of clients) client.release();
  const sum = (figure: 'cpuNs' | 'walBytes') =>
    after.reduce((total, each, i) => total + each[figure] - before[i]![figure], 0);
  return { perSecond: done / seconds, cpuUs: sum('cpuNs') / done / 1000, walBytes: sum('walBytes') / done };
}

/** Since the backend began. Processor time is known on Linux only, and 0 elsewhere. */
async function spent(client: pg.PoolClient): Promise<{ cpuNs: number; walBytes: number }> {
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query<{ pid: number; wal: string }>(
    'select pg_backend_pid() as pid, wal_bytes::text as wal from pg_stat_get_backend_wal(pg_backend_pid())',
  );
  const { pid, wal } = rows[0]!;
  const scheduled = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '0');
  return { cpuNs: Number(scheduled.split(' ')[0]), walBytes: Number(wal) };
}

/** A captured change of another table now and then, on all sides. */
async function keepAwake(url: string): Promise<{ stop(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let last: Promise<unknown> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    last = client
      .query('update tags set name = $1 where id = $2', [String(Math.random()), firstId])
      .finally(() => {
        busy = false;
      });
  }, nudgeMs);
  return {
    async stop() {
      clearInterval(timer);
      await last;
      await client.end();
    },
  };
}
