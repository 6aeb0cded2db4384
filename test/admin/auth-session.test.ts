import { expect } from 'chai';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { adminOf, anna, bob, cookieOf, signedIn, tokenAdmin } from './admin-kit.ts';

const minute = 60_000;
const hour = 60 * minute;
const catalog = siteStacker();

describe('a session of the admin page', () => {
  let db: TestDatabase;
  before(async () => {
    db = await queueDatabase();
  });
  after(() => db.drop());

  /** With a clock that goes on when it is told to. */
  const clocked = (options: Parameters<typeof tokenAdmin>[2] = {}) => {
    const clock = { at: Date.parse('2026-03-01T10:00:00Z') };
    return { clock, ...tokenAdmin(db, catalog, { now: () => new Date(clock.at), ...options }) };
  };

  it('begins with a token, in a cookie for these pages alone, and tells who it is', async () => {
    const { ask } = tokenAdmin(db, catalog);
    expect(await ask('GET', '/session')).to.deep.include({ status: 401 });
    const answer = await ask('POST', '/session', { token: anna.token });
    expect(answer.status).to.equal(200);
    expect(answer.body).to.deep.equal({
      user: { name: 'anna', role: 'operator' },
      signedInBy: 'token',
      version: answer.body.version,
      catalog: 'site-stacker',
    });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).to.match(/^rowhook_session=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.to.contain(anna.token);
    const session = await ask('GET', '/session', undefined, { cookie: cookieOf(answer) ?? '' });
    expect(session.body.user).to.deep.equal({ name: 'anna', role: 'operator' });
  });

  it('is in a cookie of the base path, for TLS where there is TLS, and of the port', async () => {
    const of = async (options: Parameters<typeof tokenAdmin>[2], url: string, headers = {}) => {
      const { admin } = tokenAdmin(db, catalog, options);
      const response = await admin.fetch(
        new Request(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-rowhook': '1', ...headers },
          body: JSON.stringify({ token: anna.token }),
        }),
      );
      return response.headers.getSetCookie()[0]?.replace(/=[^;]*/, '');
    };
    const rest = 'Max-Age=43200; HttpOnly; SameSite=Strict';
    expect(await of({ basePath: '/a/b/' }, 'http://x.test/a/b/api/v1/session')).to.equal(
      `rowhook_session; Path=/a/b; ${rest}`,
    );
    expect(await of({}, 'http://127.0.0.1:8787/api/v1/session')).to.equal(
      `rowhook_session_8787; Path=/; ${rest}`,
    );
    expect(await of({}, 'https://x.test/api/v1/session')).to.match(/; Secure$/);
    expect(
      await of({ publicUrl: 'https://hooks.test/w' }, 'http://127.0.0.1:8787/w/api/v1/session'),
    ).to.equal(`rowhook_session_8787; Path=/w; ${rest}; Secure`);
    const proxied = { 'x-forwarded-proto': 'https' };
    expect(await of({}, 'http://x.test/api/v1/session', proxied)).to.match(/; Secure$/);
  });

  it('ends 12 hours after it was used last, and is renewed when it is used', async () => {
    const { ask, clock } = clocked();
    const { cookie } = await signedIn(ask, anna);
    const status = async (headers: { cookie: string }) =>
      (await ask('GET', '/session', undefined, headers)).status;

    clock.at += 5 * minute;
    const early = await ask('GET', '/session', undefined, { cookie });
    expect(cookieOf(early)).to.equal(undefined);
    clock.at += 11 * hour;
    const renewal = await ask('GET', '/session', undefined, { cookie });
    const renewed = cookieOf(renewal) ?? '';
    expect(renewed)
      .to.match(/^rowhook_session=/)
      .and.not.equal(cookie);
    expect(renewal.headers.getSetCookie()[0]).to.contain('Max-Age=43200');

    clock.at += hour;
    expect(await status({ cookie })).to.equal(401);
    expect(await status({ cookie: renewed })).to.equal(200);
    clock.at += 11 * hour;
    expect(await status({ cookie: renewed })).to.equal(401);
  });

  it('ends after a week, however much it is used', async () => {
    const { ask, clock } = clocked();
    let { cookie } = await signedIn(ask, anna);
    let hours = 0;
    for (; hours < 30 * 24; hours += 6) {
      const answer = await ask('GET', '/session', undefined, { cookie });
      if (answer.status !== 200) break;
      cookie = cookieOf(answer) ?? cookie;
      clock.at += 6 * hour;
    }
    expect(hours).to.equal(7 * 24);
  });

  it('ends with its token, and has the role that the token has now', async () => {
    const { cookie } = await signedIn(tokenAdmin(db, catalog).ask, anna);
    const seen = async (tokens: Array<typeof anna>) => {
      const { status, body } = await tokenAdmin(db, catalog, { tokens }).ask('GET', '/session', undefined, {
        cookie,
      });
      return status === 200 ? body.user : status;
    };
    expect(await seen([anna, bob])).to.deep.equal({ name: 'anna', role: 'operator' });
    expect(await seen([{ ...anna, role: 'viewer' }])).to.deep.equal({ name: 'anna', role: 'viewer' });
    expect(await seen([bob])).to.equal(401);
    expect(await seen([{ ...anna, token: 'another-token-0123456789' }])).to.equal(401);
    // The name alone opens nothing.
    expect(await seen([{ ...bob, name: 'anna' }])).to.equal(401);
  });

  it('is over once it was signed out of, also for whoever kept the cookie', async () => {
    const { ask, clock } = clocked();
    const { cookie } = await signedIn(ask, bob);
    clock.at += hour;
    const renewed = cookieOf(await ask('GET', '/session', undefined, { cookie })) ?? '';
    const out = await ask('DELETE', '/session', undefined, { cookie });
    expect(out.status).to.equal(204);
    expect(out.headers.getSetCookie()).to.deep.equal([
      'rowhook_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    ]);
    for (const each of [cookie, renewed]) {
      expect((await ask('GET', '/session', undefined, { cookie: each })).status).to.equal(401);
    }
  });

  it('is not taken over from whoever had one before: signing in begins another, and ends that', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const before = await signedIn(ask, bob);
    const answer = await ask('POST', '/session', { token: anna.token }, before);
    const after = cookieOf(answer) ?? '';
    expect(after).not.to.equal(before.cookie);
    const who = async (cookie: string) =>
      (await ask('GET', '/session', undefined, { cookie })).body.user?.name;
    expect(await who(after)).to.equal('anna');
    expect(await who(before.cookie)).to.equal(undefined);
  });

  it('cannot be made, changed or mixed', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const { cookie } = await signedIn(ask, bob);
    const [, id, name, from, until, signature = ''] = /=(.*)\.(.*)\.(.*)\.(.*)\.(.*)$/.exec(cookie) ?? [];
    const asAnna = Buffer.from('anna').toString('base64url');
    const values = [
      '',
      'x',
      `${id}.${asAnna}.${from}.${until}.${signature}`,
      `${id}.${name}.${from}.${Number(until) + 1}.${signature}`,
      `${id}.${name}.${from}.${until}.${'A'.repeat(43)}`,
      `${id}.${name}.${from}.${until}.`,
      `${id}.${name}.${from}.${until}`,
      `${id}.${name}.${from}.9e9.${signature}`,
      `__proto__.${name}.${from}.${until}.${signature}`,
      'a.'.repeat(4_000),
    ];
    for (const value of values) {
      const { status } = await ask('GET', '/session', undefined, { cookie: `rowhook_session=${value}` });
      expect(status, value.slice(0, 100)).to.equal(401);
    }
  });

  it('is nobody’s where another name of the domain has put a second cookie beside it', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const mine = await signedIn(ask, bob);
    const tossed = await signedIn(ask, anna);
    const status = async (cookie: string) => (await ask('GET', '/session', undefined, { cookie })).status;
    expect(await status(`${tossed.cookie}; ${mine.cookie}`)).to.equal(401);
    expect(await status(`${mine.cookie}; ${tossed.cookie}`)).to.equal(401);
    // Nor where there are more of them than are looked at.
    expect(await status([...Array<string>(8).fill(tossed.cookie), mine.cookie].join('; '))).to.equal(401);
    // What is none of ours keeps nobody out.
    expect(await status(`rowhook_session=rubbish; a=b; ${mine.cookie}`)).to.equal(200);
    expect(await status(`xrowhook_session=1; rowhook_session2=2; ${mine.cookie}`)).to.equal(200);
  });

  it('needs no cookie for scripts: they send their token each time', async () => {
    const { ask } = tokenAdmin(db, catalog);
    const bearer = (token: string, scheme = 'Bearer') => ({
      authorization: `${scheme} ${token}`,
      'x-rowhook': '',
    });
    const answer = await ask('GET', '/session', undefined, bearer(bob.token));
    expect(answer.body.user).to.deep.equal({ name: 'bob', role: 'viewer' });
    expect(answer.headers.getSetCookie()).to.deep.equal([]);
    expect((await ask('GET', '/session', undefined, bearer(bob.token, 'bearer'))).status).to.equal(200);
    expect((await ask('GET', '/session', undefined, bearer('bob-token-012345678x'))).status).to.equal(401);
    expect((await ask('GET', '/session', undefined, bearer(bob.token, 'Basic'))).status).to.equal(401);
    // Whoever says who he is says it: a cookie does not stand in.
    const { cookie } = await signedIn(ask, anna);
    expect((await ask('GET', '/session', undefined, { cookie, ...bearer('no') })).status).to.equal(401);
    // What a proxy in front asks for is its own affair.
    const proxied = { cookie, authorization: 'Basic dXNlcjpwYXNz' };
    expect((await ask('GET', '/session', undefined, proxied)).body.user.name).to.equal('anna');
  });

  it('is the application’s affair where an application mounts the page', async () => {
    const { ask } = adminOf(db, catalog, { role: 'viewer', name: 'Ida B.' });
    const { status, body } = await ask('GET', '/session');
    expect([status, body.user, body.signedInBy]).to.deep.equal([
      200,
      { name: 'Ida B.', role: 'viewer' },
      'application',
    ]);
    expect((await ask('POST', '/session', { token: anna.token })).body.code).to.equal('not_allowed');
    expect((await ask('DELETE', '/session')).body.code).to.equal('not_allowed');
    const nobody = adminOf(db, catalog, { authorize: async () => null });
    expect((await nobody.ask('GET', '/session')).body.code).to.equal('not_signed_in');
    const page = await nobody.admin.fetch(new Request('http://app.test/'));
    expect([page.status, await page.text()]).to.deep.equal([401, 'Sign in to the application first.\n']);
  });

  it('is nobody’s, and no secret gets out, where the application’s answer is none', async () => {
    const told: object[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (facts: object) => told.push(facts) };
    const answers: unknown[] = [
      { name: 'x', role: 'admin' },
      { name: '', role: 'viewer' },
      { role: 'operator' },
      'operator',
      true,
      { name: 'x'.repeat(201), role: 'viewer' },
    ];
    for (const answer of answers) {
      const { ask } = adminOf(db, catalog, { authorize: () => answer as never, log });
      const { status, body } = await ask('GET', '/session');
      expect([status, body.code], JSON.stringify(answer)).to.deep.equal([500, 'authorize_failed']);
    }
    const { ask } = adminOf(db, catalog, { authorize: () => Promise.reject(new Error('s3cret')), log });
    const { status, body } = await ask('GET', '/session');
    expect([status, body.code]).to.deep.equal([500, 'authorize_failed']);
    expect(JSON.stringify(body)).not.to.contain('s3cret');
    expect(told).to.have.length(answers.length + 1);
  });
});
