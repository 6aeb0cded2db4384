import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import pg from 'pg';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { waitUntil } from '../support/wait.ts';

describe('local Postgres', () => {
  const lines: string[] = [];
  let postgres: LocalPostgres;

  before(async () => {
    postgres = await startPostgres({ settings: { work_mem: '7MB' }, onLog: (line) => lines.push(line) });
  });
  after(() => postgres.close());

  it('answers, with the settings asked for', async () => {
    expect(await ask(postgres.superuserUrl, 'show server_version')).to.equal(postgres.version);
    expect(postgres.version).to.match(/^18\./);
    expect(await ask(postgres.superuserUrl, 'show work_mem')).to.equal('7MB');
    expect(await ask(postgres.superuserUrl, 'show server_encoding')).to.equal('UTF8');
    expect(await ask(postgres.superuserUrl, "select upper('é')")).to.equal('É');
    await waitUntil(() => lines.some((line) => /ready to accept connections/.test(line)), {
      what: 'the log',
    });
  });

  it('creates, copies and drops databases, also under the eyes of a session', async () => {
    await postgres.createDatabase('first "of all"');
    await ask(postgres.url('first "of all"'), 'create table kept as select 7 as n');
    await postgres.createDatabase('second', 'first "of all"');
    expect(await ask(postgres.url('second'), 'select n from kept')).to.equal(7);
    const session = new pg.Client(postgres.url('second'));
    session.on('error', () => {});
    await session.connect();
    await postgres.dropDatabase('second');
    await postgres.dropDatabase('second');
    const names = "select string_agg(datname, ',') from pg_database where not datistemplate";
    expect(await ask(postgres.superuserUrl, names)).to.equal('postgres,first "of all"');
  });

  it('keeps committed data over an immediate stop and over kill -9, on the same port', async () => {
    await ask(postgres.superuserUrl, 'create table kept as select 1 as n');
    await postgres.stop('immediate');
    expect(await failure(ask(postgres.superuserUrl, 'select 1'))).to.match(/ECONNREFUSED/);
    await postgres.start();
    await ask(postgres.superuserUrl, 'insert into kept values (2)');

    // A backend that does not look up from its work would outlive its postmaster, and keep it from restarting.
    const work = 'select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b';
    const busy = failure(ask(postgres.superuserUrl, work));
    const isBusy = `select count(*) = 1 from pg_stat_activity where query = '${work}'`;
    await waitUntil(() => ask(postgres.superuserUrl, isBusy), { what: 'the busy session' });
    await postgres.kill();
    expect(await busy).to.match(/terminated|ECONNRESET/);
    await postgres.start();
    expect(await ask(postgres.superuserUrl, 'select sum(n)::int from kept')).to.equal(3);
  });

  it('runs two at once, each with its own data and password; closing one leaves nothing of it', async () => {
    await ask(postgres.superuserUrl, 'create table only_here (n int)');
    const other = await startPostgres();
    try {
      expect(await ask(other.superuserUrl, "select to_regclass('only_here')")).to.equal(null);
      const wrong = new URL(other.superuserUrl);
      wrong.password = new URL(postgres.superuserUrl).password;
      expect(await failure(ask(wrong.href, 'select 1'))).to.match(/password authentication failed/);

      // Even when somebody has killed the process that is to clean up.
      const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,args=']);
      const guard = stdout.match(
        new RegExp(`^ *(\\d+) .*postgres-guard.mjs .*${other.directory}$`, 'm'),
      )?.[1];
      process.kill(Number(guard), 'SIGKILL');
    } finally {
      const { pid } = other;
      await Promise.all([other.close(), other.close()]);
      expect(isRunning(pid)).to.equal(false);
      expect(existsSync(other.directory)).to.equal(false);
    }
    expect(await ask(postgres.superuserUrl, 'select count(*)::int from only_here')).to.equal(0);
  });

  it('reports a server that cannot start with what its log says', async () => {
    const starting = startPostgres({ settings: { max_connections: 'many' } });
    expect(await failure(starting)).to.match(/invalid value for parameter "max_connections": "many"/);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`is gone with its owner: ${signal}`, async () => {
      const owner = startOwner();
      const { pid, directory, superuserUrl } = await firstLine(owner);
      expect(await ask(superuserUrl, 'select 1')).to.equal(1);
      owner.kill(signal);
      await waitUntil(() => !isRunning(pid) && !existsSync(directory), {
        what: 'server and folder to vanish',
      });
    });
  }

  it('outlives its owner when told so', async () => {
    const owner = startOwner('keep');
    const ended = once(owner, 'exit');
    const { pid, directory, dataDirectory, superuserUrl } = await firstLine(owner);
    try {
      expect(await ended).to.deep.equal([0, null]);
      expect(await ask(superuserUrl, 'select 1')).to.equal(1);
    } finally {
      process.kill(pid, 'SIGINT');
      await waitUntil(() => !isRunning(pid), { what: 'the server to stop' });
      for (const folder of [directory, dirname(dataDirectory)])
        await rm(folder, { recursive: true, force: true });
    }
  });
});

/** The first value of the first row. */
async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

async function failure(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'it did not fail',
    (error: unknown) => String(error),
  );
}

function startOwner(...args: string[]): ChildProcess {
  const script = fileURLToPath(new URL('./postgres-owner.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

interface Owned {
  pid: number;
  directory: string;
  dataDirectory: string;
  superuserUrl: string;
}

async function firstLine(child: ChildProcess): Promise<Owned> {
  if (!child.stdout) throw new Error('no stdout');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return JSON.parse(line);
}

/** A zombie has ended too: in some containers nobody reaps the children of a process that was killed. */
function isRunning(pid = 0): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
