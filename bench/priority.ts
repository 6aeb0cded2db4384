import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type pg from 'pg';
import { createEndpoint } from '../src/index.ts';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { queueStatus } from '../src/store/status.ts';
import { waitUntil } from '../test/support/wait.ts';
import type { LocalPostgres } from '../tools/postgres.ts';
import { benchCrm, firstId, install } from './crm.ts';
import { type Bench, median, round } from './harness.ts';

const people = 20_000;
const workers = 2;
const connectionsOfEach = 8;
const fullSize = {
  backlog: 100_000,
  rounds: 10,
  seconds: { without: 10, with: 10 },
  settle: { without: 4, with: 4 },
};
/** What has to settle is the governor, which takes two seconds to see that the database is busy, and with it a page and its rest may take seconds. */
const quickSize = {
  backlog: 6_000,
  rounds: 2,
  seconds: { without: 4, with: 8 },
  settle: { without: 1, with: 3 },
};

/**
 * What an application that saturates the database keeps of its throughput while the daemon runs and a backlog waits; and how the
 * backlog is caught up afterwards. Application, daemon and receiver are processes of their own.
 */
export const priority: Bench = {
  name: 'priority',
  async run({ server, quick, progress }) {
    const { backlog, rounds, seconds, settle } = quick ? quickSize : fullSize;
    const client = await benchCrm(server, 'priority', people);
    await client.query(applicationTables);
    await install(client);
    const receiver = await startCounter();
    const folder = await mkdtemp(join(tmpdir(), 'rowhook-bench-'));
    try {
      const url = `http://127.0.0.1:${receiver.port}/`;
      await createEndpoint(client, siteStacker(), { url, events: ['*'], secret: 's' });
      const config = join(folder, 'rowhook.config.json');
      await writeFile(
        config,
        JSON.stringify({
          database: server.url('priority'),
          catalog: 'site-stacker',
          priority: 'low',
          delivery: { allow: ['127.0.0.0/8'] },
        }),
      );
      progress(`${backlog} changes`);
      // A daemon that was here before has left its cursor: the backlog is what came after.
      await (await startDaemon(config)).stop();
      for (let from = 0; from < backlog; from += 20) {
        const id = firstId + (from % people);
        await client.query(`update people set fullname = fullname || 'x' where id between $1 and $2`, [
          id,
          id + 19,
        ]);
      }
      await client.query('vacuum analyze');

      const rates: Record<'without' | 'with', number[]> = { without: [], with: [] };
      let busyMs = 0;
      let madeBusy = 0;
      let sentBusy = 0;
      // At work all the time, so that nothing but the daemon comes and goes.
      const application = await startApplication(server);
      for (let at = 0; at < rounds; at++) {
        await application.rate(settle.without);
        rates.without.push(await application.rate(seconds.without));
        const daemon = await startDaemon(config);
        // Its start is not what is measured.
        await application.rate(settle.with);
        const before = { made: await eventCount(client), sent: receiver.count(), at: performance.now() };
        rates.with.push(await application.rate(seconds.with));
        madeBusy += (await eventCount(client)) - before.made;
        sentBusy += receiver.count() - before.sent;
        busyMs += performance.now() - before.at;
        await daemon.stop();
        progress(
          `round ${at + 1}: ${round(rates.without.at(-1)!, 0)} / ${round(rates.with.at(-1)!, 0)} per s`,
        );
      }
      await application.stop();

      progress('catching up');
      const busyEvents = await eventCount(client);
      const busySent = receiver.count();
      const start = performance.now();
      const daemon = await startDaemon(config);
      // A change of its own marks the end of the backlog.
      await client.query(`update people set fullname = 'the last' where id = ${firstId}`);
      while (await isWaiting(client)) await new Promise((resolve) => setTimeout(resolve, 250));
      const catchUpSeconds = (performance.now() - start) / 1000;
      const events = await eventCount(client);
      const missing = events - receiver.distinct();
      await daemon.stop();

      const ratios = rates.with.map((rate, at) => rate / rates.without[at]!);
      return {
        metrics: {
          // Of neighbours in time: whatever else the machine does falls on both.
          ratio: round(median(ratios)),
          lowest_ratio: round(Math.min(...ratios)),
          without_tps: round(median(rates.without), 0),
          with_tps: round(median(rates.with), 0),
          busy_events_per_second: round(madeBusy / (busyMs / 1000), 1),
          busy_deliveries_per_second: round(sentBusy / (busyMs / 1000), 1),
          waited_after: events - busySent,
          events_after: events - busyEvents,
          catch_up_seconds: round(catchUpSeconds, 1),
          catch_up_per_second: round((events - busySent) / catchUpSeconds, 0),
          not_delivered: missing,
        },
        bars: {
          ratio: { min: 0.9 },
          busy_events_per_second: { min: 1 },
          busy_deliveries_per_second: { min: 1 },
          not_delivered: { max: 0 },
        },
        note: `${workers * connectionsOfEach} connections of the application at saturation, ${backlog} changes of full persons waiting${quick ? ' (scaled down: --quick)' : ''}; ${rounds} rounds of ${seconds.without} s without and ${seconds.with} s with the daemon`,
      };
    } finally {
      await receiver.stop();
      await rm(folder, { recursive: true });
      await client.end();
    }
  },
};

