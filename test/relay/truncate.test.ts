import { expect } from 'chai';
import { type CatalogInput, changesOf, text, texts, truncateOf } from '../../src/catalog/define.ts';
import { eventTable } from '../../src/relay/events/events.ts';
import { named, type OwnDatabase, ownDatabase } from './own-catalog.ts';

const tables = `
  create table groups (id int primary key, name text);
  create table items (id int primary key, group_id int references groups on delete cascade, name text);
  create table labels (id int primary key, item_id int, name text);
  create table visits (id int, day int, primary key (id, day)) partition by range (day);
  create table visits_1 partition of visits for values from (0) to (10);
  create table visits_2 partition of visits for values from (10) to (30) partition by range (day);
  create table visits_2a partition of visits_2 for values from (10) to (20);
  create table notes (id int primary key, name text);
  create table old_notes () inherits (notes);
  create table older_notes () inherits (old_notes)`;

const catalog: CatalogInput = {
  name: 'shop',
  resources: {
    group: { table: 'groups', fields: texts('id', 'name') },
    item: {
      table: 'items',
      fields: texts('id', 'name'),
      parts: [{ table: 'labels', from: 'item_id', to: 'id' }],
    },
    visit: { table: 'visits', key: ['id', 'day'], fields: texts('id', 'day') },
    note: { table: 'notes', fields: { id: text(), name: text() } },
  },
  events: [
    ...['group', 'item', 'visit', 'note'].flatMap((name) => [...changesOf(name), truncateOf(name)]),
    { name: 'item_labelled', resource: 'item', on: 'assign', part: 'labels' },
    { name: 'item_unlabelled', resource: 'item', on: 'unassign', part: 'labels' },
  ],
};

