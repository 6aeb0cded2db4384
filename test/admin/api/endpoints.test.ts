import { expect } from 'chai';
import {
  endpoint,
  endpointCreated,
  endpointList,
  secretRotated,
} from '../../../src/admin/shapes/endpoint.ts';
import { amplo } from '../../../src/presets/amplo.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { createSealer } from '../../../src/store/sealer.ts';
import { secretKeys } from '../../../src/wire/secret-key.ts';
import { count, queueDatabase } from '../../delivery/queue.ts';
import type { TestDatabase } from '../../support/database.ts';
import { type Asking, adminOf } from '../admin-kit.ts';
import { hostile, refusal, shaped } from './shaped.ts';

const keys = secretKeys('k1:8vPlYTDKHpPTyVMo4XmmBNcZ8PVQNSwDRuFUJnxzLW4=');
const url = 'https://hooks.example.net/ss?token=abc';

describe('the API of endpoints', () => {
  let db: TestDatabase;
  let ask: Asking['ask'];
  beforeEach(async () => {
    db = await queueDatabase();
    ({ ask } = adminOf(db, siteStacker(), { allow: ['127.0.0.1'], secretKeys: keys }));
  });

  const create = (more: object = {}) => ask('POST', '/endpoints', { url, events: ['*'], ...more });
  const patch = (change: object, version = '*') =>
    ask('PATCH', '/endpoints/1', change, { 'if-match': version === '*' ? '*' : `"${version}"` });
  const trail = async () => {
    const { rows } = await db.query<{ action: string; detail: object }>(
      'select action, detail from rowhook.audit order by id',
    );
    return rows;
  };

  it('makes a secret that is shown once, and a ping', async () => {
    const made = shaped(endpointCreated, await create(), 201);
    expect(made.secret).to.match(/^[\w-]{43}$/);
    const { rows } = await db.query('select id from rowhook.delivery');
    expect(rows).to.deep.equal([{ id: made.pingId }]);
    const read = await ask('GET', '/endpoints/1');
    expect(read.headers.get('etag')).to.equal(`"${made.endpoint.version}"`);
    expect(shaped(endpoint, read)).to.deep.equal(made.endpoint);
    const own = shaped(endpointCreated, await create({ secret: 'my own one' }), 201);
    expect([own.secret, own.endpoint.hasSecret]).to.deep.equal([null, true]);
    const unsigned = shaped(endpointCreated, await create({ secret: null }), 201);
    expect([unsigned.secret, unsigned.endpoint.hasSecret]).to.deep.equal([null, false]);
    const list = shaped(endpointList, await ask('GET', '/endpoints'));
    expect(list.total).to.equal(3);
    const everything = JSON.stringify([list, read.body, await trail()]);
    for (const secret of [made.secret!, 'my own one']) expect(everything).not.to.include(secret);
    expect((await trail())[0]).to.deep.equal({
      action: 'endpoint_create',
      detail: {
        url: 'https://hooks.example.net/ss?token=[hidden]',
        events: ['*'],
        dialect: null,
        tenant: null,
        signed: true,
      },
    });
  });

  for (const [what, input, where] of [
    ['a URL', { url: 'nowhere' }, 'url'],
    ['where the URL leads', { url: 'https://10.1.2.3/' }, 'url'],
    ['where the proxy leads', { proxy: 'http://10.1.2.3:3128' }, 'proxy'],
    ['an event', { events: ['person_updat'] }, 'events[0]'],
    ['no events', { events: [] }, 'events'],
    ['a dialect', { dialect: 'morse' }, 'dialect'],
    ['a header', { headers: [['Host', 'x']] }, 'headers'],
    ['a header without a value', { headers: [['X-Key', null]] }, 'headers'],
    ['a rate', { rate: -1 }, 'rate'],
    ['a tenant', { tenant: 'a' }, 'tenant'],
    ['a secret', { dialect: 'standard', secret: 'short' }, 'secret'],
    ['no secret where there must be one', { dialect: 'standard', secret: null }, 'secret'],
  ] as const) {
    it(`refuses ${what} at its field, and changes nothing`, async () => {
      const refused = refusal(await create(input));
      expect(refused).to.include({ status: 422, where });
      expect(await count(db, 'endpoint')).to.equal(0);
      expect(await trail()).to.deep.equal([]);
    });
  }

  it('refuses what is no such body, and a tenant that is not said where there are some', async () => {
    expect(refusal(await create({ colour: 'red' }))).to.include({ status: 400, code: 'request_invalid' });
    const tenants = adminOf(db, amplo());
    const input = { url: 'https://a.example/', events: ['*'] };
    expect(refusal(await tenants.ask('POST', '/endpoints', input))).to.deep.include({
      status: 422,
      where: 'tenant',
    });
    const made = shaped(
      endpointCreated,
      await tenants.ask('POST', '/endpoints', { ...input, tenant: 'a' }),
      201,
    );
    expect(made).to.deep.include({ pingId: null });
    expect(made.secret).to.match(/^whsec_/);
  });

  it('changes what is named, keeps values of headers that are not said, and tells what it was', async () => {
    await create({
      headers: [
        ['X-Key', 'one'],
        ['X-Old', 'two'],
      ],
      proxy: 'http://u:pw@8.8.8.8:3128',
    });
    const change = {
      events: ['person_update'],
      url: 'https://b.example/?token=new',
      headers: [
        ['X-Key', null],
        ['X-New', 'three'],
      ],
    };
    const answer = await patch(change);
    const changed = shaped(endpoint, answer);
    expect(changed).to.deep.include({ events: ['person_update'], headers: ['X-Key', 'X-New'] });
    expect(answer.headers.get('etag')).to.equal(`"${changed.version}"`);
    const { rows } = await db.query<{ headers: string }>('select headers from rowhook.endpoint');
    const stored = createSealer(keys).open(rows[0]!.headers, { endpointId: '1', column: 'headers' });
    expect(JSON.parse(stored)).to.deep.equal([
      ['X-Key', 'one'],
      ['X-New', 'three'],
    ]);
    const entry = (await trail()).at(-1);
    expect(entry).to.deep.equal({
      action: 'endpoint_update',
      detail: {
        changed: {
          url: {
            before: 'https://hooks.example.net/ss?token=[hidden]',
            after: 'https://b.example/?token=[hidden]',
          },
          events: { before: ['*'], after: ['person_update'] },
          headers: { before: ['X-Key', 'X-Old'], after: ['X-Key', 'X-New'] },
        },
        headerValues: ['X-New'],
      },
    });
    expect(JSON.stringify(await trail())).not.to.match(/three|pw@/);
    expect(refusal(await patch({ url: 'https://10.1.2.3/' }))).to.deep.include({ status: 422, where: 'url' });
  });

  it('lets one of two people change it who have seen the same', async () => {
    const { endpoint: seen } = shaped(endpointCreated, await create(), 201);
    const answers = await Promise.all([
      patch({ description: 'one' }, seen.version),
      patch({ description: 'two' }, seen.version),
      patch({ description: 'three' }, seen.version),
    ]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 412, 412]);
    const left = shaped(endpoint, await ask('GET', '/endpoints/1'));
    expect(left.description).to.equal(answers.find(({ status }) => status === 200)!.body.description);
    expect((await trail()).filter(({ action }) => action === 'endpoint_update')).to.have.length(1);
  });

  it('wants to know which version is changed or deleted', async () => {
    await create();
    expect(refusal(await ask('PATCH', '/endpoints/1', {}))).to.include({
      status: 428,
      code: 'version_missing',
    });
    expect(refusal(await ask('DELETE', '/endpoints/1'))).to.include({ status: 428 });
    expect(refusal(await ask('DELETE', '/endpoints/1', undefined, { 'if-match': '"1"' }))).to.include({
      status: 412,
    });
    expect(await count(db, 'endpoint')).to.equal(1);
    const deleted = await ask('DELETE', '/endpoints/1', undefined, { 'if-match': '*' });
    expect([deleted.status, deleted.body]).to.deep.equal([200, { dropped: 1 }]);
    for (const [method, path, body] of [
      ['GET', '/endpoints/1', undefined],
      ['PATCH', '/endpoints/1', {}],
      ['DELETE', '/endpoints/1', undefined],
      ['POST', '/endpoints/1/rotate-secret', {}],
    ] as const) {
      const answer = await ask(method, path, body, { 'if-match': '*' });
      expect(refusal(answer), `${method} ${path}`).to.deep.equal({ status: 404, code: 'endpoint_unknown' });
    }
    expect((await trail()).map(({ action }) => action)).to.deep.equal(['endpoint_create', 'endpoint_delete']);
  });

  it('rotates the secret, shown once', async () => {
    const { endpoint: seen } = shaped(endpointCreated, await create(), 201);
    const rotate = (body: object, version: string) =>
      ask('POST', '/endpoints/1/rotate-secret', body, { 'if-match': `"${version}"` });
    const rotated = shaped(secretRotated, await rotate({ overlapMs: 1_000 }, seen.version));
    expect(rotated.secret).to.match(/^[\w-]{43}$/);
    expect(refusal(await rotate({}, seen.version))).to.include({ status: 412 });
    const again = await rotate({ secret: rotated.secret }, rotated.endpoint.version);
    expect(refusal(again)).to.deep.include({ status: 422, where: 'secret' });
    expect(JSON.stringify(await trail())).not.to.include(rotated.secret);
    const { ask: without } = adminOf(db, siteStacker());
    expect(refusal(await without('POST', '/endpoints/1/rotate-secret', {}))).to.include({
      status: 409,
      code: 'secret_sealed',
    });
  });

  it('gives hostile texts back as they are, finds them, and pages through all', async () => {
    for (const text of hostile) {
      const path = encodeURIComponent(text);
      const made = shaped(
        endpointCreated,
        await create({ description: text, url: `https://a.example/${path}` }),
        201,
      );
      expect(made.endpoint).to.include({ description: text, url: `https://a.example/${path}` });
      const found = shaped(endpointList, await ask('GET', `/endpoints?search=${path}`));
      expect(found.endpoints.map(({ description }) => description)).to.deep.equal([text]);
    }
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const page = shaped(endpointList, await ask('GET', `/endpoints?limit=2${after}`));
      seen.push(...page.endpoints.map(({ id }) => id));
      // Who comes meanwhile comes last, and nobody twice.
      if (seen.length === 2) await create();
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(seen).to.deep.equal(['1', '2', '3', '4', '5', '6']);
    expect(refusal(await ask('GET', '/endpoints?limit=0'))).to.deep.include({ status: 400, where: 'limit' });
    expect(refusal(await ask('GET', `/endpoints/${encodeURIComponent(hostile[0])}`))).to.include({
      status: 400,
    });
  });

  it('lets those look who may only look', async () => {
    const viewer = adminOf(db, siteStacker(), { role: 'viewer' });
    expect(refusal(await viewer.ask('POST', '/endpoints', { url, events: ['*'] }))).to.include({
      status: 403,
    });
    expect((await viewer.ask('GET', '/endpoints')).status).to.equal(200);
  });
});
