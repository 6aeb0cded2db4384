import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import pg from 'pg';
import { eventNames as amploEventNames } from '../../examples/amplo/demo/documents.ts';
import type { Outcome as Found } from '../../examples/demo/findings.ts';
import { eventNames } from '../../examples/site-stacker/demo/records.ts';
import { amplo } from '../../src/presets/amplo.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createRole, createTestDatabase } from '../support/database.ts';
import { type Belongings, DemoProcess, left } from './demo-process.ts';

type Outcome = Found & { readonly adminUrl: string };

describe('demo --once', function () {
  this.timeout(120_000);
  let demo: DemoProcess | undefined;

  const start = (...args: string[]): DemoProcess => {
    demo = new DemoProcess('--once', ...args);
    return demo;
  };
  afterEach(async () => {
    await demo?.kill();
    demo = undefined;
  });

  it('raises all events, sees each arrive as the API says, prints one JSON object, and leaves nothing behind', async () => {
    const { ended, belongings } = await run('changing people', '--json');
    expect(await ended, demo!.stderr).to.equal(0);
    const outcome = JSON.parse(demo!.stdout) as Outcome;
    expectAllRight(outcome);
    expect(demo!.stdout).to.equal(`${JSON.stringify(outcome)}\n`);
    expect(Object.keys(outcome)).to.deep.equal([
      ...['events', 'deliveries', 'succeeded', 'lost', 'duplicates', 'badSignatures', 'payloadMismatches'],
      ...['latencyMs', 'adminUrl'],
    ]);
    expect(belongings.pids).to.have.length.of.at.least(3);
    expect(belongings.folders).to.have.length.of.at.least(2);
    expect(left(belongings)).to.deep.equal([]);
  });

  it('does the same for Amplo, whose receivers are told less', async () => {
    const { ended, belongings } = await run('changing campaigns', '--system', 'amplo', '--json');
    expect(await ended, demo!.stderr).to.equal(0);
    const outcome = JSON.parse(demo!.stdout) as Outcome;
    expectRight(outcome, amploEventNames);
    expect(amploEventNames).to.have.members(Object.keys(amplo().events));
    for (const [name, count] of Object.entries(outcome.events)) expect(count, name).to.be.at.least(2);
    expect(Object.keys(outcome)).to.deep.equal([
      ...['events', 'deliveries', 'succeeded', 'lost', 'duplicates', 'badSignatures', 'payloadMismatches'],
      ...['latencyMs', 'adminUrl'],
    ]);
    expect(left(belongings)).to.deep.equal([]);
  });

  it('leaves Postgres up with --keep, with everything owned by a role that is no superuser', async () => {
    const { ended, belongings } = await run('changing people', '--json', '--keep');
    expect(await ended, demo!.stderr).to.equal(0);
    const { databaseUrl, ...outcome } = JSON.parse(demo!.stdout) as Outcome & { databaseUrl: string };
    expectAllRight(outcome);
    expect(demo!.stderr).to.include(`kept: ${databaseUrl}\n`);
    const { rows } = await query(
      databaseUrl,
      `select rolsuper as super, rolcreaterole as "createRole", rolcreatedb as "createDatabase",
         (select count(*)::int from knex_migrations) as migrations,
         (select count(*)::int from pg_class where relnamespace in ('public'::regnamespace, 'rowhook'::regnamespace)
            and relowner <> current_user::regrole) as "notOwned"
       from pg_roles where rolname = current_user`,
    );
    expect(rows).to.deep.equal([
      { super: false, createRole: false, createDatabase: false, migrations: 3, notOwned: 0 },
    ]);
    // It says how to be rid of it, and that works.
    const [, command = ''] = demo!.stderr.match(/to be rid of it: (.*)/) ?? [];
    await promisify(execFile)('sh', ['-c', command.replace(';', '; sleep 1;')]);
    expect(left(belongings)).to.deep.equal([]);
  });

  it('uses a database that it is given, and empties it again', async () => {
    const database = await createTestDatabase();
    const owner = await createRole(database, 'demo_owner');
    await database.query(`alter database ${database.name} owner to ${owner.name}`);
    await database.query(`alter schema public owner to ${owner.name}`);
    const code = await start('--database', owner.url).ended();
    expect(code, demo!.stderr).to.equal(0);
    expect(demo!.stdout).to.match(/^campaign_create +\d+ .*$/m);
    expect(demo!.stdout).to.match(
      /lost 0, duplicates 0\n.*\n.*p50 [\d.]+ ms, p99 [\d.]+ ms\nAll is right\.\n$/,
    );
    const { rows } = await database.query(
      `select nspname as name from pg_namespace where nspname = 'rowhook'
       union all select relname from pg_class where relnamespace = 'public'::regnamespace`,
    );
    expect(rows).to.deep.equal([]);
  });

  it('makes an ordinary role of its own where it is given a superuser, and takes it away again', async () => {
    const database = await createTestDatabase();
    const roles = async () => (await database.query('select rolname from pg_roles order by 1')).rows;
    const before = await roles();
    const demo = start('--json', '--database', database.url);
    await demo.says(/role rowhook_demo_\w+/, 'stderr');
    expect(await demo.ended(), demo.stderr).to.equal(0);
    expect(await roles()).to.deep.equal(before);
  });

  it('does not touch a database that is not empty', async () => {
    const database = await createTestDatabase();
    await database.query('create table precious (n int)');
    expect(await start('--json', '--database', database.url).ended()).to.equal(1);
    expect(demo!.stderr).to.match(/is not empty: it has precious/);
    expect(demo!.stdout).to.equal('');
    expect((await database.query('select * from precious')).rows).to.deep.equal([]);
  });

  it('takes everything down at a signal in the middle, and prints no result', async () => {
    const { ended, belongings } = await run('changing people', '--json');
    demo!.signalGroup('SIGTERM');
    expect(await ended, demo!.stderr).to.equal(143);
    expect(demo!.stdout).to.equal('');
    expect(left(belongings)).to.deep.equal([]);
  });

  /** Starts it and returns what it has running while it makes its changes. */
  async function run(
    says: string,
    ...args: string[]
  ): Promise<{ ended: Promise<number | string>; belongings: Belongings }> {
    const demo = start(...args);
    const ended = demo.ended();
    await Promise.race([demo.says(new RegExp(`${says}\\n`), 'stderr'), ended]);
    return { ended, belongings: await demo.belongings() };
  }
});

function expectAllRight(outcome: Outcome): void {
  const { events } = outcome;
  expectRight(outcome, [...Object.keys(siteStacker().events), 'ping']);
  expect(eventNames).to.have.length(38);
  for (const [name, count] of Object.entries(events))
    expect(count, name).to.be.at.least(name === 'ping' ? 1 : 2);
  expect(events.ping).to.equal(1);
}

function expectRight(outcome: Outcome, names: readonly string[]): void {
  const { events, deliveries, succeeded, latencyMs, adminUrl, ...faults } = outcome;
  expect(adminUrl).to.match(/^http:\/\/127\.0\.0\.1:\d+\/?#token=[\w-]{20,}$/);
  expect(faults).to.deep.equal({ lost: 0, duplicates: 0, badSignatures: 0, payloadMismatches: 0 });
  expect(Object.keys(events)).to.have.members([...names]);
  expect(succeeded).to.equal(deliveries);
  expect(Object.values(events).reduce((sum, count) => sum + count, 0)).to.equal(deliveries);
  expect(latencyMs.p50).to.be.above(0);
  expect(latencyMs.p99).to.be.at.least(latencyMs.p50);
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
