import { expect } from 'chai';
import { choice, json, many, one, text, texts } from '../../src/catalog/define.ts';
import { named, type OwnDatabase, ownDatabase } from './own-catalog.ts';

const tables = `
  create table orders (id bigint primary key, state text not null default 'draft', total numeric(12, 2) not null default 0,
    note text, paid_at timestamptz, closed boolean not null default false);
  create table tags (id bigint primary key, name text not null);
  create table orders_tags (order_id bigint not null, tag_id bigint not null, weight int not null default 1,
    primary key (order_id, tag_id));
  insert into orders (id) select generate_series(1, 9);
  insert into tags select i, 'tag ' || i from generate_series(1, 5) i`;

const order = {
  table: 'orders',
  fields: {
    ...texts('id', 'state'),
    total: json(),
    tags: many(
      'tags',
      {
        from: 'id',
        through: { table: 'orders_tags', to: 'order_id', from: 'tag_id' },
        to: 'id',
        orderBy: ['id'],
      },
      text('name'),
    ),
  },
  parts: [{ table: 'orders_tags', from: 'order_id', to: 'id', key: ['order_id', 'tag_id'] }],
} as const;

describe('events of one’s own catalog', () => {
  let own: OwnDatabase;
  afterEach(() => own.end());
  const prepare = async (events: Parameters<typeof ownDatabase>[1]['events']) => {
    own = await ownDatabase(tables, { name: 'shop', resources: { order }, events });
    await own.endpoint();
  };
  const run = async (...statements: string[]) => {
    for (const statement of statements) await own.db.query(statement);
    return named(await own.turnAll());
  };

  it('come of transitions between sets of values, null and not null', async () => {
    await prepare({
      order_placed: {
        resource: 'order',
        on: 'transition',
        transition: { column: 'state', from: ['draft', 'review'], to: { not: ['draft', 'review', 'dead'] } },
      },
      order_paid: {
        resource: 'order',
        on: 'transition',
        transition: { column: 'paid_at', from: null, to: { not: null } },
      },
      order_left: { resource: 'order', on: 'transition', transition: { column: 'state', from: 'draft' } },
      order_round: { resource: 'order', on: 'transition', transition: { column: 'total', to: [5, 10] } },
    });
    expect(await run(`update orders set state = 'review' where id = 1`)).to.eql(['order_left 1']);
    expect(await run(`update orders set state = 'open' where id = 1`)).to.eql(['order_placed 1']);
    expect(await run(`update orders set state = 'dead' where id in (1, 2)`)).to.eql(['order_left 2']);
    expect(await run(`update orders set paid_at = now() where id = 1`)).to.eql(['order_paid 1']);
    expect(await run(`update orders set paid_at = now() + interval '1 s' where id = 1`)).to.eql([]);
    // numeric(12, 2) writes 5.00.
    expect(await run(`update orders set total = 5 where id = 3`)).to.eql(['order_round 3']);
    expect(await run(`update orders set total = 5.5 where id = 3`)).to.eql([]);
  });

  it('see a transition through all statements of a transaction', async () => {
    await prepare({
      order_placed: {
        resource: 'order',
        on: 'transition',
        transition: { column: 'state', from: 'draft', to: 'open' },
      },
    });
    const both = (first: string, second: string) =>
      `begin; update orders set state = '${first}' where id = 4; update orders set state = '${second}' where id = 4; commit`;
    expect(await run(both('review', 'open'))).to.eql(['order_placed 4']);
    expect(await run(`update orders set state = 'draft' where id = 4`, both('open', 'draft'))).to.eql([]);
  });

  it('are filtered by old and new values, as they are at the end of the transaction', async () => {
    await prepare({
      big_order: { resource: 'order', on: 'insert', when: { new: { state: 'open', closed: false } } },
      open_changed: {
        resource: 'order',
        on: 'update',
        columns: ['total'],
        when: { old: { state: { not: 'dead' } }, new: { state: ['open', 'paid'] } },
      },
      open_gone: { resource: 'order', on: 'delete', when: { old: { state: 'open' } } },
    });
    expect(await run(`insert into orders (id, state) values (21, 'open'), (22, 'draft')`)).to.eql([
      'big_order 21',
    ]);
    // The condition's column changes in a statement of its own, which no event waits for.
    const late = `begin; insert into orders (id) values (23); update orders set state = 'open' where id = 23; commit`;
    expect(await run(late)).to.eql(['big_order 23']);
    expect(await run(`update orders set total = 1 where id in (21, 22)`)).to.eql(['open_changed 21']);
    expect(
      await run(
        `begin; update orders set total = 2 where id = 22; update orders set state = 'open' where id = 22; commit`,
      ),
    ).to.eql(['open_changed 22']);
    expect(await run(`update orders set state = 'paid' where id = 22`)).to.eql([]);
    expect(await run(`update orders set state = 'dead' where id = 1`)).to.eql([]);
    expect(await run(`update orders set state = 'open', total = 3 where id = 1`)).to.eql([]);
    const turned = `begin; update orders set state = 'dead' where id = 21; delete from orders where id = 21; commit`;
    expect(await run(turned, `delete from orders where id = 22`)).to.eql(['open_gone 21']);
  });

  it('come of rows of a link table: assign, unassign, and both when one moves', async () => {
    await prepare({
      tag_assign: { resource: 'order', on: 'assign', part: 'orders_tags' },
      tag_unassign: { resource: 'order', on: 'unassign', part: 'orders_tags' },
      heavy_assign: {
        resource: 'order',
        on: 'assign',
        part: 'orders_tags',
        when: { new: { weight: [8, 9] } },
      },
      order_update: { resource: 'order', on: 'update' },
      order_delete: { resource: 'order', on: 'delete' },
    });
    expect(await run(`insert into orders_tags values (1, 1), (1, 2)`)).to.eql([
      'tag_assign 1',
      'order_update 1',
    ]);
    expect(await run(`insert into orders_tags values (2, 1, 9)`)).to.eql([
      'tag_assign 2',
      'heavy_assign 2',
      'order_update 2',
    ]);
    expect(await run(`update orders_tags set weight = 5 where order_id = 1`)).to.eql([]);
    expect(
      await run(
        `begin; insert into orders_tags values (3, 3); delete from orders_tags where order_id = 3; commit`,
      ),
    )
      // The list was changed and changed back; nothing came to it.
      .to.eql(['order_update 3']);
    expect(
      (await run(`update orders_tags set order_id = 4 where order_id = 1 and tag_id = 1`)).sort(),
    ).to.eql(['order_update 1', 'order_update 4', 'tag_assign 4', 'tag_unassign 1']);
    expect(
      await run(`begin; delete from orders_tags where order_id = 2; delete from orders where id = 2; commit`),
    ).to.eql(['order_delete 2']);
  });

  it('are one for each change where the catalog says so', async () => {
    await prepare({
      order_touched: { resource: 'order', on: 'update', per: 'change' },
      order_update: { resource: 'order', on: 'update' },
      order_made: { resource: 'order', on: 'insert', per: 'change' },
      order_gone: { resource: 'order', on: 'delete', per: 'change' },
    });
    expect(
      await run(
        `begin; update orders set total = 1 where id = 1; update orders set total = 2 where id = 1; update orders set total = 3 where id = 1; commit`,
      ),
    ).to.eql(['order_touched 1', 'order_touched 1', 'order_update 1', 'order_touched 1']);
    const events = await (async () => {
      await own.db.query(
        `begin; insert into orders (id, state) values (31, 'brief'); delete from orders where id = 31; commit`,
      );
      return own.turnAll();
    })();
    expect(named(events)).to.eql(['order_made 31', 'order_gone 31']);
    expect(JSON.parse(events[0]!.payload!)).to.include({ id: '31', state: 'brief' });
  });

  it('come of every column there is, also of one that was added since', async () => {
    await prepare({ order_update: { resource: 'order', on: 'update', columns: '*' } });
    expect(await run(`update orders set note = 'n' where id = 1`)).to.eql(['order_update 1']);
    expect(await run(`update orders set note = note`)).to.eql([]);
    await own.db.query('alter table orders add column extra int, drop column closed');
    expect(await run(`update orders set extra = 1 where id in (2, 3)`)).to.eql([
      'order_update 2',
      'order_update 3',
    ]);
    await own.db.query('alter table orders rename column note to whole');
    expect(await run(`update orders set whole = 'w' where id = 4`)).to.eql(['order_update 4']);
  });

  it('come of a table that is a part of itself, to the record and to the one above it', async () => {
    const people = {
      table: 'people',
      fields: {
        ...texts('id', 'name'),
        reports: many('people', { from: 'id', to: 'boss_id', orderBy: ['id'] }, texts('nick')),
      },
      parts: [{ table: 'people', from: 'boss_id', to: 'id' }],
    };
    own = await ownDatabase(
      `create table people (id int primary key, name text, nick text, boss_id int);
       insert into people values (1, 'a', 'x', null), (2, 'b', 'y', 1), (3, 'c', 'z', 1)`,
      {
        name: 'staff',
        resources: { person: people },
        events: {
          person_update: { resource: 'person', on: 'update' },
          report_renamed: {
            resource: 'person',
            on: 'transition',
            part: 'people',
            transition: { column: 'nick', to: 'n' },
          },
        },
      },
    );
    await own.endpoint();
    expect(await run(`update people set name = 'B' where id = 2`)).to.eql(['person_update 2']);
    expect(await run(`update people set nick = 'n' where id = 2`)).to.eql([
      'person_update 1',
      'report_renamed 1',
    ]);
    expect((await run(`update people set boss_id = 3 where id = 2`)).sort()).to.eql([
      'person_update 1',
      'person_update 3',
    ]);
  });

  it('see first and last values also where a trigger of the application changes the row once more', async () => {
    await prepare({
      archived: {
        resource: 'order',
        on: 'transition',
        transition: { column: 'state', from: 'open', to: 'archived' },
      },
      paid: { resource: 'order', on: 'transition', transition: { column: 'state', to: 'paid' } },
      closed: {
        resource: 'order',
        on: 'update',
        when: { old: { state: 'open' }, new: { state: 'archived' } },
      },
      there: {
        resource: 'order',
        on: 'transition',
        transition: { column: 'state', from: 'open', to: { not: 'open' } },
      },
    });
    await own.db.query(`update orders set state = 'open'`);
    await own.turnAll();
    await own.db.query(
      `create function archive() returns trigger language plpgsql as $$ begin
         update orders set state = 'archived' where id = new.id; return null; end $$;
       create trigger archive after update on orders for each row when (new.state = 'paid') execute function archive()`,
    );
    expect(await run(`update orders set state = 'paid' where id = 1`)).to.eql([
      'archived 1',
      'closed 1',
      'there 1',
    ]);
    const back = `begin; update orders set state = 'dead' where id = 2; update orders set state = 'open' where id = 2; commit`;
    expect(await run(back)).to.eql([]);
  });

  it('count what a list filters and orders by, and what a choice shows; a part of nothing makes none', async () => {
    own = await ownDatabase(
      `create table boxes (id int primary key, kind text, thing_id int);
       create table lines (id int primary key, box_id int, place int, hidden boolean default false, what text, other text);
       create table things (id int primary key, box_id int, name text);
       insert into boxes values (1, 'thing', 5); insert into lines values (1, 1, 1); insert into things values (5, 1, 'n')`,
      {
        name: 'boxes',
        resources: {
          box: {
            table: 'boxes',
            fields: {
              id: text(),
              lines: many(
                'lines',
                {
                  from: 'id',
                  to: 'box_id',
                  where: { hidden: false },
                  orderBy: [{ column: 'place', direction: 'desc' }],
                },
                text('what'),
              ),
              thing: choice('kind', {
                thing: one('things', { from: 'thing_id', to: 'id' }, { name: text() }),
              }),
            },
            parts: [
              { table: 'lines', from: 'box_id', to: 'id' },
              { table: 'things', from: 'box_id', to: 'id' },
            ],
          },
        },
        events: [
          { name: 'box_update', resource: 'box', on: 'update' },
          { name: 'line_assign', resource: 'box', on: 'assign', part: 'lines' },
        ],
      },
    );
    await own.endpoint();
    for (const change of [`hidden = true`, `place = 2`, `what = 'w'`]) {
      expect(await run(`update lines set ${change}`), change).to.eql(['box_update 1']);
    }
    expect(await run(`update lines set other = 'o'`)).to.eql([]);
    expect(await run(`update things set name = 'm'`)).to.eql(['box_update 1']);
    expect(await run(`insert into lines values (2, 404, 1)`)).to.eql([]);
  });
});
