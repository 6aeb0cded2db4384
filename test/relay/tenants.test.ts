import { expect } from 'chai';
import { text, texts } from '../../src/catalog/define.ts';
import { type OwnDatabase, ownDatabase } from './own-catalog.ts';

const tables = `
  create table orgs (id int primary key, name text);
  create table campaigns (id int primary key, org_id int, name text);
  create table teams (id int primary key, campaign_id int references campaigns on delete cascade, name text);
  create table gifts (id int primary key, team_id int references teams on delete cascade, note text);
  insert into orgs values (1, 'A'), (2, 'B');
  insert into campaigns values (10, 1), (20, 2), (30, null);
  insert into teams values (100, 10), (200, 20);
  insert into gifts values (1000, 100), (2000, 200), (3000, null)`;

const throughCampaign = { from: 'campaign_id', table: 'campaigns', to: 'id', tenant: 'org_id' };

describe('tenants', () => {
  let own: OwnDatabase;
  let a: string;
  let b: string;
  let all: string;
  beforeEach(async () => {
    own = await ownDatabase(tables, {
      name: 'giving',
      resources: {
        campaign: { table: 'campaigns', fields: texts('id', 'name'), tenant: 'org_id' },
        team: { table: 'teams', fields: texts('id', 'name'), tenant: throughCampaign },
        gift: {
          table: 'gifts',
          fields: { id: text(), note: text() },
          tenant: { from: 'team_id', table: 'teams', to: 'id', tenant: throughCampaign },
        },
        org: { table: 'orgs', fields: texts('id', 'name') },
      },
      events: ['campaign', 'team', 'gift', 'org'].flatMap((resource) => [
        { name: `${resource}_create`, resource, on: 'insert' as const },
        { name: `${resource}_update`, resource, on: 'update' as const },
        { name: `${resource}_delete`, resource, on: 'delete' as const },
      ]),
    });
    [a, b, all] = [await own.endpoint('1'), await own.endpoint('2'), await own.endpoint(null)];
  });
  afterEach(() => own.end());
  /** Events with who gets them: A, B, and * for the one endpoint that gets all. */
  const run = async (...statements: string[]) => {
    for (const statement of statements) await own.db.query(statement);
    const letters = new Map([
      [a, 'A'],
      [b, 'B'],
      [all, '*'],
    ]);
    return (await own.turnAll()).map(
      ({ name, key, to }) => `${name} ${key} ${to.map((id) => letters.get(id)).join('')}`,
    );
  };

  it('get the events of their own records, found by a column or by a path', async () => {
    expect(await run(`update campaigns set name = 'x'`)).to.eql([
      'campaign_update 10 A*',
      'campaign_update 20 B*',
      'campaign_update 30 *',
    ]);
    expect(await run(`update gifts set note = 'x'`)).to.eql([
      'gift_update 1000 A*',
      'gift_update 2000 B*',
      'gift_update 3000 *',
    ]);
    expect(await run(`update orgs set name = 'x' where id = 1`)).to.eql(['org_update 1 *']);
  });

  it('get what a record says once it is theirs, and nothing of it when it is not any more', async () => {
    expect(
      await run(
        `update gifts set note = 'x' where id = 1000`,
        `update campaigns set org_id = 2 where id = 10`,
      ),
    ).to.eql(['gift_update 1000 B*']);
    expect(await run(`update gifts set team_id = 200, note = 'y' where id = 1000`)).to.eql([
      'gift_update 1000 B*',
    ]);
  });

  it('hear of deletes, also of all that is deleted along with what led to the tenant', async () => {
    expect(await run(`delete from gifts where id = 2000`)).to.eql(['gift_delete 2000 B*']);
    expect((await run(`delete from campaigns where id = 10`)).sort()).to.eql([
      'campaign_delete 10 A*',
      'gift_delete 1000 A*',
      'team_delete 100 A*',
    ]);
  });

  it('hear of a delete whose way to them was deleted earlier', async () => {
    await own.db.query(`alter table gifts drop constraint gifts_team_id_fkey`);
    expect((await run(`delete from campaigns where id = 10`)).sort()).to.eql([
      'campaign_delete 10 A*',
      'team_delete 100 A*',
    ]);
    expect(await run(`delete from gifts where id = 1000`)).to.eql(['gift_delete 1000 A*']);
    // Its row says who owned it, though the record went before anybody looked.
    expect(
      await run(
        `insert into campaigns values (40, 2, 'n')`,
        `update campaigns set org_id = 1 where id = 40`,
        `delete from campaigns where id = 40`,
      ),
    ).to.eql(['campaign_create 40 A*', 'campaign_delete 40 A*']);
  });

  it('cost no query where nobody subscribes', async () => {
    await own.db.query(`update rowhook.endpoint set active = false`);
    expect(await run(`update gifts set note = 'z'`)).to.eql([
      'gift_update 1000 ',
      'gift_update 2000 ',
      'gift_update 3000 ',
    ]);
    const { rows } = await own.db.query(
      `select count(*)::int as n from rowhook.event where tenant is not null`,
    );
    expect(rows).to.eql([{ n: 0 }]);
  });

  it('do not get what once was theirs and now is nobody’s', async () => {
    await run(`update campaigns set name = 'x' where id = 10`);
    expect(await run(`update campaigns set org_id = null where id = 10`)).to.eql([]);
    expect(await run(`update gifts set note = 'x' where id = 1000`)).to.eql(['gift_update 1000 *']);
    await run(
      `update teams set name = 'x' where id = 200`,
      `update teams set campaign_id = null where id = 200`,
    );
    await own.db.query(`alter table gifts drop constraint gifts_team_id_fkey`);
    expect(await run(`delete from teams where id = 200`)).to.eql(['team_delete 200 *']);
    await own.db.query(`truncate rowhook.outbox`);
    expect(await run(`update gifts set note = 'x' where id = 2000`)).to.eql(['gift_update 2000 *']);
  });

  it('are not told by what was said of a record before it moved and ended', async () => {
    await own.db.query(`alter table gifts drop constraint gifts_team_id_fkey`);
    await run(`update teams set name = 'x' where id = 100`);
    await run(`update teams set campaign_id = 20 where id = 100`);
    expect(
      await run(`delete from teams where id = 100`, `update gifts set note = 'x' where id = 1000`),
    ).to.eql(['team_delete 100 B*', 'gift_update 1000 B*']);
    await own.db.query(`truncate rowhook.outbox`);
    expect(await run(`update gifts set note = 'y' where id = 1000`)).to.eql(['gift_update 1000 B*']);
  });

  it('do not get what another had deleted before its key, or what it hung on, was made anew for them', async () => {
    expect(
      await run(
        `delete from campaigns where id = 10`,
        `insert into campaigns values (10, 2, 'new')`,
        `insert into teams values (100, 10, 'new')`,
        `insert into gifts values (1000, 100, 'new')`,
      ),
    ).to.have.members([
      'campaign_delete 10 A*',
      'team_delete 100 A*',
      'gift_delete 1000 A*',
      'campaign_create 10 B*',
      'team_create 100 B*',
      'gift_create 1000 B*',
    ]);
  });

  it('are known for every piece of a large cascade', async () => {
    await own.db.query(`insert into gifts select i, 100 from generate_series(5000, 8000) i`);
    await own.turnAll();
    await own.db.query(`delete from campaigns where id = 10`);
    const events = await own.turnAll({ size: { rows: 3, changes: 900 } });
    expect(events).to.have.length(3_004);
    expect(new Set(events.map(({ tenant }) => tenant))).to.eql(new Set(['1']));
    // Known from the transaction itself: nothing had to wait.
    const { rows } = await own.db.query(`select last_value, is_called from rowhook.relay_parked_id_seq`);
    expect(rows).to.eql([{ last_value: '1', is_called: false }]);
  });

  it('are nobody for a record whose last row was not kept, whoever has its key by now', async () => {
    await own.db.query(`delete from gifts where id = 1000`);
    await own.db.query(`update rowhook.outbox set vals = array[null]`);
    expect(await run(`insert into gifts values (1000, 200, 'of B')`)).to.eql([
      'gift_delete 1000 *',
      'gift_create 1000 B*',
    ]);
  });

  it('are nobody, in the end, for a record that went unseen', async () => {
    await own.db.query(`update gifts set note = 'q' where id = 1000`);
    await own.db.query(`alter table gifts disable trigger user`);
    await own.db.query(`delete from gifts where id = 1000`);
    expect(await run()).to.eql(['gift_update 1000 *']);
  });

  it('do not get a marked record whose key was made anew for them', async () => {
    await own.end();
    own = await ownDatabase(
      `create table notes (id int primary key, org text, body text, gone_at timestamptz)`,
      {
        name: 'notes',
        resources: {
          note: { table: 'notes', fields: texts('id', 'body'), tenant: 'org', softDelete: 'gone_at' },
        },
        events: [
          { name: 'note_create', resource: 'note', on: 'insert' },
          { name: 'note_delete', resource: 'note', on: 'delete' },
        ],
      },
    );
    [a, b, all] = [await own.endpoint('A'), await own.endpoint('B'), await own.endpoint(null)];
    await own.db.query(`insert into notes values (1, 'A', 'of A')`);
    await own.turnAll();
    expect(
      await run(
        `update notes set body = 'secret of A', gone_at = now()`,
        `delete from notes`,
        `insert into notes values (1, 'B', 'of B')`,
      ),
    ).to.eql(['note_delete 1 A*', 'note_create 1 B*']);
  });
});
