import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSigned } from '../delivery/self-signed.ts';
import type { TestDatabase } from '../support/database.ts';
import { inProcess, installedDatabase, jsonInProcess } from './in-process.ts';

describe('rowhook endpoints, its options and states', () => {
  let database: TestDatabase;
  let cwd: string;
  const env: Record<string, string> = {};
  beforeEach(async () => {
    database = await installedDatabase();
    env.DATABASE_URL = database.url;
  });
  const rowhook = (...args: string[]) => inProcess(args, { cwd, env });
  const json = <Answer>(...args: string[]) => jsonInProcess<Answer>(args, { cwd, env });
  const create = (dialect: string, ...more: string[]) =>
    json<{ id: string }>(
      ...[
        'endpoints',
        'create',
        '--url',
        'https://a.example/',
        '--events',
        '*',
        '--dialect',
        dialect,
        ...more,
      ],
    );

  const settings = [
    ...['--concurrency', '3', '--rate', '0.5', '--timeout', '800ms', '--schedule', '5s,90s,1h'],
    ...['--ordering', 'record', '--header', 'Authorization: Bearer hunter2: x', '--header', 'X-Team:crm'],
    ...['--client-cert', 'client.pem', '--client-key-file', 'client.key', '--ca', 'ca.pem'],
    ...['--proxy', 'http://me:hunter2@proxy.example.net:3128', '--dialect', 'standard', '--generate-secret'],
  ];
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'rowhook-cli-'));
    const write = (name: string, text: string) => writeFile(join(cwd, name), text);
    await write('rowhook.config.json', '{"catalog":"site-stacker"}');
    await write('client.pem', selfSigned.cert);
    await write('client.key', selfSigned.key);
    await write('ca.pem', selfSigned.cert);
    await write(
      'other.key',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    );
  });
  after(() => rm(cwd, { recursive: true }));
  const columns = async (id: string) => {
    const { rows } = await database.query(
      `select concurrency, rate, timeout_ms, schedule, ordering, headers, client_certificate, client_key, ca, proxy, dialect
         from rowhook.endpoint where id = $1`,
      [id],
    );
    return rows[0] as Record<string, unknown>;
  };
  const none = {
    concurrency: null,
    rate: null,
    timeout_ms: null,
    schedule: null,
    ordering: 'none',
    headers: null,
    client_certificate: null,
    client_key: null,
    ca: null,
    proxy: null,
    dialect: null,
  };

  it('are given by options, shown without what is secret, and taken back by the word default', async () => {
    const { id } = await create('site-stacker', ...settings);
    expect(await columns(id)).to.deep.equal({
      concurrency: 3,
      rate: 0.5,
      timeout_ms: 800,
      schedule: [5_000, 90_000, 3_600_000],
      ordering: 'record',
      headers: '[["Authorization","Bearer hunter2: x"],["X-Team","crm"]]',
      client_certificate: `${selfSigned.cert}\n`,
      client_key: `${selfSigned.key}\n`,
      ca: `${selfSigned.cert}\n`,
      proxy: 'http://me:hunter2@proxy.example.net:3128/',
      dialect: 'standard',
    });
    const { stdout } = await rowhook('endpoints', 'show', id);
    const told = stdout.split('\n').map((line) => line.replace(/ {2,}/, ': '));
    expect(told).to.include.members([
      'state: active',
      'concurrency: 3',
      'rate: 0.5 a second',
      'timeout: 800 ms',
      'schedule: 5s,90s,1h',
      'ordering: record',
      'headers: Authorization, X-Team (values are not shown)',
      'client certificate: CN=localhost, expires 2126-10-29T17:41:06.000Z',
      'CA: CN=localhost, expires 2126-10-29T17:41:06.000Z',
      'proxy: http://[hidden]@proxy.example.net:3128',
    ]);
    const names = [
      'concurrency',
      'rate',
      'timeout',
      'schedule',
      'ordering',
      'header',
      'client-cert',
      'ca',
      'proxy',
      'dialect',
    ];
    await json('endpoints', 'update', id, ...names.flatMap((name) => [`--${name}`, 'default']));
    expect(await columns(id)).to.deep.equal(none);
    expect((await rowhook('endpoints', 'show', id)).stdout).not.to.match(
      /concurrency|headers|proxy|schedule|CA/,
    );
    expect(await json('endpoints', 'update', id, '--schedule', 'none')).to.deep.include({
      schedule: [],
    });
    expect((await rowhook('endpoints', 'show', id)).stdout).to.match(/^schedule +none$/m);
  });

  it('that are secret can come from the environment', async () => {
    const { id } = await create('site-stacker');
    env.HOOK_PROXY = 'http://me:hunter2@p.example/';
    env.HOOK_KEY = 'Bearer hunter2';
    await json('endpoints', 'update', id, '--proxy-env', 'HOOK_PROXY');
    await json('endpoints', 'update', id, '--header', 'X-A: b', '--header-env', 'X-Key: HOOK_KEY');
    expect(await columns(id)).to.include({
      proxy: 'http://me:hunter2@p.example/',
      headers: '[["X-A","b"],["X-Key","Bearer hunter2"]]',
    });
  });

  it('are refused with their names, and what may be secret is not repeated', async () => {
    const { id } = await create('site-stacker');
    for (const [args, where, message] of [
      [['--header', 'hunter2'], 'headers', 'without a colon'],
      [['--header', 'Host: hunter2'], 'headers', 'Host'],
      [['--header-env', 'X-Key: NOT_SET_HERE'], 'headers', 'NOT_SET_HERE'],
      [['--proxy-env', 'NOT_SET_HERE'], 'proxy', 'NOT_SET_HERE'],
      [['--proxy', 'ftp://hunter2@p.example/'], 'proxy', 'ftp'],
      [['--ca', 'none.pem'], 'ca', 'ENOENT'],
      [['--ca', 'client.key'], 'ca', 'no certificate'],
      [['--client-cert', 'client.pem'], 'clientKey', 'without its key'],
      [['--client-cert', 'client.pem', '--client-key-file', 'other.key'], 'clientKey', 'is not that of'],
    ] as const) {
      const { code, stderr } = await rowhook('endpoints', 'update', id, ...args, '--json');
      expect(code, args.join(' ')).to.equal(1);
      const { error } = JSON.parse(stderr) as { error: { code: string; where: string; message: string } };
      expect(error, args.join(' ')).to.include({ code: 'endpoint_invalid', where });
      expect(error.message).to.include(message);
      expect(stderr).not.to.include('hunter2').and.not.to.include('PRIVATE');
    }
    for (const args of [
      ['--concurrency', 'many'],
      ['--rate', '-1'],
      ['--timeout', '5'],
      ['--schedule', '5s,soon'],
      ['--ordering', 'all'],
      ['--proxy', 'http://p.example', '--proxy-env', 'X'],
    ]) {
      expect((await rowhook('endpoints', 'update', id, ...args)).code, args.join(' ')).to.equal(2);
    }
    expect(await columns(id)).to.deep.equal({ ...none, dialect: 'site-stacker' });
  });

  it('pauses and resumes, disables and enables, and drops what was held', async () => {
    const { id } = await create('site-stacker');
    const told = async (...args: string[]) => (await rowhook('endpoints', ...args)).stdout;
    expect(await told('pause', id)).to.match(/^state +paused\n {2}since +20/m);
    expect(await told('list')).to.match(new RegExp(`^${id} +paused `, 'm'));
    expect(await told('resume', id))
      .to.match(/^state +active\nsigned/m)
      .and.not.to.contain('dropped');
    expect(await told('disable', id)).to.match(/^state +disabled\n {2}since +20/m);
    // Its ping.
    expect(await told('enable', id, '--drop'))
      .to.match(/^state +active\nsigned/m)
      .and.contain('1 held deliveries were dropped');
    expect(await json('endpoints', 'resume', id, '--drop')).to.include({
      id,
      state: 'active',
      dropped: 0,
    });
  });

  it('shows how a receiver does', async () => {
    const { id } = await create('site-stacker');
    expect((await rowhook('endpoints', 'list')).stdout).to.match(/^id +state +signed/);
    await database.query(
      `insert into rowhook.endpoint_health (endpoint_id, failures, failing_since, open_until, throttle)
       values ($1, 12, '2026-11-01T10:00:00Z', '2026-11-01T12:00:00Z', 4)`,
      [id],
    );
    const { stdout } = await rowhook('endpoints', 'list');
    expect(stdout).to.match(/^id +state +health +signed/);
    expect(stdout).to.match(new RegExp(`^${id} +active +failing, probed `, 'm'));
    const { stdout: one } = await rowhook('endpoints', 'show', id);
    expect(one).to.match(
      /^failing since +2026-11-01T10:00:00.000Z\n {2}failures +12\n {2}next probe +2026-11-01T12:00:00.000Z\nthrottled to +4 a second$/m,
    );
    expect((await rowhook('endpoints', 'resume', id)).stdout).not.to.match(/failing|throttled/);
  });
});
