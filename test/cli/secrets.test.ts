import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { verify } from '../../src/verify.ts';
import { selfSigned } from '../delivery/self-signed.ts';
import type { TestDatabase } from '../support/database.ts';
import { startReceiver } from '../support/receiver.ts';
import { inProcess, installedDatabase, jsonInProcess } from './in-process.ts';
import { project } from './project.ts';

const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const first = key('first', 1);
const second = key('second', 2);

describe('rowhook secrets', () => {
  let database: TestDatabase;
  let cwd: string;
  before(async () => {
    database = await installedDatabase();
    cwd = await mkdtemp(join(tmpdir(), 'rowhook-cli-'));
    await writeFile(join(cwd, 'rowhook.config.json'), '{"catalog":"site-stacker"}');
  });
  after(async () => {
    await rm(cwd, { recursive: true });
    await database.drop();
  });
  /** With these keys instead. */
  const withKeys = (keys: string, ...args: string[]) =>
    inProcess(args, { cwd, env: { DATABASE_URL: database.url, ROWHOOK_SECRET_KEYS: keys } });
  const rowhook = (...args: string[]) => withKeys(first, ...args);
  const keyless = (...args: string[]) => withKeys('', ...args);
  const create = async (...more: string[]) => {
    const args = ['endpoints', 'create', '--url', 'https://a.example/', '--events', '*', ...more, '--json'];
    return JSON.parse((await rowhook(...args)).stdout) as { id: string };
  };
  const stored = async () => {
    const { rows } = await database.query<{ text: string }>(
      'select json_agg(e)::text as text from rowhook.endpoint e',
    );
    return rows[0]?.text ?? '';
  };

  it('makes keys, without config or database', async () => {
    const made = await rowhook('secrets', 'new-key', '--database', 'postgres://nobody@localhost:1/x');
    expect(made).to.include({ code: 0, stderr: '' });
    expect(made.stdout).to.match(/^\d{4}-\d\d-\d\d:[\w+/]{43}=\n$/);
    const { stdout } = await rowhook('secrets', 'new-key', '--id', 'mine');
    expect(stdout)
      .to.match(/^mine:/)
      .and.not.to.contain(made.stdout.slice(11, 40));
    const { code, stderr } = await rowhook('secrets', 'new-key', '--id', 'a:b');
    expect(code).to.equal(1);
    expect(stderr).to.contain('config_invalid').and.contain('id of a key');
  });

  it('seals what is written, tells how all is kept, and seals it anew with a newer key', async () => {
    await keyless(
      'endpoints',
      'create',
      '--url',
      'https://b.example/',
      '--events',
      '*',
      '--secret',
      'hunter2-b',
    );
    const { id } = await create('--secret', 'hunter2-a', '--header', 'X-Key: hunter2-h');
    const before = await rowhook('secrets', 'status');
    expect(before.stdout).to.match(/^kept +secrets +endpoints +cannot be opened$/m);
    expect(before.stdout)
      .to.match(/^plain +1 +1 +0$/m)
      .and.to.match(/^sealed with first +2 +1 +0$/m);
    expect(before.stdout).to.contain('keys: first (seals)\n→ npx rowhook secrets seal\n');

    const keys = `${second},${first}`;
    const sealed = await withKeys(keys, 'secrets', 'seal');
    expect(sealed).to.deep.equal({
      code: 0,
      stdout: 'secrets of 2 endpoints are sealed with second now; 0 needed nothing\n',
      stderr: '',
    });
    const after = await withKeys(keys, 'secrets', 'status', '--json');
    expect(JSON.parse(after.stdout)).to.deep.equal({
      keys: ['second', 'first'],
      kept: [{ key: 'second', secrets: 3, endpoints: 2, closed: 0 }],
      stale: 0,
    });
    expect(await stored()).not.to.contain('hunter2');

    // With the old key alone nothing of it can be read, changed or lost.
    const old = await rowhook('secrets', 'status');
    expect(old.stdout).to.match(/^sealed with second +3 +2 +3$/m);
    const refused = await rowhook('secrets', 'seal');
    expect(refused.code).to.equal(1);
    expect(refused.stdout).to.contain(`endpoint ${id}: a secret cannot be opened`);
    expect((await rowhook('endpoints', 'show', id)).stdout).to.match(/^headers +sealed$/m);
    const changed = await rowhook('endpoints', 'update', id, '--description', 'x');
    expect(changed.code).to.equal(1);
    expect(changed.stderr)
      .to.contain('secret_sealed')
      .and.contain('"second"')
      .and.contain('ROWHOOK_SECRET_KEYS');
    expect(await stored())
      .to.contain('sealed:v1:second:')
      .and.not.to.contain('sealed:v1:first:');
  });

  it('seals nothing without a key, and says how to get one', async () => {
    const { code, stderr } = await keyless('secrets', 'seal');
    expect(code).to.equal(1);
    expect(stderr).to.contain('no key is configured').and.contain('rowhook secrets new-key');
    expect((await keyless('secrets', 'status')).stdout)
      .to.contain('keys: none are configured\n')
      .and.not.to.contain('→');
  });
});

