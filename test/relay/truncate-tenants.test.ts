import { expect } from 'chai';
import { changesOf, texts, truncateOf } from '../../src/catalog/define.ts';
import { type OwnDatabase, ownDatabase } from './own-catalog.ts';

/** What TRUNCATE leaves of whose records they were: no last row says it, and keys are made anew for others. */
describe('tenants and TRUNCATE', () => {
  let own: OwnDatabase;
  const name = new Map<string, string>();
  const run = (sql: string) => own.db.query(sql);
  /** `person_update 1 → all, a`: who gets what came of these. */
  const given = async (...statements: string[]) => {
    for (const sql of statements) await run(sql);
    return (await own.turnAll()).map(
      (event) => `${event.name} → ${event.to.map((id) => name.get(id)).join(', ')}`,
    );
  };

  beforeEach(async () => {
    own = await ownDatabase(
      'create table sites (id int primary key, owner text); create table persons (id int primary key, site_id int, name text)',
      {
        name: 'tenants',
        resources: {
          site: { table: 'sites', fields: texts('id'), tenant: 'owner' },
          person: {
            table: 'persons',
            fields: texts('id', 'name'),
            tenant: { from: 'site_id', table: 'sites', to: 'id', tenant: 'owner' },
          },
        },
        events: [...changesOf('site'), ...changesOf('person'), truncateOf('person')],
      },
    );
    for (const tenant of [null, 'a', 'b']) name.set(await own.endpoint(tenant), tenant ?? 'all');
    await run(`insert into sites values (1, 'a'), (2, 'b'); insert into persons values (1, 1, 'x')`);
    await own.turnAll();
  });
  afterEach(() => own.end());

  it('tell a truncation to endpoints of all tenants only', async () => {
    expect(await given(`update persons set name = 'y'`, 'truncate persons')).to.eql([
      'person_update → all',
      'person_truncate → all',
    ]);
  });

  it('give nothing to whoever has the key of a truncated row now', async () => {
    expect(await given('delete from persons', 'truncate sites', `insert into sites values (1, 'b')`)).to.eql([
      'person_delete → all',
      'site_create → all, b',
    ]);
  });

  it('wait for no row of the way to a tenant that a truncation has ended', async () => {
    expect(await given(`update persons set name = 'y'`, 'truncate sites')).to.eql(['person_update → all']);
    expect((await run('select from rowhook.relay_parked')).rowCount).to.equal(0);
  });

  for (const [how, end] of Object.entries({
    'a truncation': 'truncate sites',
    'a write that capture did not see':
      'begin; set local session_replication_role = replica; delete from sites; commit',
  })) {
    it(`take no earlier delete of the key for what ended by ${how}`, async () => {
      await given(
        'delete from sites where id = 1',
        `insert into sites values (1, 'b')`,
        `update persons set name = 'y'`,
      );
      await given(end);
      expect(await given(`update persons set name = 'z'`)).to.eql(['person_update → all']);
    });
  }
});
