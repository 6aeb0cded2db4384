import { expect } from 'chai';
import pg from 'pg';
import { many, one, text } from '../../src/catalog/define.ts';
import type { Fields } from '../../src/catalog/types.ts';
import { livePayloadSql } from '../../src/relay/payloads/payload-sql.ts';
import { liveTenantSql } from '../../src/relay/payloads/tenant-sql.ts';
import { prepareSession } from '../../src/relay/session.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** Customers with few rows among many, and indexes both on the link and on what they are ordered by. */
const tables = `
  create table customers (id int primary key);
  create table logins (id bigint primary key, customer_id int not null, at timestamptz not null, kind text not null);
  create table tags (id int primary key, name text);
  create table customer_tags (customer_id int, tag_id int, place int, primary key (customer_id, tag_id));
  insert into customers select i from generate_series(1, 100000) i;
  insert into logins select i, 1 + i % 200, now() - i * interval '1 s', 'k' from generate_series(1, 200000) i;
  insert into tags select i, 't' || i from generate_series(1, 100000) i;
  insert into customer_tags select 1 + i / 3000, i, i from generate_series(1, 100000) i;
  create index logins_customer on logins (customer_id);
  create index logins_at on logins (at);
  create index tags_name on tags (name);
  create index customer_tags_place on customer_tags (place);
  analyze`;

const byLogin = { from: 'id', to: 'customer_id' };
const latest = { orderBy: [{ column: 'at', direction: 'desc' }] } as const;
const byTag = {
  from: 'id',
  through: { table: 'customer_tags', to: 'customer_id', from: 'tag_id' },
  to: 'id',
};

describe('plans of payloads', () => {
  it('that were made while a table was empty do not walk it once it is full', async () => {
    const empty = await createTestDatabase();
    await empty.query('create table things (id int primary key, name text, tenant int)');
    await empty.query('vacuum analyze things');
    const session = new pg.Client({ connectionString: empty.url });
    await session.connect();
    await prepareSession(session, 1_000);
    const facts = { timestamps: 'iso', tables: new Map() } as const;
    const resource = { table: 'things', fields: { id: text(), name: text() } };
    await session.query(`prepare live (text[], bigint) as ${livePayloadSql(resource, ['integer'], facts)}`);
    await session.query(`prepare tenant (text[]) as ${liveTenantSql(resource, 'tenant', ['integer'])}`);
    for (const asked of [`live ('{1}', 1000000)`, `tenant ('{1}')`]) {
      const { rows } = await session.query<{ 'QUERY PLAN': string }>(`explain (costs off) execute ${asked}`);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).to.match(/Scan using things_pkey on things t\n +Index Cond: \(id = /);
    }
    await session.end();
    await empty.drop();
  });

  let db: TestDatabase;
  let client: pg.Client;
  before(async () => {
    db = await createTestDatabase();
    await db.query(tables);
    client = new pg.Client({ connectionString: db.url });
    await client.connect();
    await prepareSession(client, 1_000);
  });
  after(async () => {
    await client.end();
    await db.drop();
  });

  /** The indexes that the relay's query of these fields walks. */
  async function indexesFor(fields: Fields): Promise<string[]> {
    const sql = livePayloadSql({ table: 'customers', fields }, ['integer'], {
      timestamps: 'iso',
      tables: new Map(),
    });
    await client.query(`prepare payload (text[], bigint) as ${sql}`);
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain execute payload ('{90000}', 1000000)`,
    );
    await client.query('deallocate payload');
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    return [...plan.matchAll(/Scan.* using (\S+)/g)].map(([, index]) => index!).sort();
  }

  const scenes: ReadonlyArray<readonly [string, Fields, readonly string[]]> = [
    ['one by an order', { at: one('logins', { ...byLogin, ...latest }, text('at')) }, ['logins_customer']],
    [
      'one by an order, with a condition',
      { at: one('logins', { ...byLogin, ...latest, where: { kind: 'k' } }, { at: text(), id: text() }) },
      ['logins_customer'],
    ],
    [
      'a few by an order',
      { last: many('logins', { ...byLogin, ...latest, limit: 3 }, text('id')) },
      ['logins_customer'],
    ],
    [
      'a few through a table, by an order of the rows',
      { tags: many('tags', { ...byTag, orderBy: ['name'], limit: 5 }, text('name')) },
      ['customer_tags_pkey', 'tags_pkey'],
    ],
    [
      'a few through a table, by its own order',
      {
        tags: many(
          'tags',
          { ...byTag, orderBy: [{ column: 'place', of: 'through' }], limit: 5 },
          { name: text() },
        ),
      },
      ['customer_tags_pkey', 'tags_pkey'],
    ],
  ];
  for (const [what, fields, indexes] of scenes) {
    it(`find ${what} by the link, not by walking the order`, async () => {
      expect(await indexesFor(fields)).to.eql(['customers_pkey', ...indexes].sort());
    });
  }
});
