import { expect } from 'chai';
import knex from 'knex';
import { type CatalogInput, defineCatalog, one, text, texts } from '../../src/catalog/define.ts';
import type { Resource } from '../../src/catalog/types.ts';
import { capture } from '../../src/migrations.ts';
import { unknownRecord } from '../../src/relay/events/unknown-records.ts';
import { dropSetAside, listSetAside, setAsideAnswer } from '../../src/store/set-aside.ts';
import { waitUntil } from '../support/wait.ts';
import { named, type OwnDatabase, ownDatabase } from './own-catalog.ts';
import { startRelay } from './relay-run.ts';

/** A catalog may change while events of its records wait. */
describe('records that the catalog does not know any more', () => {
  let own: OwnDatabase;
  let run: Awaited<ReturnType<typeof startRelay>> | undefined;
  afterEach(async () => {
    await run?.stop();
    run = undefined;
  });

  const fields = texts('id', 'n');
  const half = one('halves', { from: 'id', to: 'id' }, text('half'));
  const catalogOf = (name: string, resource: Partial<Resource>): CatalogInput => ({
    name: 'own',
    resources: { [name]: { table: 'a', fields, ...resource }, z: { table: 'z', fields: texts('id') } },
    events: {
      [`${name}_insert`]: { resource: name, on: 'insert' },
      z_insert: { resource: 'z', on: 'insert' },
    },
  });

  async function prepare(...statements: string[]): Promise<void> {
    own = await ownDatabase(
      `create table a (id text primary key, n int, org text not null default 'o'); create unique index on a (org, id);
       create table z (id int primary key); create view halves as select id, 10 / n as half from a`,
      catalogOf('a', { fields: { ...fields, half } }),
    );
    await own.endpoint();
    for (const statement of statements) await own.db.query(statement);
  }
  /** Another daemon, with this catalog, and everything due. */
  async function restart(input: CatalogInput): Promise<void> {
    await own.end();
    const catalog = defineCatalog(input);
    const client = knex({ client: 'pg', connection: own.db.url });
    await capture(client, catalog);
    await client.destroy();
    await own.db.query('update rowhook.set_aside set retry_at = clock_timestamp()');
    run = await startRelay(own.db, { catalog, pollMs: 100 });
  }
  const reasons = async () =>
    (await listSetAside(own.db)).map(({ key, reason }) => `${key} ${reason}`).sort();
  async function goesOn(aside: readonly string[]): Promise<void> {
    await waitUntil(async () => (await reasons()).join() === aside.join(), { what: aside.join() });
    await own.db.query('insert into z values (1)');
    const came = async () =>
      (await own.db.query(`select from rowhook.event where name = 'z_insert' and payload is not null`))
        .rowCount === 1;
    await waitUntil(came, { what: 'an event of another resource' });
    expect(run!.relay.failingSince()).to.equal(undefined);
  }

  it('wait, and stop nobody, when their resource has another name', async () => {
    await prepare(`insert into a values ('abc', 0), ('def', 1)`);
    expect(named(await own.turnAll())).to.eql(['a_insert def']);
    await restart(catalogOf('b', {}));
    await goesOn(['abc resource_unknown']);
    const request = await dropSetAside(own.db, { resource: 'a' });
    await waitUntil(async () => (await setAsideAnswer(own.db, request)).done, {
      what: 'the relay to drop it',
    });
    expect(await reasons()).to.eql([]);
  });

  it('wait, and stop nobody, when their key is made of other columns', async () => {
    await prepare(`insert into a values ('abc', 0)`);
    expect(named(await own.turnAll())).to.eql([]);
    // Captured by the key of then, and read with that of today.
    await own.db.query(`insert into a values ('ghi', 1)`);
    await own.db.query(`insert into a values ('["o"]', 1)`);
    await restart(catalogOf('a', { key: ['org', 'id'] }));
    await goesOn(['["o"] key_changed', 'abc key_changed', 'ghi key_changed']);
  });

  it('are those without a resource, and those whose key has another shape', () => {
    const catalog = defineCatalog(catalogOf('a', { key: ['org', 'id'] }));
    const reason = (resourceName: string, key: string) =>
      unknownRecord({ resourceName, key }, catalog)?.reason;
    expect(reason('a', '["o","1"]')).to.equal(undefined);
    for (const key of [
      '1',
      '',
      '[',
      'null',
      '"o"',
      '{"0":"o","1":"1","length":2}',
      '["o"]',
      '["o",1]',
      '["o","1","2"]',
    ])
      expect(reason('a', key), key).to.equal('key_changed');
    expect(reason('z', '["o","1"]')).to.equal(undefined);
    for (const name of ['b', 'toString', '__proto__']) expect(reason(name, '1')).to.equal('resource_unknown');
    expect(unknownRecord({ resourceName: 'b', key: '', body: '{}' }, catalog)).to.equal(undefined);
  });
});
