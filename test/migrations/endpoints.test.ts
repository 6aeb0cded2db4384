import { expect } from 'chai';
import { createSealer, install, registerEndpoint, removeEndpoint, secretKeys } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import type { EndpointInput } from '../../src/wire/endpoint-input.ts';
import { selfSigned } from '../delivery/self-signed.ts';
import type { TestDatabase } from '../support/database.ts';
import { failure, ownedCrm, withKnex } from './owned-crm.ts';

const catalog = siteStacker();
const url = 'https://hooks.example.net/crm';

const settings = {
  concurrency: 2,
  rate: 5,
  timeoutMs: 2_000,
  schedule: [5_000, 3_600_000],
  ordering: 'record',
  headers: [['X-Key', 'v4lue']],
  clientCertificate: selfSigned.cert,
  clientKey: selfSigned.key,
  ca: selfSigned.cert,
  proxy: 'http://me:hunter2@proxy.example.net:3128',
} as const satisfies Partial<EndpointInput>;

/** Each by itself, with its column; but a certificate goes with its key. */
const takenBack: ReadonlyArray<{ readonly [Name in keyof typeof settings]?: string }> = [
  { concurrency: 'concurrency' },
  { rate: 'rate' },
  { timeoutMs: 'timeout_ms' },
  { schedule: 'schedule' },
  { ordering: 'ordering' },
  { headers: 'headers' },
  { clientCertificate: 'client_certificate', clientKey: 'client_key' },
  { ca: 'ca' },
  { proxy: 'proxy' },
];
const byDefault = (name: string) => (name === 'ordering' ? 'none' : null);

const registered = async (database: TestDatabase) => {
  const { rows } = await database.query(
    `select e.url, e.events, e.secret, e.description, count(d.id)::int as due
     from rowhook.endpoint e left join rowhook.delivery d on d.endpoint_id = e.id group by e.id order by e.id`,
  );
  return rows;
};

describe('an endpoint registered by a migration', () => {
  it('is there once, however often it is registered, with what was said last', async () => {
    const { database, url: owner } = await ownedCrm();
    await withKnex(owner, async (knex) => {
      await install(knex);
      const first = await registerEndpoint(knex, catalog, {
        url,
        events: ['tag_create'],
        secret: 'k3y',
        description: 'CRM',
      });
      const second = await registerEndpoint(knex, catalog, { url, events: ['*'] });
      expect(second).to.equal(first);
    });
    expect(await registered(database)).to.deep.equal([
      { url, events: ['*'], secret: 'k3y', description: 'CRM', due: 1 },
    ]);
  });

  it('has all settings as they are said, its secrets sealed; what is not said again stays, null is the default', async () => {
    const { database, url: owner } = await ownedCrm();
    const sealer = createSealer(secretKeys(`k:${Buffer.alloc(32, 1).toString('base64')}`));
    const opened = async (id: string) => {
      const { rows } = await database.query<Record<string, unknown>>(
        `select concurrency, rate, timeout_ms, schedule, ordering, headers, client_certificate, client_key, ca, proxy, secret
           from rowhook.endpoint where id = $1`,
        [id],
      );
      const row = rows[0]!;
      for (const column of ['secret', 'headers', 'client_key', 'proxy'] as const) {
        if (row[column] === null) continue;
        expect(row[column], column).to.match(/^sealed:v1:k:/);
        row[column] = sealer.open(row[column] as string, { endpointId: id, column });
      }
      return row;
    };
    await withKnex(owner, async (knex) => {
      await install(knex);
      const register = (said: Partial<EndpointInput>) =>
        registerEndpoint(knex, catalog, { url, events: ['*'], ...said }, { sealer });
      const id = await register({ secret: 'k3y', ...settings });
      const stored = {
        concurrency: 2,
        rate: 5,
        timeout_ms: 2_000,
        schedule: [5_000, 3_600_000],
        ordering: 'record',
        headers: '[["X-Key","v4lue"]]',
        client_certificate: `${selfSigned.cert}\n`,
        client_key: `${selfSigned.key}\n`,
        ca: `${selfSigned.cert}\n`,
        proxy: 'http://me:hunter2@proxy.example.net:3128/',
        secret: 'k3y',
      };
      expect(await opened(id)).to.deep.equal(stored);
      expect(await register({})).to.equal(id);
      expect(await opened(id)).to.deep.equal(stored);
      expect(await failure(registerEndpoint(knex, catalog, { url, events: ['*'] }))).to.include({
        code: 'secret_sealed',
      });

      const left: Record<string, unknown> = { ...stored };
      for (const names of takenBack) {
        await register(Object.fromEntries(Object.keys(names).map((name) => [name, byDefault(name)])));
        for (const column of Object.values(names)) left[column] = byDefault(column);
        expect(await opened(id), Object.keys(names).join()).to.deep.equal(left);
      }
      expect(Object.entries(left).filter(([, value]) => value !== null && value !== 'none')).to.deep.equal([
        ['secret', 'k3y'],
      ]);
    });
  });

  it('is there once also when several processes register it at once', async () => {
    const { database, url: owner } = await ownedCrm();
    await withKnex(
      owner,
      async (knex) => {
        await install(knex);
        const input = { url, events: ['*'] };
        const ids = await Promise.all([1, 2, 3, 4, 5].map(() => registerEndpoint(knex, catalog, input)));
        expect(new Set(ids).size).to.equal(1);
      },
      { pool: { min: 5, max: 5 } },
    );
    expect(await registered(database)).to.have.length(1);
  });

  it('comes and goes with the transaction of the migration', async () => {
    const { database, url: owner } = await ownedCrm();
    await withKnex(owner, async (knex) => {
      await install(knex);
      const trx = await knex.transaction();
      await registerEndpoint(trx, catalog, { url, events: ['*'] });
      await trx.rollback();
      expect(await registered(database)).to.deep.equal([]);
    });
  });

  it('is removed by its URL, and only that one; also twice, and without rowhook', async () => {
    const { database, url: owner } = await ownedCrm();
    await withKnex(owner, async (knex) => {
      await removeEndpoint(knex, { url });
      expect(await failure(registerEndpoint(knex, catalog, { url, events: ['*'] }))).to.include({
        code: 'schema_missing',
      });
      await install(knex);
      await registerEndpoint(knex, catalog, { url, events: ['*'] });
      await registerEndpoint(knex, catalog, { url: `${url}/other`, events: ['*'] });
      await removeEndpoint(knex, { url });
      await removeEndpoint(knex, { url });
    });
    expect((await registered(database)).map((row) => row.url)).to.deep.equal([`${url}/other`]);
  });

  it('is not registered with an event that the catalog does not have', async () => {
    const { database, url: owner } = await ownedCrm();
    await withKnex(owner, async (knex) => {
      await install(knex);
      const error = await failure(registerEndpoint(knex, catalog, { url, events: ['person_crate'] }));
      expect(error).to.include({ code: 'event_unknown' });
    });
    expect(await registered(database)).to.deep.equal([]);
  });
});
