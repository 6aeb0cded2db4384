import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { Hono } from 'hono';
import pg from 'pg';
import { startApplication as startExpress } from '../../examples/admin/express.ts';
import { startApplication as startFastify } from '../../examples/admin/fastify.ts';
import type { Admin } from '../../src/index.ts';
import { createAdmin } from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { adminOf, anna } from './admin-kit.ts';

const input = {
  url: 'https://hooks.example.net/ss',
  events: ['person_update'],
  description: 'Größe',
  secret: null,
};
const changing = { 'content-type': 'application/json', 'x-rowhook': '1' };

describe('the admin page within an application', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
  });
  const catalog = siteStacker();
  const authorize = () => ({ name: 'ida', role: 'operator' as const });

  const serving = async (listener: RequestListener, work: (url: string) => Promise<void>) => {
    const server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const create = async (url: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/api/v1/endpoints`, {
      method: 'POST',
      headers: { ...changing, ...headers },
      body: JSON.stringify(input),
    });
    return { status: response.status, body: (await response.json()) as { endpoint?: object } };
  };

  for (const [name, start] of [
    ['Express', startExpress],
    ['Fastify', startFastify],
  ] as const) {
    it(`is behind the login of the example for ${name}, with the rights that people have there`, async () => {
      const app = await start({ databaseUrl: db.url });
      try {
        const admin = `${app.url}/webhooks-admin`;
        const signIn = async (who: string, password: string) =>
          fetch(`${app.url}/login`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ name: who, password }),
          });
        const page = await fetch(admin, { redirect: 'manual' });
        expect(page.status).to.equal(name === 'Express' ? 302 : 401);
        expect((await fetch(`${admin}/api/v1/session`)).status).to.equal(401);
        expect((await signIn('ida', 'guessed')).status).to.equal(401);

        const cookieOf = async (who: string) =>
          (await signIn(who, `${who} knows`)).headers.getSetCookie()[0]?.split(';')[0] ?? '';
        const ida = { cookie: await cookieOf('ida') };
        const jon = { cookie: await cookieOf('jon') };
        const shown = await fetch(`${admin}/webhooks`, { headers: ida });
        expect(shown.status).to.equal(200);
        expect(await shown.text()).to.contain('<meta name="rowhook-base" content="/webhooks-admin"');

        expect(await create(admin, jon)).to.deep.include({ status: 403 });
        const made = await create(admin, ida);
        expect(made.status, JSON.stringify(made.body)).to.equal(201);
        expect(made.body.endpoint).to.include({ description: 'Größe', url: input.url });
        const trail = (await (await fetch(`${admin}/api/v1/audit`, { headers: jon })).json()) as {
          entries: Array<{ actor: string }>;
        };
        expect(trail.entries.map(({ actor }) => actor)).to.deep.equal(['ida']);

        const live = await fetch(`${admin}/api/v1/live?topics=endpoints`, { headers: jon });
        expect(live.status).to.equal(200);
        const ended = live.text().catch(() => 'cut');
        expect(await (await fetch(`${app.url}/elsewhere`)).text()).to.equal(
          'The application has nothing here.',
        );
        await fetch(`${app.url}/logout`, { method: 'POST', headers: ida });
        expect((await fetch(`${admin}/api/v1/session`, { headers: ida })).status).to.equal(401);
        await app.close();
        await ended;
      } finally {
        await app.close().catch(() => {});
      }
    });
  }

  it('is a handler of plain node:http, of Hono, and of a router of Express', async () => {
    const admin = createAdmin({ db: db.pool, catalog, authorize, basePath: '/w' });
    await serving(admin.node, async (url) => {
      expect((await create(`${url}/w`)).status).to.equal(201);
      expect((await fetch(`${url}/else`)).status).to.equal(404);
    });
    const router = express()
      .use('/w', admin.node)
      .use((_request, response) => void response.send('theirs'));
    await serving(router, async (url) => {
      expect((await create(`${url}/w`)).status).to.equal(201);
      expect(await (await fetch(`${url}/webhooks`)).text()).to.equal('theirs');
      expect(await (await fetch(`${url}/wx/api/v1/session`)).text()).to.equal('theirs');
    });
    const hono = new Hono().all('/w/*', (c) => admin.fetch(c.req.raw));
    const response = await hono.request('/w/api/v1/endpoints', {
      method: 'POST',
      headers: changing,
      body: JSON.stringify(input),
    });
    expect(response.status).to.equal(201);
    expect((await admin.fetch(new Request('http://x.test/api/v1/session'))).status).to.equal(404);
  });

  it('leaves what is the process’s and the application’s as it is', async () => {
    const globals = [globalThis.Request, globalThis.Response];
    const parsers = pg.types.getTypeParser(1184);
    // As applications do that want text for times, and numbers for bigint.
    pg.types.setTypeParser(1184, (text: string) => `time ${text}`);
    pg.types.setTypeParser(20, Number);
    const pool = new pg.Pool({ connectionString: db.url, max: 2 }).on('error', () => {});
    try {
      const { admin, ask } = adminOf({ pool }, catalog);
      await serving(admin.node, async (url) => {
        expect((await create(url)).status).to.equal(201);
      });
      const { body } = await ask('GET', '/audit');
      expect(body.entries[0]).to.include({ id: '1', actor: 'anna', action: 'endpoint_create' });
      expect(body.entries[0].at).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      const { rows } = await pool.query('select now() as at');
      expect(rows[0].at).to.match(/^time /);
    } finally {
      pg.types.setTypeParser(1184, parsers);
      pg.types.setTypeParser(20, String);
      await pool.end();
    }
    expect([globalThis.Request, globalThis.Response]).to.deep.equal(globals);
  });

  it('survives the loss of the connection that a change is made on, and so does the application', async () => {
    // As an application has one: nobody listens to a client that is out of it.
    const pool = new pg.Pool({ connectionString: db.url }).on('error', () => {});
    const { ask } = adminOf({ pool }, catalog);
    const blocker = await db.pool.connect();
    await blocker.query('begin; lock table rowhook.endpoint');
    const pending = ask('POST', '/endpoints', input);
    const { pid } = await waitUntil(
      async () =>
        (
          await db.query<{ pid: number }>(
            `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).rows[0],
      { what: 'the change to wait' },
    );
    await db.query('select pg_terminate_backend($1)', [pid]);
    const { status, body } = await pending;
    expect([status, body.code]).to.deep.equal([503, 'database_unreachable']);
    await blocker.query('rollback');
    blocker.release();
    expect((await ask('POST', '/endpoints', input)).status).to.equal(201);
    await pool.end();
  });

  it('ends its live views when it is closed, and answers no more of them', async () => {
    const { admin } = adminOf(db, catalog);
    const live = await admin.fetch(new Request('http://x.test/api/v1/live?topics=endpoints'));
    const ended = live.text();
    await admin.close();
    await ended;
  });

  it('refuses a base path or a public URL that would mean something else in a cookie or a page', () => {
    const withPlace =
      (place: object): (() => Admin) =>
      () =>
        createAdmin({ db: db.pool, catalog, authorize, ...place });
    const paths = [
      'w',
      '/w;x=1',
      '/w"><script>',
      '/w\r\nset-cookie: a=b',
      '/../w',
      '/w/./x',
      '//evil',
      '/ä',
      '/w?x',
      '/w x',
      '/%2e',
    ];
    for (const basePath of paths) {
      expect(withPlace({ basePath }), basePath).to.throw().with.property('code', 'config_invalid');
    }
    const urls = [
      'hooks.example',
      'javascript:alert(1)',
      'https://u:p@x.test/',
      'https://x.test/?a',
      'https://x.test/#a',
      'https://x.test/"x',
      'ftp://x.test',
    ];
    for (const publicUrl of urls) {
      expect(withPlace({ publicUrl }), publicUrl).to.throw().with.property('code', 'config_invalid');
    }
    for (const basePath of ['', '/', '/w', '/w/', '/a/b.c_~-9'])
      expect(withPlace({ basePath })).not.to.throw();
    expect(anna.name).to.equal('anna');
  });
});