describe('what is secret of an endpoint', function () {
  this.timeout(60_000);

  it('is shown once, where it was made, by no other command and in no log; and receivers get it', async () => {
    const secrets = {
      ROWHOOK_SECRET_KEYS: first,
      AUTH: 'Bearer hunter2-authorization',
      PROXY: 'http://me:hunter2-proxy@127.0.0.1:65535',
    };
    const crm = await project(secrets);
    const place = { cwd: crm.cwd, env: { ...secrets, ROWHOOK_DATABASE_URL: crm.url } };
    const json = <Answer>(...args: string[]) => jsonInProcess<Answer>(args, place);
    const receiver = await startReceiver();
    try {
      await json('install');
      await crm.write('client.pem', selfSigned.cert);
      await crm.write('client.key', selfSigned.key);
      const said: string[] = [];
      const run = async (...args: string[]) => {
        for (const more of [[], ['--json']]) {
          const { stdout, stderr } = await inProcess([...args, ...more], place);
          said.push(stdout, stderr);
        }
      };
      const hook = ['--url', receiver.url('/hooks'), '--events', 'person_update'];
      const made = await json<{ id: string; secret: string }>(
        ...[
          'endpoints',
          'create',
          ...hook,
          '--dialect',
          'standard',
          '--generate-secret',
          '--header-env',
          'Authorization: AUTH',
        ],
      );
      // It fails: there is no such proxy. And it never gets past TLS.
      const { id: other } = await json<{ id: string }>(
        ...[
          'endpoints',
          'create',
          '--url',
          'https://127.0.0.1:65535/',
          '--events',
          '*',
          '--secret',
          'hunter2-secret',
        ],
        ...['--proxy-env', 'PROXY', '--client-cert', 'client.pem', '--client-key-file', 'client.key'],
      );
      const daemon = crm.start('start');
      await daemon.logged('the relay is active');
      await crm.database.query(`update people set firstname = 'Ada' where id = 412`);
      const [, request] = await receiver.waitFor(2);
      await daemon.logged('delivery failed');

      const id = made.id;
      await run('endpoints', 'list');
      for (const each of [id, other]) {
        await run('endpoints', 'show', each);
        await run('endpoints', 'update', each, '--description', 'x');
        for (const state of ['pause', 'resume', 'disable', 'enable']) await run('endpoints', state, each);
      }
      await run('endpoints', 'update', id, '--header', 'Host: hunter2-refused');
      await run('secrets', 'status');
      await run('secrets', 'seal');
      await run('status');
      await run('deliveries', 'list');
      const { deliveries } = await json<{ deliveries: { id: string }[] }>('deliveries', 'list');
      for (const delivery of deliveries) await run('deliveries', 'show', delivery.id);
      daemon.child.kill('SIGTERM');
      expect(await daemon.ended).to.equal(0);
      said.push(daemon.stdout(), daemon.stderr());
      await run('endpoints', 'delete', other);

      // It did get them.
      expect(request?.headers.authorization).to.equal('Bearer hunter2-authorization');
      expect(
        verify({ dialect: 'standard', headers: request!.headers, body: request!.body, secret: made.secret })
          .ok,
      ).to.equal(true);
      const all = said.join('\n');
      expect(all)
        .to.contain(receiver.url('/hooks'))
        .and.to.contain('delivered')
        .and.to.contain('Authorization');
      expect(all).not.to.contain('hunter2');
      expect(all).not.to.contain(made.secret.slice(6));
      for (const line of selfSigned.key.split('\n').slice(1, -1)) expect(all).not.to.contain(line);
      expect(all).not.to.contain('sealed:v1:');
      expect(all).not.to.contain(first.slice(6));
      const tables = await crm.database.query<{ text: string }>(
        `select (select json_agg(e) from rowhook.endpoint e)::text || (select json_agg(a) from rowhook.attempt a)::text as text`,
      );
      expect(tables.rows[0]?.text)
        .to.contain('"Authorization"')
        .and.not.to.contain('hunter2')
        .and.not.to.contain(made.secret.slice(6));
    } finally {
      await receiver.close();
      await crm.remove();
      await crm.database.drop();
    }
  });
});
