import { expect } from 'chai';
import { createSealer, install, registerEndpoint, removeEndpoint, secretKeys } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import type { TestDatabase } from '../support/database.ts';
import { failure, ownedCrm, withKnex } from './owned-crm.ts';

const catalog = siteStacker();
const url = 'https://hooks.example.net/crm';

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

  it('has its settings and sealed secrets as they are said; what is not said again stays, null is the default', async () => {
    const { database, url: owner } = await ownedCrm();
    const sealer = createSealer(secretKeys(`k:${Buffer.alloc(32, 1).toString('base64')}`));
    await withKnex(owner, async (knex) => {
      await install(knex);
      const given = {
        url,
        events: ['*'],
        secret: 'k3y',
        rate: 5,
        concurrency: 2,
        ordering: 'record',
      } as const;
      const headers: [string, string][] = [['X-Key', 'v4lue']];
      const id = await registerEndpoint(knex, catalog, { ...given, events: ['*'], headers }, { sealer });
      await registerEndpoint(knex, catalog, { url, events: ['*'], rate: null }, { sealer });
      expect(await failure(registerEndpoint(knex, catalog, { url, events: ['*'] }))).to.include({
        code: 'secret_sealed',
      });
      const { rows } = await database.query(
        `select secret, headers, rate, concurrency, ordering from rowhook.endpoint where id = $1`,
        [id],
      );
      const row = rows[0]!;
      expect(row).to.include({ rate: null, concurrency: 2, ordering: 'record' });
      expect(sealer.open(row.secret, { endpointId: id, column: 'secret' })).to.equal('k3y');
      expect(sealer.open(row.headers, { endpointId: id, column: 'headers' })).to.equal('[["X-Key","v4lue"]]');
      expect(row.secret + row.headers).to.match(/^sealed:v1:k:.*sealed:v1:k:/);
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
