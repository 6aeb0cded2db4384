import { expect } from 'chai';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Ask, adminOf, anna, bob, signedIn, tokenAdmin } from './admin-kit.ts';

/** Every route of the document, with ids in its path that might be there. */
async function routesOf(ask: Ask): Promise<ReadonlyArray<{ method: string; path: string }>> {
  const { body } = await ask('GET', '/openapi.json');
  return Object.entries(body.paths as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{id\}/g, '1').replace(/\{\w+\}/g, 'person:412'),
    })),
  );
}

const isRead = (method: string): boolean => method === 'GET';

describe('the admin API lets through', () => {
  let db: TestDatabase;
  before(async () => {
    db = await queueDatabase();
  });
  after(() => db.drop());
  const catalog = siteStacker();

  it('nobody who is not signed in, on any route but that for signing in', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const routes = await routesOf(adminOf(db, catalog).ask);
    expect(routes.length).to.be.above(20);
    for (const { method, path } of [
      ...routes,
      { method: 'GET', path: '/openapi.json' },
      { method: 'GET', path: '/none' },
    ]) {
      const body = isRead(method) ? undefined : {};
      const { status, body: told } = await ask(method, path, body);
      const isSignIn = method === 'POST' && path === '/session';
      expect([status, told.code], `${method} ${path}`).to.deep.equal(
        isSignIn ? [400, 'request_invalid'] : [401, 'not_signed_in'],
      );
    }
  });

  it('viewers to what can be read, and to nothing that changes anything', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const session = await signedIn(ask, bob);
    for (const { method, path } of await routesOf(adminOf(db, catalog).ask)) {
      if (path === '/session' || path === '/live') continue;
      const { status, body } = await ask(method, path, isRead(method) ? undefined : {}, session);
      if (isRead(method)) expect(status, `${method} ${path}`).to.be.oneOf([200, 400, 404]);
      else expect([status, body.code], `${method} ${path}`).to.deep.equal([403, 'not_allowed']);
    }
  });

  it('no change by a cookie that a form of another site could have made', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const session = await signedIn(ask, anna);
    const routes = (await routesOf(adminOf(db, catalog).ask)).filter(({ method }) => !isRead(method));
    for (const { method, path } of routes) {
      for (const headers of [{ 'x-rowhook': '' }, { 'x-rowhook': '0' }, { 'sec-fetch-site': 'cross-site' }]) {
        const { status, body } = await ask(method, path, {}, { ...session, ...headers });
        expect([status, body.code], `${method} ${path} ${JSON.stringify(headers)}`).to.deep.equal([
          403,
          'request_forged',
        ]);
      }
    }
    // Whoever has the token needs no such proof: no browser sends it by itself.
    const bearer = { authorization: `Bearer ${anna.token}`, 'x-rowhook': '' };
    expect((await ask('DELETE', '/session', undefined, bearer)).status).to.equal(204);
  });

  it('nothing that another site has a browser ask for, not even to read', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const session = await signedIn(ask, anna);
    const table: ReadonlyArray<readonly [headers: Record<string, string>, read: number, change: number]> = [
      [{}, 200, 404],
      [{ 'sec-fetch-site': 'same-origin' }, 200, 404],
      [{ 'sec-fetch-site': 'same-origin', origin: 'https://proxied.test' }, 200, 404],
      [{ 'sec-fetch-site': 'none' }, 200, 403],
      [{ 'sec-fetch-site': 'same-site' }, 403, 403],
      [{ 'sec-fetch-site': 'cross-site' }, 403, 403],
      [{ 'sec-fetch-site': 'whatever' }, 403, 403],
      [{ origin: 'http://app.test' }, 200, 404],
      [{ origin: 'https://app.test' }, 200, 404],
      [{ origin: 'http://app.test:81' }, 403, 403],
      [{ origin: 'http://evil.test' }, 403, 403],
      [{ origin: 'http://app.test.evil.test' }, 403, 403],
      [{ origin: 'null' }, 403, 403],
      [{ origin: 'file://app.test' }, 403, 403],
    ];
    for (const [headers, read, change] of table) {
      const told = JSON.stringify(headers);
      const given = { ...session, ...headers };
      expect((await ask('GET', '/session', undefined, given)).status, told).to.equal(read);
      expect((await ask('POST', '/endpoints/9/pause', {}, given)).status, told).to.equal(change);
    }
    // Nobody can be signed in as somebody else from afar either.
    const forged = await ask('POST', '/session', { token: bob.token }, { 'sec-fetch-site': 'cross-site' });
    expect(forged.body.code).to.equal('request_forged');
    const simple = await ask('POST', '/session', { token: bob.token }, { 'x-rowhook': '' });
    expect(simple.body.code).to.equal('request_forged');
  });

  it('the name that a proxy in front has', async () => {
    const { ask } = tokenAdmin(db, catalog, { publicUrl: 'https://hooks.test' });
    const session = await signedIn(ask, anna);
    const status = async (origin: string) =>
      (await ask('GET', '/session', undefined, { ...session, origin })).status;
    expect(await status('https://hooks.test')).to.equal(200);
    expect(await status('http://hooks.test')).to.equal(403);
  });

  it('JSON only, of a bounded size, however it comes', async () => {
    const { ask } = adminOf(db, catalog);
    const code = async (body: string, headers: Record<string, string> = {}, path = '/endpoints') => {
      const { status, body: told } = await ask('POST', path, body, headers);
      return `${status} ${told.code}`;
    };
    expect(await code('{"url":', {})).to.equal('400 request_invalid');
    expect(await code('{}', { 'content-type': 'text/plain' })).to.equal('415 media_type_wrong');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await code('url=x', form)).to.equal('415 media_type_wrong');
    expect(await code('null')).to.equal('400 request_invalid');
    expect(await code('[]')).to.equal('400 request_invalid');
    const large = (bytes: number) => JSON.stringify({ url: 'x'.repeat(bytes), events: [] });
    expect(await code(large(300_000))).to.equal('413 body_too_large');
    expect(await code(large(200_000))).to.match(/^422/);
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64_000).fill(32)),
    });
    const endless = await adminOf(db, catalog).admin.fetch(
      new Request('http://app.test/api/v1/endpoints', {
        method: 'POST',
        headers: { 'x-rowhook': '1', 'content-type': 'application/json' },
        body: chunks,
        duplex: 'half',
      } as RequestInit),
    );
    expect(endless.status).to.equal(413);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(await code(`{"url":${deep},"events":[]}`)).to.equal('400 request_invalid');
    expect(await code(`{"a":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`)).to.equal(
      '400 request_invalid',
    );
  });

  it('no key that would change what all objects are', async () => {
    const { ask } = adminOf(db, catalog);
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString']) {
      const body = `{"url":"https://hooks.test/","events":["*"],"secret":null,"${key}":{"polluted":"yes","role":"operator"}}`;
      const { status } = await ask('POST', '/endpoints', body);
      expect(status, key).to.equal(400);
      const query = await ask('GET', `/audit?${key}[polluted]=yes&${key}=yes`);
      expect(query.status, key).to.equal(200);
      const path = await ask('GET', `/endpoints/${key}`);
      expect(path.status, key).to.be.oneOf([400, 404]);
    }
    expect(({} as { polluted?: string }).polluted).to.equal(undefined);
  });

  it('no method that means nothing here, and tells no secrets by any', async () => {
    const { admin } = tokenAdmin(db, catalog);
    for (const method of ['OPTIONS', 'PUT', 'PROPFIND', 'M-SEARCH']) {
      for (const path of ['/api/v1/session', '/api/v1/endpoints']) {
        const response = await admin.fetch(new Request(`http://app.test${path}`, { method }));
        expect(response.status, method).to.be.oneOf([401, 403, 404, 405]);
        for (const name of response.headers.keys()) expect(name).not.to.match(/^access-control/);
      }
    }
    const { ask } = adminOf(db, catalog);
    const head = await ask('HEAD', '/session');
    expect([head.status, head.body]).to.deep.equal([200, '']);
  });
});