describe('events of TRUNCATE', () => {
  let own: OwnDatabase;
  const run = (sql: string) => own.db.query(sql);
  /** What became of a statement, as `item_update 5`; truncations as their names. */
  const raised = async (...statements: string[]) => {
    for (const sql of statements) await run(sql);
    return named(await own.turnAll()).map((line) => line.replace(' null', ''));
  };

  beforeEach(async () => {
    own = await ownDatabase(tables, catalog);
    await own.endpoint();
    await run(
      `insert into groups values (1, 'a'), (2, 'b'); insert into items values (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c')`,
    );
    await own.turnAll();
  });
  afterEach(() => own.end());

  it('are one for each statement and table, and say which resource, and when', async () => {
    const before = Date.now();
    expect(await raised('truncate items', 'truncate items, labels')).to.eql([
      'item_truncate',
      'item_truncate',
    ]);
    const { rows } = await own.db.query(
      'select resource, record_key, payload, delivery_count, tenant, seq is null as seqless from rowhook.event order by id desc limit 1',
    );
    const { payload, ...row } = rows[0]!;
    expect(row).to.eql({
      resource: 'item',
      record_key: null,
      delivery_count: 1,
      tenant: null,
      seqless: false,
    });
    expect(payload).to.match(
      /^\{"resource":"item","truncated_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"\}$/,
    );
    expect(Math.abs(Date.parse(JSON.parse(payload).truncated_at) - before)).to.be.below(60_000);
  });

  for (const [form, expected] of [
    ['sql', '"2024-03-04 05:06:07"'],
    ['unix', '1709528767'],
    ['iso', '"2024-03-04T05:06:07+00:00"'],
  ] as const) {
    it(`write their time as the catalog does: ${form}`, async () => {
      await run('truncate items');
      await run(`update rowhook.outbox set changed_at = '2024-03-04 05:06:07.999+00'`);
      const [event] = await own.turnAll({
        catalog: { ...own.catalog, timestamps: form },
      });
      expect(event!.payload).to.equal(`{"resource":"item","truncated_at":${expected}}`);
    });
  }

  it('come of a cascade for each table that it reaches', async () => {
    expect(await raised('truncate groups cascade')).to.have.members(['group_truncate', 'item_truncate']);
  });

  it('are nothing where the transaction is rolled back', async () => {
    expect(await raised('begin; truncate items; rollback')).to.eql([]);
    expect(await raised('begin; savepoint a; truncate items; rollback to a; commit')).to.eql([]);
  });

  it('come of a partitioned table as a whole, once, and not of a partition alone', async () => {
    await raised('insert into visits values (1, 5), (2, 15)');
    expect(await raised('truncate visits_1', 'truncate visits_2')).to.eql([]);
    expect(await raised('truncate visits')).to.eql(['visit_truncate']);
    expect(
      await raised('begin; truncate visits; insert into visits values (3, 5); truncate visits_1; commit'),
    ).to.eql(['visit_truncate', 'visit_create ["3", "5"]']);
  });

  it('come of a table with those that inherit from it, and not where one of them stays', async () => {
    expect(await raised('truncate only notes', 'truncate old_notes')).to.eql([]);
    expect(await raised('truncate notes')).to.eql(['note_truncate']);
    expect(await raised('begin; truncate only notes; truncate only old_notes; commit')).to.eql([]);
    expect(await raised('begin; truncate only notes; truncate old_notes; commit')).to.eql(['note_truncate']);
  });

  it('come of a table and those that inherit from it in whatever order they are named, and no gap beside', async () => {
    expect(await raised('truncate old_notes, notes')).to.eql(['note_truncate']);
    expect(await raised('truncate older_notes, old_notes, notes')).to.eql(['note_truncate']);
    expect(await raised('begin; truncate old_notes; truncate notes; commit')).to.eql(['note_truncate']);
    expect(await raised('truncate visits_1, visits')).to.eql(['visit_truncate']);
    expect((await own.db.query('select from rowhook.gap where acknowledged_at is null')).rowCount).to.equal(
      0,
    );
    expect(
      await raised(
        `begin; truncate old_notes; insert into old_notes values (1, 'stays'); truncate only notes; commit`,
      ),
    ).to.eql(['note_create 1']);
    expect((await own.db.query('select from rowhook.gap where acknowledged_at is null')).rowCount).to.equal(
      1,
    );
  });

  it('lie between what the transaction did before, of which the world saw nothing, and after', async () => {
    expect(
      await raised(`begin;
        insert into items values (4, null, 'new'); update items set name = 'x' where id = 1; delete from items where id = 2;
        insert into labels values (1, 3, 'x');
        truncate items;
        insert into items values (3, null, 'again'), (5, null, 'after'); update items set name = 'y' where id = 5;
        commit`),
    ).to.eql(['item_delete 2', 'item_truncate', 'item_create 3', 'item_create 5']);
    expect(
      await raised(
        `begin; delete from items where id = 3; truncate items; insert into items values (3); commit`,
      ),
    ).to.eql(['item_delete 3', 'item_truncate', 'item_create 3']);
    expect(
      await raised(
        `begin; insert into items values (6); truncate items; insert into items values (6); truncate items; commit`,
      ),
    ).to.eql(['item_truncate', 'item_truncate']);
  });

  it('take the rows of a part along without a word of them', async () => {
    await raised(`insert into labels values (1, 1, 'old'), (5, 2, 'old')`);
    expect(
      await raised(`begin; insert into labels values (2, 1, 'x'); insert into labels values (3, 2, 'x');
        update labels set name = 'y' where id = 1; delete from labels where id in (3, 5); truncate labels;
        insert into labels values (4, 3, 'x'); commit`),
    ).to.eql(['item_update 1', 'item_update 2', 'item_unlabelled 2', 'item_update 3', 'item_labelled 3']);
  });

  it('come after what was changed before and is gone by them, which is shown by its key', async () => {
    await run(`update items set name = 'x' where id = 1; insert into items values (9, null, 'i')`);
    await run('truncate items');
    await run(`insert into items values (2, null, 'again')`);
    const events = await own.turnAll();
    expect(named(events)).to.eql(['item_update 1', 'item_create 9', 'item_truncate null', 'item_create 2']);
    expect(events.map(({ payload }) => JSON.parse(payload!))).to.deep.include({ id: '1', name: null });
    expect((await own.db.query('select from rowhook.relay_parked')).rowCount).to.equal(0);
  });

  it('come after what waited for a last row that there will never be', async () => {
    await run(`insert into items values (10); insert into items values (11); insert into items values (12)`);
    await run('truncate items');
    expect(named(await own.turnAll({ size: { rows: 1, changes: 1 } }))).to.eql([
      'item_create 10',
      'item_create 11',
      'item_create 12',
      'item_truncate null',
    ]);
    expect((await own.db.query('select from rowhook.relay_parked')).rowCount).to.equal(0);
  });

  it('are not what a catalog gets that has none of them', async () => {
    const plain = { ...own.catalog.events };
    for (const name of Object.keys(plain)) if (name.endsWith('_truncate')) delete plain[name];
    await run('truncate items');
    expect(await own.turnAll({ events: eventTable({ ...own.catalog, events: plain }) })).to.eql([]);
  });
});
