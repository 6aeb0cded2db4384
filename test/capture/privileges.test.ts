import { expect } from 'chai';
import pg from 'pg';
import { createRole } from '../support/database.ts';
import { connected, type OwnedTable, ownedTable } from './owned-table.ts';

/** The application's role has no rights on the schema rowhook, and needs none. */
describe('what an application may do to capture', () => {
  let own: OwnedTable;
  beforeEach(async () => {
    own = await ownedTable();
  });
  afterEach(() => own.end());

  it('is to write, in every way, each with the right that it takes on the table alone', async () => {
    await own.capture('(id int primary key, s text)');
    const other = await createRole(own.db, 'writer');
    await own.app.query(`grant usage on schema own to ${pg.escapeIdentifier(other.name)}`);
    const writer = await connected(other.url);
    try {
      for (const [right, sql, expected] of [
        ['insert', `insert into own.t values (1, 'a')`, ['i 1']],
        ['select, update', `update own.t set s = 'b'`, ['u 1']],
        [
          'select, insert, update',
          `insert into own.t values (1), (2) on conflict (id) do update set s = 'c'`,
          ['i 2', 'u 1'],
        ],
        ['select, delete', 'delete from own.t where id = 2', ['d 2 {"id":2,"s":null}']],
        ['truncate', 'truncate own.t', []],
      ] as const) {
        await own.app.query(
          `revoke all on own.t from public, ${pg.escapeIdentifier(other.name)}; grant ${right} on own.t to ${pg.escapeIdentifier(other.name)}`,
        );
        await writer.query(sql);
        expect(await own.captured(), sql).to.have.members(expected);
      }
    } finally {
      await writer.end();
    }
  });

  it('is not to read or write what was captured, nor to call, use or borrow anything of ours', async () => {
    await own.capture('(id int primary key, s text)');
    await own.app.query(
      'create function own.spy() returns event_trigger language plpgsql as $$ begin end $$',
    );
    for (const sql of [
      'select from rowhook.outbox',
      'select from rowhook.outbox_0',
      `insert into rowhook.outbox (capture_id, op, n) values (1, 'i', 1)`,
      'truncate rowhook.outbox',
      'do $$ begin lock rowhook.outbox in access share mode; end $$',
      `select nextval('rowhook.outbox_seq')`,
      `select setval('rowhook.bell', 2)`,
      'select last_value from rowhook.outbox_seq',
      'select rowhook.ring()',
      'select rowhook.capture_1_insert()',
      'select rowhook.capture_1_odd()',
      'select from rowhook.endpoint',
      'select from rowhook.gap',
      'create table rowhook.mine ()',
      'create table own.child () inherits (rowhook.endpoint)',
      'create view own.peek as select * from rowhook.outbox',
      'create trigger forge after insert on own.t for each statement execute function rowhook.capture_1_insert()',
      'drop schema rowhook cascade',
      'create event trigger spy on ddl_command_start execute function own.spy()',
    ])
      expect(await own.refused(sql), sql).to.match(/permission denied|must be owner/);
    // By number instead of name too.
    const { rows } = await own.app.query(
      `select p.oid::regprocedure::text as name from pg_proc p where p.pronamespace = 'rowhook'::regnamespace
         and has_function_privilege(p.oid, 'EXECUTE')
       union all
       select c.oid::regclass::text from pg_class c where c.relnamespace = 'rowhook'::regnamespace and c.relkind in ('r', 'p', 'S', 'v')
         and (c.relkind <> 'S' and has_table_privilege(c.oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER')
           or c.relkind = 'S' and has_sequence_privilege(c.oid, 'USAGE,SELECT,UPDATE'))`,
    );
    expect(rows).to.eql([]);
  });

  it('gets no more by what the installer grants to everybody on whatever it makes', async () => {
    for (const what of ['schemas', 'tables', 'sequences', 'functions', 'types'])
      await own.installer.query(`alter default privileges grant all on ${what} to ${own.role}`);
    await own.capture('(id int primary key, s text)');
    expect(await own.refused('select from rowhook.outbox')).to.match(/permission denied for schema rowhook/);
    expect(await own.refused('select from rowhook.endpoint')).to.match(
      /permission denied for schema rowhook/,
    );
    expect(
      await own.refused(
        'create trigger forge after insert on own.t for each statement execute function rowhook.capture_1_insert()',
      ),
    ).to.match(/permission denied/);
  });

  it('writes under another role, in a function of another, and as nobody in particular', async () => {
    await own.capture('(id int primary key, s text)');
    const guest = await createRole(own.db, 'guest');
    const name = pg.escapeIdentifier(guest.name);
    await own.installer.query(`grant ${name} to ${own.role}`);
    await own.app.query(`grant usage on schema own to ${name}; grant all on own.t to ${name};
      create function own.write() returns void language sql security definer as $$ update own.t set s = 'by a function' $$`);
    await own.app.query(
      `set role ${name}; insert into own.t values (1, 'a'); select own.write(); delete from own.t; reset role`,
    );
    expect(await own.captured()).to.eql(['i 1', 'u 1', 'd 1 {"id":1,"s":"by a function"}']);
  });
});
