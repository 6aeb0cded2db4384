import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { Hono } from 'hono';
import { createServedAdmin, type ServedOptions } from '../../src/admin/served.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { anna, bob } from './admin-kit.ts';

interface Told {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

describe('the listener of the admin page', () => {
  let db: TestDatabase;
  before(async () => {
    db = await queueDatabase();
  });
  after(() => db.drop());

  const running: Array<ReturnType<typeof createServedAdmin>> = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });

  const metricsApp = new Hono()
    .get('/metrics', (c) => c.text('rowhook_changes_waiting 0\n'))
    .get('/health', (c) => c.json({ status: 'ok' }));
  const lines: Array<readonly [facts: object | string, text: string | undefined]> = [];
  const write = (facts: object | string, text?: string) => lines.push([facts, text]);
  const log = { debug: write, info: write, warn: write, error: write } as unknown as ServedOptions['log'];

  const made = (options: Partial<ServedOptions> = {}) => {
    const server = createServedAdmin({
      host: '127.0.0.1',
      port: 0,
      anyPort: false,
      tokens: [anna, bob],
      db: db.pool,
      catalog: siteStacker(),
      metricsApp,
      tellsMetrics: true,
      log,
      ...options,
    });
    running.push(server);
    return server;
  };
  const started = async (options: Partial<ServedOptions> = {}) => {
    const server = made(options);
    await server.start();
    const { port } = lines.at(-1)![0] as { port: number };
    return { server, url: new URL(server.url() ?? ''), port };
  };
  const told = async (port: number, options: RequestOptions, body?: string): Promise<Told> => {
    const asked = request({ host: '127.0.0.1', port, agent: false, ...options });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer) text += chunk;
    return { status: answer.statusCode, headers: answer.headers, text };
  };
  /** Exactly these bytes, as no client would send them. */
  const raw = async (port: number, bytes: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(bytes);
    let text = '';
    for await (const chunk of socket) text += chunk;
    return text;
  };
  const signIn = (token: string) => ({
    method: 'POST',
    path: '/api/v1/session',
    headers: { 'content-type': 'application/json', 'x-rowhook': '1' },
    body: JSON.stringify({ token }),
  });

  it('serves page, API, health and metrics, each with the headers that browsers are to go by', async () => {
    const { port, url } = await started();
    expect(url.href).to.equal(`http://127.0.0.1:${port}/`);
    const { body, ...options } = signIn(anna.token);
    const session = await told(port, options, body);
    expect(session.status).to.equal(200);
    const [cookie = ''] = session.headers['set-cookie'] ?? [];
    expect(cookie).to.match(new RegExp(`^rowhook_session_${port}=`));
    const mine = await told(port, { path: '/api/v1/session', headers: { cookie: cookie.split(';')[0] } });
    expect(JSON.parse(mine.text).user).to.deep.equal({ name: 'anna', role: 'operator' });

    const paths = [
      '/',
      '/webhooks/4',
      '/api/v1/session',
      '/api/v1/nothing',
      '/api',
      '/%2e%2e/%2e%2e/package.json',
      '/health',
      '/metrics',
    ];
    for (const path of paths) {
      const { headers, text } = await told(port, { path });
      expect(headers['content-security-policy'], path)
        .to.match(/^default-src 'none'; script-src 'self'; style-src 'self';/)
        .and.contain("require-trusted-types-for 'script'; trusted-types 'none'")
        .and.not.contain('unsafe');
      expect(headers, path).to.include({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-frame-options': 'DENY',
      });
      expect(headers['cache-control'], path).to.match(/^no-(store|cache)$/);
      expect(headers, path).not.to.have.any.keys('access-control-allow-origin', 'location', 'x-powered-by');
      expect(text, path).not.to.contain('"devDependencies"');
    }
    expect((await told(port, { path: '/health' })).text).to.equal('{"status":"ok"}');
    expect((await told(port, { path: '/metrics' })).text).to.equal('rowhook_changes_waiting 0\n');
  });

  it('tells metrics to this machine alone, and nobody where they have a listener of their own', async () => {
    const { port } = await started();
    const proxied = await told(port, { path: '/metrics', headers: { 'x-forwarded-for': '10.1.2.3' } });
    expect(proxied.text).not.to.contain('rowhook_changes_waiting');
    const apart = await started({ tellsMetrics: false });
    expect((await told(apart.port, { path: '/metrics' })).text).not.to.contain('rowhook_changes_waiting');
    expect((await told(apart.port, { path: '/health' })).status).to.equal(200);
  });

  it('answers on a loopback address only to names of this machine, and to its public one', async () => {
    const { port } = await started({ publicUrl: 'https://hooks.example/w' });
    const status = async (host: string, path = '/w/api/v1/session') =>
      (await told(port, { path, headers: { host } })).status;
    for (const path of ['/w/', '/w/api/v1/session', '/health', '/metrics']) {
      expect(await status('evil.example', path), path).to.equal(421);
    }
    expect(await status(`127.evil.example:${port}`)).to.equal(421);
    expect(await status('hooks.example.evil.example')).to.equal(421);
    expect(await status(`localhost:${port}`)).to.equal(401);
    expect(await status(`[::1]:${port}`)).to.equal(401);
    expect(await status('Hooks.Example')).to.equal(401);
    expect(await raw(port, 'GET /w/ HTTP/1.0\r\n\r\n')).to.match(/^HTTP\/1.1 421 /);
  });

  it('is not misled by odd targets: no redirect, no file, no stack', async () => {
    const { port } = await started({ basePath: '/w' });
    const targets = [
      '//evil.example/w/',
      '/w//evil.example',
      '/w/%2e%2e/%2e%2e/etc/passwd',
      '/w/..%2f..%2fpackage.json',
      '/w/manifest.json',
      '/w/admin.js',
      '/w/api/../../package.json',
      '/w/%',
      '/w/%c0%ae',
      '/w/api/v1/%',
      '/w/\\evil.example',
      'http://evil.example/w/',
      '/w/api/v1/session?x=%',
      '/W/',
      '*',
    ];
    for (const target of targets) {
      const text = await raw(port, `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      expect(text, target).to.match(/^HTTP\/1\.1 (200|400|401|404|503) /);
      expect(text, target).not.to.match(/^location:/im);
      expect(text, target).not.to.match(/devDependencies|root:|node_modules|\.ts:\d|createAdmin/);
    }
    for (const method of ['TRACE', 'OPTIONS', 'CONNECT', 'PUT']) {
      const answered = await raw(
        port,
        `${method} /w/ HTTP/1.1\r\nhost: localhost\r\nx-secret: s3cret\r\nconnection: close\r\n\r\n`,
      );
      expect(answered, method).not.to.contain('s3cret');
      expect(answered, method).to.match(/^(HTTP\/1\.1 (400|405) |$)/);
    }
  });

  it('counts tries to sign in by the address that they come from', async () => {
    const { port } = await started();
    const tryFrom = async (localAddress: string, token = 'wrong') => {
      const { body, ...options } = signIn(token);
      return (await told(port, { ...options, localAddress }, body)).status;
    };
    for (let n = 0; n < 5; n += 1) expect(await tryFrom('127.0.0.2')).to.equal(401);
    expect(await tryFrom('127.0.0.2', anna.token)).to.equal(429);
    expect(await tryFrom('127.0.0.3', anna.token)).to.equal(200);
  });

  it('counts them behind a proxy by the address that the proxy saw, not by what was sent', async () => {
    const { port } = await started({ publicUrl: 'http://hooks.example' });
    const tryAs = async (forwarded: string, token = 'wrong') => {
      const { body, headers, ...options } = signIn(token);
      return (await told(port, { ...options, headers: { ...headers, 'x-forwarded-for': forwarded } }, body))
        .status;
    };
    for (let n = 0; n < 5; n += 1) expect(await tryAs(`10.7.7.${n}, 10.0.0.9`)).to.equal(401);
    expect(await tryAs('10.7.7.9, 10.0.0.9', anna.token)).to.equal(429);
    expect(await tryAs('10.0.0.10', anna.token)).to.equal(200);
    const direct = await started();
    for (let n = 0; n < 6; n += 1) {
      const { body, headers, ...options } = signIn('wrong');
      const given = { ...headers, 'x-forwarded-for': `10.0.0.${n}` };
      const { status } = await told(direct.port, { ...options, headers: given }, body);
      expect(status).to.equal(n < 5 ? 401 : 429);
    }
  });

  it('takes another port where nobody has asked for this one, and else says that it is taken', async () => {
    const first = await started();
    const second = await started({ port: first.port, anyPort: true });
    expect(second.port).not.to.equal(first.port);
    const third = made({ port: first.port });
    const error = await third.start().catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'listen_failed', where: `127.0.0.1:${first.port}` });
  });

  it('is refused where others could come and nobody has set a token', () => {
    expect(() => made({ host: '0.0.0.0', tokens: [] }))
      .to.throw('expected tokens for an address that others can reach (0.0.0.0)')
      .with.property('code', 'config_invalid');
    expect(() => made({ host: '::', tokens: [] })).to.throw();
    expect(() => made({ host: '127.0.0.1', tokens: [] })).not.to.throw();
  });

  it('writes no token to the log', async () => {
    const { port } = await started();
    for (const token of [anna.token, 'tried-token-0123456789']) {
      const { body, ...options } = signIn(token);
      await told(port, options, body);
    }
    const text = JSON.stringify(lines);
    expect(text).to.contain('the admin page is served');
    expect(text).not.to.match(/-token-0123456789/);
  });

  it('ends live views when it stops, answers what is under way, and is gone then', async () => {
    const { server, port } = await started();
    const headers = { authorization: `Bearer ${anna.token}` };
    const live = request({ host: '127.0.0.1', port, path: '/api/v1/live?topics=endpoints', headers });
    live.end();
    const [answer] = (await once(live, 'response')) as [IncomingMessage];
    expect(answer.statusCode).to.equal(200);
    let ended = false;
    // To its end, not cut off.
    answer.resume().on('close', () => {
      ended = answer.complete;
    });
    const stopped = server.stop();
    await waitUntil(() => ended, { what: 'the live view to end' });
    await stopped;
    const error = await told(port, { path: '/health' }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'ECONNREFUSED');
    await server.stop('abort');
  });

  it('serves fifty live views and no more, forty to one person, and others again when these have gone', async () => {
    const { port } = await started();
    const path = '/api/v1/live?topics=endpoints';
    const headers = { authorization: `Bearer ${anna.token}` };
    const bobs = { authorization: `Bearer ${bob.token}` };
    const open = async (headers = bobs) => {
      const live = request({ host: '127.0.0.1', port, path, headers, agent: false });
      live.end();
      const [answer] = (await once(live, 'response')) as [IncomingMessage];
      return { live, answer };
    };
    const refused = async (who: typeof headers) => {
      const late = await told(port, { path, headers: who });
      expect([late.status, JSON.parse(late.text).code]).to.deep.equal([503, 'live_full']);
    };
    const views = await Promise.all(Array.from({ length: 40 }, () => open(headers)));
    await refused(headers);
    views.push(...(await Promise.all(Array.from({ length: 10 }, () => open()))));
    expect(views.map(({ answer }) => answer.statusCode)).to.deep.equal(Array(50).fill(200));
    await refused(bobs);
    expect((await told(port, { path: '/api/v1/session', headers })).status).to.equal(200);
    views[0]?.live.destroy();
    await waitUntil(
      async () => {
        const { live, answer } = await open();
        if (answer.statusCode !== 200) live.destroy();
        else views.push({ live, answer });
        return answer.statusCode === 200;
      },
      { what: 'a place to be free again' },
    );
    for (const { live } of views) live.destroy();
  });
});
