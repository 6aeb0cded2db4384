import { expect } from 'chai';
import pg from 'pg';
import { capture, install, uninstall } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createRole } from '../support/database.ts';
import { failure, ownedCrm, withKnex } from './owned-crm.ts';
import { schemaDump } from './schema-dump.ts';

const catalog = siteStacker();

describe('installation where it may not be', () => {
  it('says which GRANT is missing', async () => {
    const { database, role, url } = await ownedCrm();
    const owner = pg.escapeIdentifier(role);
    const guest = await createRole(database, 'guest');
    const before = await schemaDump(database);
    const guestName = pg.escapeIdentifier(guest.name);

    await withKnex(guest.url, async (knex) => {
      const error = await failure(install(knex));
      expect(error).to.include({ code: 'privilege_missing' });
      expect(error.message).to.contain(guestName);
      expect(error.fix).to.equal(`GRANT CREATE ON DATABASE "${database.name}" TO ${guestName};`);
    });
    expect(await schemaDump(database)).to.equal(before);

    await withKnex(url, (knex) => install(knex));
    await withKnex(guest.url, async (knex) => {
      const error = await failure(capture(knex, catalog));
      expect(error).to.include({ code: 'privilege_missing', where: 'rowhook' });
      expect(error.fix).to.equal(`GRANT ${owner} TO ${guestName};`);
      // The GRANT does what it says.
      await database.query(error.fix ?? '');
      await capture(knex, catalog);
    });
  });

  it('looks at all tables before it touches the first one', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await install(knex);
      await knex.raw('alter table tags_models drop column model');
      const before = await schemaDump(database);
      expect(await failure(capture(knex, catalog))).to.include({
        code: 'column_missing',
        where: '"public"."tags_models"',
      });
      expect(await schemaDump(database)).to.equal(before);
    });
  });

  it('leaves a schema of the same name alone when it is not ours', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await knex.raw('create schema rowhook');
      await knex.raw('create table rowhook.treasure (id int)');
      const before = await schemaDump(database);
      expect(await failure(install(knex))).to.include({ code: 'schema_foreign' });
      await uninstall(knex);
      expect(await schemaDump(database)).to.equal(before);
    });
  });

  it('is not for other databases', async () => {
    const { url } = await ownedCrm();
    await withKnex(
      url,
      async (knex) => {
        const error = await failure(install(knex));
        expect(error).to.include({ code: 'client_unsupported' });
        expect(error.message).to.contain('cockroachdb');
      },
      { client: 'cockroachdb' },
    );
  });
});
