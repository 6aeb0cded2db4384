import { expect } from 'chai';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createEndpoint, getEndpoint, listEndpoints, updateEndpoint } from '../../src/store/endpoints.ts';
import { createSealer } from '../../src/store/sealer.ts';
import type { EndpointInput } from '../../src/wire/endpoint-input.ts';
import { queueDatabase } from '../delivery/queue.ts';
import { selfSigned } from '../delivery/self-signed.ts';
import type { TestDatabase } from '../support/database.ts';

const catalog = siteStacker();
const url = 'https://hooks.example.net/ss';
const bearer = 'Bearer hunter2-hunter2';
const proxy = 'http://me:hunter2@proxy.example.net:3128';
const all = {
  concurrency: 3,
  rate: 0.5,
  timeoutMs: 2_000,
  schedule: [5_000, 3_600_000],
  ordering: 'record',
  headers: [
    ['Authorization', bearer],
    ['X-Team', 'crm'],
  ],
  clientCertificate: selfSigned.cert,
  clientKey: selfSigned.key,
  ca: `subject=CN = localhost\n${selfSigned.cert}\n\n${selfSigned.cert}`,
  proxy,
} as const satisfies { readonly [Name in keyof EndpointInput]?: unknown };
const byDefault = {
  concurrency: null,
  rate: null,
  timeoutMs: null,
  schedule: null,
  ordering: 'none',
  headers: null,
  clientCertificate: null,
  clientKey: null,
  ca: null,
  proxy: null,
} as const satisfies { readonly [Name in keyof typeof all]: unknown };
const input = (more: Record<string, unknown> = {}) => ({ url, events: ['*'], ...more }) as EndpointInput;

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  );

describe('the settings of an endpoint', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
  });

  const stored = async () => {
    const { rows } = await db.query(
      `select concurrency, rate, timeout_ms, schedule, ordering, headers, client_certificate, client_key, ca, proxy
         from rowhook.endpoint`,
    );
    return rows[0] as Record<string, unknown>;
  };

  it('are kept as they are given, and shown without what is secret of them', async () => {
    const made = await createEndpoint(db.pool, catalog, input(all));
    const { concurrency, rate, timeoutMs, schedule, ordering } = all;
    expect(made).to.deep.include({ concurrency, rate, timeoutMs, schedule, ordering });
    expect(made.headers).to.deep.equal(['Authorization', 'X-Team']);
    expect(made.clientCertificate).to.include({ subject: 'CN=localhost', issuer: 'CN=localhost' });
    expect(made.clientCertificate?.expiresAt.getUTCFullYear()).to.equal(2126);
    expect(made.ca).to.have.length(2);
    expect(made.proxy).to.equal('http://[hidden]@proxy.example.net:3128');
    expect(await getEndpoint(db.pool, made.id)).to.deep.equal(made);
    const shown = JSON.stringify([made, await listEndpoints(db.pool)]);
    expect(shown).not.to.include('hunter2').and.not.to.include('PRIVATE KEY').and.not.to.include('crm');

    expect(await stored()).to.deep.equal({
      concurrency,
      rate,
      timeout_ms: timeoutMs,
      schedule,
      ordering,
      headers: JSON.stringify(all.headers),
      client_certificate: `${selfSigned.cert}\n`,
      client_key: `${selfSigned.key}\n`,
      // Without what stands around the certificates.
      ca: `${selfSigned.cert}\n${selfSigned.cert}\n`,
      proxy: `${proxy}/`,
    });
  });

  it('have defaults, which each can be given back', async () => {
    const { id } = await createEndpoint(db.pool, catalog, input());
    const plain = await stored();
    expect(plain).to.deep.equal({
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
    });
    await updateEndpoint(db.pool, catalog, id, all as unknown as EndpointInput);
    const set = await stored();
    for (const name of Object.keys(plain)) expect(set[name], name).not.to.deep.equal(plain[name]);
    await updateEndpoint(db.pool, catalog, id, { description: 'another change' });
    expect(await stored()).to.deep.equal(set);
    const made = await updateEndpoint(db.pool, catalog, id, byDefault);
    expect(await stored()).to.deep.equal(plain);
    expect(made).to.deep.include({ headers: [], clientCertificate: null, ca: null, proxy: null });
  });

  it('take an empty schedule for none at all, and an empty list of headers for the default', async () => {
    const made = await createEndpoint(db.pool, catalog, input({ schedule: [], headers: [] }));
    expect(made).to.deep.include({ schedule: [], headers: [] });
    expect(await stored()).to.deep.include({ schedule: [], headers: null });
  });

  it('take back the dialect', async () => {
    const { id } = await createEndpoint(db.pool, catalog, input({ dialect: 'amplo' }));
    expect(await updateEndpoint(db.pool, catalog, id, { dialect: null })).to.include({ dialect: null });
  });

  it('must fit each other after a change too', async () => {
    const { id } = await createEndpoint(db.pool, catalog, input(all));
    const before = await stored();
    for (const [patch, where] of [
      [{ clientKey: null }, 'clientKey'],
      [{ clientCertificate: null }, 'clientCertificate'],
      [{ url: 'http://a.example/' }, 'clientCertificate'],
    ] as const) {
      const error = await failure(updateEndpoint(db.pool, catalog, id, patch));
      expect(error).to.include({ code: 'endpoint_invalid', where });
    }
    expect(await stored()).to.deep.equal(before);
  });

  it('can be mended where somebody else has broken them', async () => {
    const { id } = await createEndpoint(db.pool, catalog, input());
    await db.query(
      `update rowhook.endpoint set headers = '{"no":"list"}', client_certificate = 'x', ca = 'y', proxy = 'z'`,
    );
    expect(await getEndpoint(db.pool, id)).to.deep.include({
      headers: [],
      clientCertificate: null,
      ca: [],
      proxy: '[hidden]',
    });
    expect(await updateEndpoint(db.pool, catalog, id, byDefault)).to.include({ proxy: null });
  });

  it('stay closed to whoever has no key', async () => {
    const sealer = createSealer([{ id: 'k', bytes: Buffer.alloc(32, 1) }]);
    const made = await createEndpoint(db.pool, catalog, input(all), { sealer });
    expect(await getEndpoint(db.pool, made.id)).to.deep.equal({
      ...made,
      headers: 'sealed',
      proxy: 'sealed',
    });
  });
});
