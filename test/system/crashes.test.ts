import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { createEndpoint } from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { builtPackage } from '../cli/built-package.ts';
import { captureAll } from '../fixtures/captured.ts';
import { siteStackerSql } from '../fixtures/site-stacker.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { header } from './running.ts';

/** Changes for each of a few tags, made while things break. */
const tags = [5001, 5002, 5003, 5004];
const changesPerTag = 60;

describe('a crash', function () {
  this.timeout(90_000);
  let server: LocalPostgres;
  let receiver: Receiver;
  let folder: string;
  let program: string;
  const children: ChildProcess[] = [];

  before(async () => {
    program = join(await builtPackage(), 'dist/cli/main.js');
  });
  beforeEach(async () => {
    server = await startPostgres();
    await server.createDatabase('crm');
    const client = new pg.Client({ connectionString: server.url('crm') });
    await client.connect();
    await client.query(await siteStackerSql());
    await captureAll(client, siteStacker());
    for (const id of tags) await client.query('insert into tags (id, name) values ($1, $2)', [id, 'n0']);
    await client.query('truncate rowhook.outbox');
    receiver = await startReceiver();
    await createEndpoint(client, siteStacker(), { url: receiver.url('/'), events: ['tag_update'] });
    await client.end();
    folder = await mkdtemp(join(tmpdir(), 'rowhook-crash-'));
    await writeFile(
      join(folder, 'rowhook.config.json'),
      JSON.stringify({
        catalog: 'site-stacker',
        database: server.url('crm'),
        delivery: { allow: ['127.0.0.0/8'] },
      }),
    );
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await receiver.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  function startDaemon(): ChildProcess {
    const child = spawn(
      process.execPath,
      [program, 'start', '--config', join(folder, 'rowhook.config.json')],
      { stdio: 'ignore' },
    );
    children.push(child);
    return child;
  }

  /** Updates each tag again and again; a connection that breaks is made anew, and the change that it had open made again. */
  async function write(onChange: (made: number) => Promise<void>): Promise<void> {
    let made = 0;
    for (let i = 1; i <= changesPerTag; i++) {
      for (const id of tags) {
        await waitUntil(
          async () => {
            const client = new pg.Client({ connectionString: server.url('crm') });
            client.on('error', () => {});
            await client.connect();
            try {
              // The condition makes it the same change when the answer to the first try was lost.
              await client.query('update tags set name = $2 where id = $1 and name <> $2', [id, `n${i}`]);
            } finally {
              await client.end();
            }
            return true;
          },
          { what: `change ${i} of ${id} to be committed`, timeoutMs: 30_000 },
        );
        made++;
        await onChange(made);
      }
    }
  }

  /** All changes arrived; and in our tables each is there once, in the order of its commit. */
  async function expectAll(): Promise<{ repeats: number }> {
    const client = new pg.Client({ connectionString: server.url('crm') });
    await client.connect();
    const total = tags.length * changesPerTag;
    await waitUntil(
      async () => {
        const { rows } = await client.query<{ open: number; events: number }>(
          `select (select count(*)::int from rowhook.delivery) + (select count(*)::int from rowhook.delivery_waiting) as open,
             (select count(*)::int from rowhook.event where name = 'tag_update') as events`,
        );
        return rows[0]!.open === 0 && rows[0]!.events >= total;
      },
      { what: 'everything to be delivered', timeoutMs: 60_000 },
    );
    const { rows } = await client.query<{ record_key: string; names: string[] }>(
      `select record_key, array_agg(payload::json ->> 'name' order by id) as names
       from rowhook.event where name = 'tag_update' group by record_key order by record_key`,
    );
    await client.end();
    expect(rows.map((row) => row.record_key)).to.eql(tags.map(String));
    for (const row of rows) {
      expect(row.names).to.have.length(changesPerTag);
      // A payload is the record as it is when the relay reads: later changes may show early, never the other way round.
      const numbers = row.names.map((name) => Number(name.slice(1)));
      expect(numbers).to.eql([...numbers].sort((a, b) => a - b));
      expect(numbers.at(-1)).to.equal(changesPerTag);
    }
    const arrived = receiver.requests.filter(
      (request) => header(request, 'SiteStacker-Event') === 'tag_update',
    );
    const ids = new Set(arrived.map((request) => header(request, 'SiteStacker-Delivery')));
    expect(ids.size).to.equal(total);
    return { repeats: arrived.length - total };
  }

  it('of the daemon by kill -9, again and again, loses nothing and keeps the order', async () => {
    let daemon = startDaemon();
    await receiver.waitFor(1, { timeoutMs: 30_000 });
    await write(async (made) => {
      if (made % 80 !== 40) return;
      const before = receiver.requests.length;
      daemon.kill('SIGKILL');
      daemon = startDaemon();
      // The next kill should meet one that works; where the killed one had sent all, and the ping, there is nothing to see of it.
      await receiver.waitFor(Math.min(before + 1, made + 1), { timeoutMs: 30_000 });
    });
    const { repeats } = await expectAll();
    expect(repeats).to.be.at.most(3 * 64);
  });

  /**
   * Ends the process in the server that the relay has its session with. The server may have shared memory that was left half written:
   * it ends all sessions, recovers as after a crash, and starts nothing anew but itself.
   */
  async function killRelaysProcess(): Promise<void> {
    const bystander = new pg.Client({ connectionString: server.url('crm') });
    const ended = new Promise<void>((resolve) => bystander.on('end', resolve));
    bystander.on('error', () => {});
    await bystander.connect();
    const pid = await waitUntil(
      async () => {
        const { rows } = await bystander.query<{ pid: number }>(
          `select pid from pg_locks where locktype = 'advisory' and classid = 1919907688 and objid = 1 and granted`,
        );
        return rows[0]?.pid;
      },
      { what: 'a relay to be active', timeoutMs: 30_000 },
    );
    process.kill(pid, 'SIGKILL');
    await ended;
  }

  it('of Postgres, and of the process in it that serves the relay, loses nothing and needs no restart of the daemon', async () => {
    const daemon = startDaemon();
    await receiver.waitFor(1, { timeoutMs: 30_000 });
    await write(async (made) => {
      if (made === 70) {
        await server.stop('immediate');
        await server.start();
      }
      if (made === 150) await killRelaysProcess();
    });
    await expectAll();
    expect(daemon.exitCode).to.equal(null);
  });
});
