import { expect } from 'chai';
import type { Catalog } from '../../src/catalog/types.ts';
import { install, registerEndpoint, removeEndpoint } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { listEndpoints } from '../../src/store/endpoints.ts';
import { failure, ownedCrm, withKnex } from './owned-crm.ts';

const plain = siteStacker();
const catalog: Catalog = {
  ...plain,
  resources: { ...plain.resources, person: { ...plain.resources.person!, tenant: 'owner_id' } },
};
const url = 'https://hooks.example.net/crm';

describe('endpoints of several tenants with one URL, registered by migrations', () => {
  it('are one for each tenant, however often they are registered, and are removed one by one', async () => {
    const { database, url: owner } = await ownedCrm();
    const tenants = async () => (await listEndpoints(database.pool)).map((each) => each.tenant);
    await withKnex(owner, async (knex) => {
      await install(knex);
      const register = (tenant?: string | null) =>
        registerEndpoint(knex, catalog, { url, events: ['*'], ...(tenant === undefined ? {} : { tenant }) });
      expect(await failure(register())).to.include({ code: 'endpoint_invalid', where: 'tenant' });
      const ids = [await register('e1'), await register('e2'), await register(null)];
      expect(new Set(ids).size).to.equal(3);
      expect([await register('e1'), await register('e2'), await register(null)]).to.deep.equal(ids);
      expect(await tenants()).to.deep.equal(['e1', 'e2', null]);
      await removeEndpoint(knex, { url, tenant: 'e1' });
      expect(await tenants()).to.deep.equal(['e2', null]);
      await removeEndpoint(knex, { url, tenant: null });
      expect(await tenants()).to.deep.equal(['e2']);
      await removeEndpoint(knex, { url });
      expect(await tenants()).to.deep.equal([]);
    });
  });

  it('must say their tenant again once the catalog has tenants, and are the same however their URL is written', async () => {
    const { database, url: owner } = await ownedCrm();
    await withKnex(owner, async (knex) => {
      await install(knex);
      const id = await registerEndpoint(knex, plain, { url: 'https://hooks.example.net', events: ['*'] });
      const again = { url: 'HTTPS://Hooks.Example.net:443/', events: ['*'] };
      expect(await registerEndpoint(knex, plain, again)).to.equal(id);
      expect(await failure(registerEndpoint(knex, catalog, again))).to.include({
        code: 'endpoint_invalid',
        where: 'tenant',
      });
      await removeEndpoint(knex, { url: 'https://hooks.example.net/' });
      expect(await listEndpoints(database.pool)).to.deep.equal([]);
    });
  });
});
