import { expect } from 'chai';
import pg from 'pg';
import {
  type CatalogInput,
  defineCatalog,
  many,
  one,
  text,
  texts,
  timestamp,
} from '../../src/catalog/define.ts';
import { type CheckOptions, checkDatabase } from '../../src/check/check.ts';
import type { Finding, FindingCode } from '../../src/check/finding.ts';
import { schemaDump } from '../migrations/schema-dump.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';

const tables = `
create table customers (id bigint primary key, code text unique, name text);
create table orders (id bigint primary key, customer_id bigint, customer_code text, paid_at timestamptz, total numeric);
create table lines (id bigint primary key, order_id bigint, article text);
create table owned (id bigint primary key, owner_type text, owner_id bigint);
create table order_tags (order_id bigint, tag_id bigint, primary key (order_id, tag_id));
create table tags (id bigint primary key, name text);`;

const shop = (order: Partial<CatalogInput['resources'][string]> = {}): CatalogInput => ({
  name: 'shop',
  resources: {
    order: { table: 'orders', fields: texts('id', 'total'), ...order },
  },
  events: { order_update: { resource: 'order', on: 'update' } },
});

describe('the check of a catalog against a database', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let db: pg.Client;
  beforeEach(async () => {
    database = await createTestDatabase();
    await database.query(tables);
    db = await connected(database.url);
  });
  afterEach(() => db.end());

  const connected = async (url: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  };
  const check = async (catalog: CatalogInput, options: CheckOptions = {}, on = db) =>
    (await checkDatabase(on, defineCatalog(catalog), options)).findings;
  const problems = async (...given: Parameters<typeof check>) =>
    (await check(...given)).filter(({ severity }) => severity !== 'change');
  const only = async (code: FindingCode, ...given: Parameters<typeof check>): Promise<Finding> => {
    const found = await problems(...given);
    expect(found.map((finding) => finding.code)).to.deep.equal([code]);
    return found[0]!;
  };

  it('finds nothing wrong before anything is installed, says what an installation has to do, and changes nothing', async () => {
    const before = await schemaDump(database);
    const findings = await check(shop());
    expect(findings.map(({ code, severity, where, fix }) => ({ code, severity, where, fix }))).to.deep.equal([
      { code: 'schema_missing', severity: 'change', where: '"rowhook"', fix: 'npx rowhook install' },
      { code: 'not_captured', severity: 'change', where: '"public"."orders"', fix: 'npx rowhook install' },
    ]);
    expect(await schemaDump(database)).to.equal(before);
  });

  it('finds everything that is missing at once: tables, columns, keys, kinds', async () => {
    await database.query(
      'alter table orders drop constraint orders_pkey; create view report as select * from orders',
    );
    const findings = await problems({
      name: 'shop',
      resources: {
        order: { table: 'orders', fields: { ...texts('id', 'totl'), paid: timestamp('paid_on') } },
        report: { table: 'report', fields: texts('id') },
        ghost: { table: 'ghosts', fields: texts('id') },
        customer: {
          table: 'customers',
          key: ['name'],
          fields: { name: text(), hobby: one('hobbies', { from: 'id', to: 'id' }, texts('id')) },
        },
      },
      events: {
        order_update: { resource: 'order', on: 'update' },
        report_update: { resource: 'report', on: 'update' },
        ghost_update: { resource: 'ghost', on: 'update' },
        customer_update: { resource: 'customer', on: 'update' },
      },
    });
    expect(findings.map(({ code, where }) => `${code} ${where}`)).to.have.members([
      'column_missing "public"."orders"',
      'key_missing "public"."orders"',
      'table_unsupported "public"."report"',
      'table_missing "public"."ghosts"',
      'table_missing "public"."hobbies"',
      'key_missing "public"."customers"',
    ]);
    expect(findings.find(({ code }) => code === 'column_missing')?.message)
      .to.contain('"totl", "paid_on"')
      .and.contain('total');
    expect(findings.every(({ severity }) => severity === 'error')).to.equal(true);
  });

  it('names each privilege that is missing with the GRANT that gives it', async () => {
    const installer = await createRole(database, 'installer');
    const daemon = await createRole(database, 'daemon');
    await database.query(
      `create schema crm; create table crm.notes (id bigint primary key, order_id bigint); create index on crm.notes (order_id)`,
    );
    const client = await connected(installer.url);
    try {
      const catalog = shop({
        fields: {
          id: text(),
          notes: many('crm.notes', { from: 'id', to: 'order_id', orderBy: ['id'] }, texts('id')),
        },
      });
      const quoted = pg.escapeIdentifier;
      const findings = await problems(catalog, { daemonRole: daemon.name }, client);
      expect(findings.map(({ code }) => code)).to.satisfy((codes: string[]) =>
        codes.every((code) => code === 'privilege_missing'),
      );
      const [create] = findings;
      expect(create?.fix).to.equal(
        `GRANT CREATE ON DATABASE ${quoted(database.name)} TO ${quoted(installer.name)};`,
      );
      expect(findings.map(({ fix }) => fix)).to.include.members([
        `GRANT USAGE ON SCHEMA "crm" TO ${quoted(daemon.name)};`,
        `GRANT SELECT ON "crm"."notes" TO ${quoted(daemon.name)};`,
        `GRANT SELECT ON "public"."orders" TO ${quoted(daemon.name)};`,
        `GRANT ${quoted(installer.name)} TO ${quoted(daemon.name)};`,
      ]);
      // A superuser owns the table: that no GRANT should make up for.
      await database.query(create!.fix!);
      const owned = (await problems(catalog, { daemonRole: daemon.name }, client)).filter(
        ({ fix }) => fix === null,
      );
      expect(owned.map(({ where }) => where)).to.deep.equal(['"public"."orders"']);
      await database.query(`alter table orders owner to ${quoted(daemon.name)}`);
      const member = (await problems(catalog, { daemonRole: daemon.name }, client)).find(
        ({ where }) => where === '"public"."orders"',
      );
      expect(member?.fix).to.equal(`GRANT ${quoted(daemon.name)} TO ${quoted(installer.name)};`);
      // What it says is enough.
      await database.query(`alter table orders owner to ${quoted(installer.name)}`);
      for (const { fix } of await problems(catalog, { daemonRole: daemon.name }, client))
        await database.query(fix!);
      expect(await problems(catalog, { daemonRole: daemon.name }, client)).to.deep.equal([]);
    } finally {
      await client.end();
    }
  });

  it('finds links whose sides cannot be compared, in payloads, link tables, tenants and parts', async () => {
    await database.query(
      'create index on orders (customer_code); create index on lines (order_id); create index on lines (article)',
    );
    const order = {
      fields: {
        id: text(),
        customer: one('customers', { from: 'customer_code', to: 'id' }, texts('id')),
        tags: many(
          'tags',
          {
            from: 'total',
            to: 'name',
            through: { table: 'order_tags', to: 'order_id', from: 'tag_id' },
            orderBy: ['id'],
          },
          texts('id'),
        ),
      },
      tenant: { from: 'customer_code', table: 'customers', to: 'id', tenant: 'code' },
      parts: [{ table: 'lines', from: 'article', to: 'id' }],
    };
    const findings = (await problems(shop(order))).filter(({ code }) => code === 'link_types');
    expect(findings.map(({ where, message }) => `${where}: ${message}`)).to.deep.equal([
      'resources.order.fields.customer: "public"."orders"."customer_code" is text, "public"."customers"."id" is bigint: the server cannot compare them',
      'resources.order.fields.tags: "public"."order_tags"."tag_id" is bigint, "public"."tags"."name" is text: the server cannot compare them',
      'resources.order.tenant: "public"."orders"."customer_code" is text, "public"."customers"."id" is bigint: the server cannot compare them',
      'resources.order.parts[0]: "public"."lines"."article" is text, "public"."orders"."id" is bigint: the server cannot compare them',
    ]);
  });

  it('has the server plan every payload', async () => {
    const found = await only('payload_invalid', shop({ fields: { id: text(), customer_code: timestamp() } }));
    expect(found).to.include({ where: 'resources.order.fields', severity: 'error' });
    expect(found.message).to.contain('to_char(text');
  });

  it('names the index that a lookup lacks, with the statement that makes it', async () => {
    const linesOf = {
      fields: {
        id: text(),
        lines: many('lines', { from: 'id', to: 'order_id', orderBy: ['id'] }, texts('article')),
      },
    };
    await database.query('insert into lines select i, i, null from generate_series(1, 500) i; analyze lines');
    const found = await only('index_missing', shop(linesOf));
    expect(found).to.include({
      severity: 'warning',
      where: '"public"."lines"',
      fix: 'CREATE INDEX CONCURRENTLY ON "public"."lines" ("order_id");',
    });
    expect(found.message).to.contain('resources.order.fields.lines').and.contain('about 500 rows');
    await database.query(
      'create index on lines (order_id) where order_id > 5; create index on lines (article, order_id)',
    );
    await only('index_missing', shop(linesOf));
    await database.query(found.fix!);
    expect(await problems(shop(linesOf))).to.deep.equal([]);
  });

  it('wants no index where one with fixed columns before it serves, and each one once', async () => {
    const owned = { from: 'id', to: 'owner_id', where: { owner_type: 'order' }, orderBy: ['id'] };
    const catalog = shop({
      fields: { id: text(), a: many('owned', owned, texts('id')), b: many('owned', owned, texts('id')) },
      parts: [{ table: 'lines', from: 'order_id', to: 'customer_id' }],
    });
    const found = await problems(catalog);
    expect(found.map(({ fix }) => fix)).to.have.members([
      'CREATE INDEX CONCURRENTLY ON "public"."owned" ("owner_id");',
      'CREATE INDEX CONCURRENTLY ON "public"."orders" ("customer_id");',
    ]);
    await database.query(
      'create index on owned (owner_type, owner_id); create index on orders (customer_id, total)',
    );
    expect(await problems(catalog)).to.deep.equal([]);
  });

  it('makes the index of a partitioned table as the server lets it', async () => {
    await database.query(
      `create table parted (id bigint, order_id bigint, primary key (id)) partition by range (id);
       create table parted_1 partition of parted for values from (minvalue) to (maxvalue)`,
    );
    const catalog = shop({
      fields: {
        id: text(),
        parted: many('parted', { from: 'id', to: 'order_id', orderBy: ['id'] }, texts('id')),
      },
    });
    const found = await only('index_missing', catalog);
    await database.query(found.fix!);
    expect(await problems(catalog)).to.deep.equal([]);
  });

  it('warns of a key that a transaction may defer', async () => {
    await database.query('alter table orders drop constraint orders_pkey, add primary key (id) deferrable');
    expect(await only('key_deferrable', shop())).to.include({
      severity: 'warning',
      where: '"public"."orders"',
    });
  });

  it('says what a server or a schema is that cannot be used', async () => {
    await database.query('create schema rowhook');
    expect(await only('schema_foreign', shop())).to.include({ severity: 'error', where: 'rowhook' });
  });
});
