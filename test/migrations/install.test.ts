import { expect } from 'chai';
import type { Knex } from 'knex';
import pg from 'pg';
import { capture, install, release, uninstall } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { failure, ownedCrm, withKnex } from './owned-crm.ts';
import { schemaDump } from './schema-dump.ts';

const catalog = siteStacker();

describe('installation by knex', function () {
  this.timeout(60_000);

  it('installs, captures and delivers changes to the outbox as an ordinary role', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await install(knex);
      await capture(knex, catalog);
      await knex.raw(`update people set firstname = 'Ada' where id = 412`);
    });
    const { rows } = await database.query(
      `select c.table_name, o.op::text, o.keys from rowhook.outbox o join rowhook.capture c on c.id = o.capture_id`,
    );
    expect(rows).to.deep.equal([{ table_name: '"public"."people"', op: 'u', keys: ['412'] }]);
  });

  for (const within of ['on its own', 'in one transaction'] as const) {
    it(`leaves the application's schema as it was when taken back (${within})`, async () => {
      const { database, url } = await ownedCrm();
      const before = await schemaDump(database);
      await withKnex(url, async (knex) => {
        const run = (work: (at: typeof knex) => Promise<void>) =>
          within === 'on its own' ? work(knex) : knex.transaction(work);
        await run(async (at) => {
          await install(at);
          await capture(at, catalog);
        });
        const captured = await schemaDump(database);
        expect(captured).to.contain('rowhook_update').and.contain('rowhook.outbox');
        await run(async (at) => {
          await release(at, catalog);
          await uninstall(at);
        });
      });
      expect(await schemaDump(database)).to.equal(before);
    });
  }

  it('takes the triggers off by itself when it is uninstalled, also those of a table that was renamed', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await knex.raw('alter table tags rename to labels');
      const before = await schemaDump(database);
      await knex.raw('alter table labels rename to tags');
      await install(knex);
      await capture(knex, catalog);
      await knex.raw('alter table tags rename to labels');
      await uninstall(knex);
      expect(await schemaDump(database)).to.equal(before);
      await knex.raw(`update labels set name = name || '!'`);
    });
  });

  it('may be run up twice and down twice', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await install(knex);
      await capture(knex, catalog);
      const once = await schemaDump(database);
      await install(knex);
      await capture(knex, catalog);
      expect(await schemaDump(database)).to.equal(once);
      const { rows } = await database.query(
        'select count(*) = count(distinct table_name) as once, count(released_at)::int as released from rowhook.capture',
      );
      expect(rows).to.deep.equal([{ once: true, released: 0 }]);
      await release(knex, catalog);
      await release(knex, catalog);
      await uninstall(knex);
      await uninstall(knex);
      await release(knex, catalog);
    });
  });

  it('captures and releases single tables, and names those that the catalog does not have', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await install(knex);
      await capture(knex, catalog, { tables: ['people', 'tags'] });
      const captured = async () => {
        const { rows } = await database.query(
          'select table_name from rowhook.capture where released_at is null',
        );
        return rows.map((row) => row.table_name).sort();
      };
      expect(await captured()).to.deep.equal(['"public"."people"', '"public"."tags"']);
      await release(knex, ['tags']);
      expect(await captured()).to.deep.equal(['"public"."people"']);

      const error = await failure(capture(knex, catalog, { tables: ['people', 'sites'] }));
      expect(error).to.include({ code: 'table_unknown', where: '"public"."sites"' });
      expect(error.message).to.contain('"public"."people"');
    });
  });

  it('rolls back with the transaction that it is called in, and keeps its settings', async () => {
    const { database, url } = await ownedCrm();
    const before = await schemaDump(database);
    await withKnex(url, async (knex) => {
      await knex
        .transaction(async (trx) => {
          await trx.raw(`set local lock_timeout = '7s'`);
          await install(trx);
          await capture(trx, catalog, { lockTimeoutMs: 50 });
          const { rows } = await trx.raw(
            `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`,
          );
          expect(rows).to.deep.equal([{ lock: '7s', statement: '0' }]);
          throw new Error('changed my mind');
        })
        .catch((error: Error) => expect(error.message).to.equal('changed my mind'));
    });
    expect(await schemaDump(database)).to.equal(before);
  });

  it('gives a transaction back to its owner after a failure within it', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await knex.transaction(async (trx) => {
        await install(trx);
        await trx.raw('alter table tags drop column name');
        expect(await failure(capture(trx, catalog))).to.include({
          code: 'column_missing',
          where: '"public"."tags"',
        });
        await trx.raw('create table survived (id int)');
      });
    });
    const { rows } = await database.query(`select to_regclass('survived') is not null as there`);
    expect(rows).to.deep.equal([{ there: true }]);
  });

  it('refuses to use a knex transaction that is over', async () => {
    const { url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      const trx = await knex.transaction();
      await trx.commit();
      expect((await failure(install(trx))).message).to.contain('has ended already');
    });
  });

  it('takes question marks for what they are: in names, comments and bodies of functions', async () => {
    const { database, url } = await ownedCrm();
    const questions = {
      ...catalog,
      resources: {
        faq: {
          table: 'faq?',
          key: ['no?'],
          fields: { answer: { kind: 'column', column: 'answer??', format: 'text' } },
        },
      },
      events: { faq_update: { resource: 'faq', on: 'update' } },
    } as const;
    await withKnex(url, async (knex) => {
      await knex.schema.raw('create table "faq\\?" ("no\\?" int primary key, "answer\\?\\?" text)');
      for (const within of [knex, await knex.transaction()]) {
        await install(within);
        await capture(within, questions);
        if (within.isTransaction) await (within as Knex.Transaction).commit();
      }
    });
    await database.query(`insert into "faq?" values (1, 'why?')`);
    await database.query(`update "faq?" set "answer??" = 'because'`);
    const { rows } = await database.query('select op::text, keys from rowhook.outbox order by seq');
    expect(rows).to.deep.equal([
      { op: 'i', keys: ['1'] },
      { op: 'u', keys: ['1'] },
    ]);
  });

  it("is not misled by the application's own parsers of values", async () => {
    const { database, url } = await ownedCrm();
    const oids = [20, 23, 114, 1184, 3802, 16];
    const before = oids.map((oid) => pg.types.getTypeParser(oid));
    for (const oid of oids) pg.types.setTypeParser(oid, (text) => `<${text}>`);
    try {
      await withKnex(url, async (knex) => {
        await install(knex);
        await capture(knex, catalog, { tables: ['people'] });
        await capture(knex, catalog, { tables: ['people'] });
      });
    } finally {
      for (const [i, oid] of oids.entries()) pg.types.setTypeParser(oid, before[i]);
    }
    const { rows } = await database.query('select count(*)::int as n from rowhook.capture');
    expect(rows).to.deep.equal([{ n: 1 }]);
  });
});
