import { expect } from 'chai';
import { deletedAt, many, text, texts } from '../../src/catalog/define.ts';
import { named, type OwnDatabase, ownDatabase } from './own-catalog.ts';

const tables = `
  create table gifts (id int primary key, note text, deleted_at timestamptz);
  create table lines (id int primary key, gift_id int not null, what text);
  create table flags (id int primary key, is_deleted boolean);
  insert into gifts select i from generate_series(1, 9) i; insert into flags select i from generate_series(1, 9) i`;

describe('records that are deleted by a mark', () => {
  let own: OwnDatabase;
  beforeEach(async () => {
    own = await ownDatabase(tables, {
      name: 'soft',
      timestamps: 'unix',
      resources: {
        gift: {
          table: 'gifts',
          fields: {
            ...texts('id', 'note'),
            lines: many('lines', { from: 'id', to: 'gift_id', orderBy: ['id'] }, { what: text() }),
          },
          deletedFields: { id: text(), at: deletedAt('deleted_at') },
          softDelete: 'deleted_at',
          parts: [{ table: 'lines', from: 'gift_id', to: 'id' }],
        },
        flag: { table: 'flags', fields: texts('id'), softDelete: 'is_deleted' },
      },
      events: ['gift', 'flag'].flatMap((resource) => [
        { name: `${resource}_create`, resource, on: 'insert' as const },
        { name: `${resource}_update`, resource, on: 'update' as const },
        { name: `${resource}_delete`, resource, on: 'delete' as const },
      ]),
    });
    await own.endpoint();
  });
  afterEach(() => own.end());
  const run = async (...statements: string[]) => {
    for (const statement of statements) await own.db.query(statement);
    return own.turnAll();
  };
  const mark = (id: number) => `update gifts set deleted_at = '2017-11-06 20:26:40Z' where id = ${id}`;

  it('go with the mark and come back without it, and the world sees nothing in between', async () => {
    const [deleted, ...others] = await run(mark(1));
    expect(deleted).to.include({ name: 'gift_delete', payload: '{"id":"1","at":1510000000}' });
    expect(others).to.eql([]);
    expect(
      await run(
        `update gifts set note = 'x' where id = 1`,
        `update gifts set deleted_at = now() where id = 1`,
      ),
    ).to.eql([]);
    expect(named(await run(`update gifts set deleted_at = null where id = 1`))).to.eql(['gift_create 1']);
    expect(named(await run(`update flags set is_deleted = false`))).to.eql([]);
    expect(named(await run(`update flags set is_deleted = true where id = 2`))).to.eql(['flag_delete 2']);
  });

  it('are not deleted a second time when their row goes', async () => {
    await run(mark(2));
    expect(await run(`delete from gifts where id = 2`)).to.eql([]);
    expect(named(await run(`delete from gifts where id = 3`))).to.eql(['gift_delete 3']);
  });

  it('are nothing when they were marked from the start', async () => {
    expect(await run(`insert into gifts values (30, 'x', now())`, `delete from gifts where id = 30`)).to.eql(
      [],
    );
    expect(
      await run(
        `begin; insert into gifts values (31); update gifts set deleted_at = now() where id = 31; commit`,
      ),
    ).to.eql([]);
  });

  it('are one delete where mark and end come in one transaction, or on one page', async () => {
    const both = await run(`begin; ${mark(4)}; delete from gifts where id = 4; commit`);
    expect(both.map(({ name, payload }) => [name, payload])).to.eql([
      ['gift_delete', '{"id":"4","at":1510000000}'],
    ]);
    const apart = await run(
      `update gifts set note = 'last' where id = 5`,
      mark(5),
      `delete from gifts where id = 5`,
    );
    expect(named(apart)).to.eql(['gift_update 5', 'gift_delete 5']);
    expect(JSON.parse(apart[0]!.payload!)).to.include({ note: 'last' });
    expect(apart[1]!.payload).to.equal('{"id":"5","at":1510000000}');
  });

  it('are not changed by a mark that is set and taken away in one transaction; by what else that has changed they are', async () => {
    const back = `update gifts set deleted_at = null where id = 8`;
    expect(await run(`begin; ${mark(8)}; ${back}; commit`)).to.eql([]);
    expect(
      named(await run(`begin; ${mark(8)}; update gifts set note = 'n' where id = 8; ${back}; commit`)),
    ).to.eql(['gift_update 8']);
    expect(
      named(
        await run(`begin; update gifts set note = 'm', deleted_at = now() where id = 8; ${back}; commit`),
      ),
    ).to.eql(['gift_update 8']);
    expect(
      named(
        await run(`begin; ${mark(8)}; delete from gifts where id = 8; insert into gifts values (8); commit`),
      ),
    ).to.eql(['gift_update 8']);
    expect(
      named(
        await run(
          `begin; delete from gifts where id = 8; insert into gifts values (8, 'x', now()); ${back}; commit`,
        ),
      ),
    ).to.eql(['gift_update 8']);
    const anew = `delete from gifts where id = 8; insert into gifts values (8, 'y', now())`;
    for (const before of [mark(8), `${mark(8)}; ${back}`])
      expect(named(await run(`begin; ${before}; ${anew}; ${back}; commit`))).to.eql(['gift_update 8']);
    expect(
      await run(
        `${mark(8)}`,
        `begin; update gifts set note = 'o' where id = 8; insert into lines values (5, 8); commit`,
      ),
    ).to.have.length(1);
  });

  it('are still updated by what happened before the mark', async () => {
    const events = await run(
      `update gifts set note = 'n' where id = 6`,
      `insert into lines values (1, 6, 'a')`,
      mark(6),
    );
    expect(named(events)).to.eql(['gift_update 6', 'gift_update 6', 'gift_delete 6']);
    expect(JSON.parse(events[1]!.payload!)).to.eql({ id: '6', note: 'n', lines: [{ what: 'a' }] });
  });

  it('are not updated by their parts once they are gone', async () => {
    await run(`insert into lines values (2, 7, 'a')`, mark(7));
    expect(await run(`update lines set what = 'b' where id = 2`)).to.eql([]);
    expect(
      await run(`begin; delete from lines where gift_id = 7; delete from gifts where id = 7; commit`),
    ).to.eql([]);
  });
});