const applicationTables = `
  create table app_account (id int primary key, name text not null, balance numeric not null default 0, seen_at timestamptz);
  create table app_gift (id bigint generated always as identity primary key, account_id int not null, page_id int not null, amount numeric not null, at timestamptz not null default now());
  create index on app_gift (page_id, id);
  create index on app_gift (account_id);
  insert into app_account (id, name) select i, 'Account ' || i from generate_series(1, 100000) i;
  insert into app_gift (account_id, page_id, amount) select i % 100000 + 1, i % 1000, i % 90 + 10 from generate_series(1, 200000) i;`;

/** One process of the application: transactions on its connections, one after the other, as fast as they go; prints how many each 100 ms. */
const applicationCode = `
import pg from 'pg';
const [url, connections] = process.argv.slice(1);
let done = 0;
const pick = (n) => 1 + Math.floor(Math.random() * n);
const statement = (name, text) => (client, values) => client.query({ name, text, values });
const account = statement('account', 'select id, name, balance from app_account where id = $1');
const raised = statement('raised', 'select count(*), sum(amount) from (select amount from app_gift where page_id = $1 order by id desc limit 50) latest');
const give = statement('give', 'insert into app_gift (account_id, page_id, amount) values ($1, $2, $3)');
const book = statement('book', 'update app_account set balance = balance + $2, seen_at = now() where id = $1');
const rename = statement('rename', 'update people set fullname = $2, modified = now() where id = $1');
async function work() {
  const client = new pg.Client({ connectionString: url, application_name: 'application' });
  await client.connect();
  for (;;) {
    const id = pick(100000), page = pick(1000);
    await client.query('begin');
    await account(client, [id]);
    await raised(client, [page]);
    await give(client, [id, page, 25]);
    await book(client, [id, 25]);
    // One in twenty is of a captured table.
    if (done % 20 === 0) await rename(client, [${firstId} + pick(${people}) - 1, 'Person ' + Math.random()]);
    await client.query('commit');
    done += 1;
  }
}
for (let i = 0; i < Number(connections); i++) void work();
setInterval(() => console.log(done), 100);
`;

interface Application {
  /** Transactions per second, over so many seconds from now. */
  rate(seconds: number): Promise<number>;
  stop(): Promise<void>;
}

async function startApplication(server: LocalPostgres): Promise<Application> {
  const children = Array.from({ length: workers }, () =>
    runNode([
      '--input-type=module',
      '-e',
      applicationCode,
      server.url('priority'),
      String(connectionsOfEach),
    ]),
  );
  const counts = children.map(lastLine);
  const total = async () =>
    (await Promise.all(counts.map((count) => count()))).reduce((sum, line) => sum + Number(line), 0);
  await waitUntil(async () => (await total()) > 0, { what: 'the application to be at work' });
  return {
    async rate(seconds) {
      const from = { done: await total(), at: performance.now() };
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      return ((await total()) - from.done) / ((performance.now() - from.at) / 1_000);
    },
    stop: () => stopAll(children),
  };
}

/** The command line's daemon, as an operator runs it. Resolves when it says that it runs. */
async function startDaemon(config: string): Promise<{ stop(): Promise<void> }> {
  const child = runNode(['--import', 'tsx', 'src/cli/main.ts', 'start', '--config', config]);
  const lines = createInterface({ input: child.stdout! });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      if (line.includes('"rowhook is running"')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}`)));
  });
  return { stop: () => stopAll([child]) };
}

/** Counts requests, and the delivery ids among them, and answers 200. */
const counterCode = `
import { createServer } from 'node:http';
const ids = new Set();
let count = 0;
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    count += 1;
    ids.add(request.headers['sitestacker-delivery'] ?? request.headers['webhook-id'] ?? count);
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  setInterval(() => console.log(JSON.stringify({ port: server.address().port, count, distinct: ids.size })), 50);
});
`;

async function startCounter() {
  const child = runNode(['--input-type=module', '-e', counterCode]);
  const line = lastLine(child);
  let latest = JSON.parse(await line()) as { port: number; count: number; distinct: number };
  createInterface({ input: child.stdout! }).on('line', (text) => {
    latest = JSON.parse(text);
  });
  return {
    port: latest.port,
    count: () => latest.count,
    distinct: () => latest.distinct,
    stop: () => stopAll([child]),
  };
}

function runNode(parameters: readonly string[]): ChildProcess {
  return spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Returns the next line that it prints. */
function lastLine(child: ChildProcess): () => Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  return async () => {
    const [line] = (await once(lines, 'line')) as [string];
    return line;
  };
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }),
  );
}

async function eventCount(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from rowhook.event');
  return rows[0]!.count;
}

/** Changes that are no events yet, or deliveries that are not done. */
async function isWaiting(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ due: boolean }>(
    'select exists (select from rowhook.delivery) or exists (select from rowhook.delivery_waiting) as due',
  );
  return rows[0]!.due || (await queueStatus(client)).relay.changesWaiting.count > 0;
}
