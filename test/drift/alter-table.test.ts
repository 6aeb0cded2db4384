import { expect } from 'chai';
import { pino } from 'pino';
import type { DriftKind } from '../../src/drift/kinds.ts';
import { createDriftWatch } from '../../src/drift/watch.ts';
import { waitUntil } from '../support/wait.ts';
import { type Altered, alteredDatabase, catalogOf, kindsOf, type Shape } from './altered.ts';
import { unseen } from './probe.ts';
import { startWriter } from './writers.ts';

interface Case {
  readonly what: string;
  readonly sql: string;
  /** All that is reported, as `kind table`; in any order. */
  readonly drift: readonly `${DriftKind} ${string}`[];
  /** What is done by hand before the command, as the report says. */
  readonly correct?: (shape: Shape) => void;
}

const without = (list: string[], gone: string) => list.filter((each) => each !== gone);

const cases: readonly Case[] = [
  {
    what: 'drops the key',
    sql: 'alter table person drop column id',
    drift: ['column_missing person'],
    correct: (is) => (is.personKey = 'ref'),
  },
  {
    what: 'renames the key',
    sql: 'alter table person rename column id to number',
    drift: ['column_renamed person'],
    correct: (is) => (is.personKey = 'number'),
  },
  {
    what: 'retypes the key',
    sql: 'alter table person alter id type int',
    drift: ['column_retyped person'],
  },
  {
    what: 'drops a part of a composite key',
    sql: 'alter table seat drop column place; delete from seat; alter table seat add unique (hall)',
    drift: ['column_missing seat'],
    correct: (is) => (is.seatKey = ['hall']),
  },
  {
    what: 'renames a part of a composite key',
    sql: 'alter table seat rename column place to chair',
    drift: ['column_renamed seat'],
    correct: (is) => (is.seatKey = ['hall', 'chair']),
  },
  {
    what: 'retypes a part of a composite key',
    sql: 'alter table seat alter place type text',
    drift: ['column_retyped seat'],
  },
  {
    what: 'drops a watched column',
    sql: 'alter table person drop column lastname',
    drift: ['column_missing person'],
    correct: (is) => (is.fields = without(is.fields, 'lastname')),
  },
  {
    what: 'renames a watched column',
    sql: 'alter table person rename column lastname to surname',
    drift: ['column_renamed person'],
    correct: (is) => (is.fields = ['firstname', 'surname']),
  },
  {
    what: 'retypes a watched column',
    sql: `alter table person alter lastname type int using 1`,
    drift: ['column_retyped person'],
  },
  {
    what: "drops a condition's column",
    sql: 'alter table person drop column status',
    drift: ['column_missing person'],
    correct: (is) => (is.status = undefined),
  },
  {
    what: "renames a condition's column",
    sql: 'alter table person rename column status to stage',
    drift: ['column_renamed person'],
    correct: (is) => (is.status = 'stage'),
  },
  {
    what: "retypes a condition's column",
    sql: `create type stage as enum ('new'); alter table person alter status drop default, alter status type stage using 'new'`,
    drift: ['column_retyped person'],
  },
  {
    what: 'drops the column of a soft delete',
    sql: 'alter table person drop column deleted_at',
    drift: ['column_missing person'],
    correct: (is) => (is.softDelete = undefined),
  },
  {
    what: 'retypes the column of a soft delete',
    sql: 'alter table person alter deleted_at type boolean using deleted_at is not null',
    drift: ['column_retyped person'],
  },
  {
    what: 'drops the column of the tenant',
    sql: 'alter table person drop column org_id',
    drift: ['column_missing person'],
    correct: (is) => (is.tenant = undefined),
  },
  {
    what: 'renames the column of the tenant',
    sql: 'alter table person rename column org_id to owner_id',
    drift: ['column_renamed person'],
    correct: (is) => (is.tenant = 'owner_id'),
  },
  {
    what: 'drops, renames, retypes and adds columns that nobody watches',
    sql: 'alter table seat add column extra int, alter taken_by type varchar(99); alter table person drop column note',
    drift: ['column_retyped seat'],
  },
  {
    what: 'adds a column that last rows do not keep yet, NOT NULL',
    sql: `alter table person add column grade int not null default 1`,
    drift: ['column_added person'],
  },
  {
    what: 'renames the table',
    sql: 'alter table seat rename to chair',
    drift: ['table_renamed seat'],
    correct: (is) => (is.seat = 'chair'),
  },
  {
    what: 'moves the table to another schema',
    sql: 'alter table seat set schema other',
    drift: ['table_moved seat'],
    correct: (is) => (is.seat = 'other.seat'),
  },
  {
    what: 'renames the table and leaves a view in its place',
    sql: 'alter table seat rename to chair; create view seat as select * from chair',
    drift: ['table_renamed seat'],
    correct: (is) => (is.seat = 'chair'),
  },
  {
    what: 'drops the table and makes another of the name',
    sql: 'drop table seat; create table seat (hall text, place int, taken_by text, primary key (hall, place))',
    drift: ['table_recreated seat'],
  },
  {
    what: 'swaps the table for a copy',
    sql: 'alter table seat rename to seat_old; create table seat (like seat_old including all)',
    drift: ['table_recreated seat', 'triggers_stray seat'],
  },
  {
    what: 'drops the primary key',
    sql: 'alter table seat drop constraint seat_pkey; alter table seat alter place drop not null',
    drift: ['key_missing seat'],
  },
  {
    what: 'attaches a partition',
    sql: `alter table visit attach partition visit_next for values from ('2027-01-01') to ('2028-01-01')`,
    drift: ['partition_new visit'],
  },
  {
    what: 'makes a partition',
    sql: `create table visit_last partition of visit for values from ('2027-01-01') to ('2028-01-01')`,
    drift: ['partition_new visit'],
  },
  {
    what: 'detaches a partition',
    sql: 'alter table visit detach partition visit_old',
    drift: ['triggers_stray visit'],
  },
  {
    what: 'makes a table that inherits',
    sql: 'create table seat_reserved (primary key (hall, place)) inherits (seat)',
    drift: ['partition_new seat'],
  },
  {
    what: 'converts the table to a partitioned one',
    sql: `alter table seat rename to seat_rest; create table seat (like seat_rest including all) partition by list (hall); alter table seat attach partition seat_rest default`,
    drift: ['table_recreated seat'],
  },
  { what: 'drops a trigger', sql: 'drop trigger rowhook_update on seat', drift: ['trigger_missing seat'] },
  {
    what: 'switches all triggers off',
    sql: 'alter table seat disable trigger all',
    drift: ['trigger_disabled seat'],
  },
  {
    what: 'has a trigger fire in replica sessions only',
    sql: 'alter table visit_new enable replica trigger rowhook_insert',
    drift: ['trigger_replica visit'],
  },
  {
    what: 'changes a function of the triggers',
    sql: `do $$ begin execute (select replace(pg_get_functiondef(p.oid), 'return null;', 'perform 1; return null;') from pg_proc p join rowhook.capture c on p.proname = format('capture_%s_delete', c.id) where c.table_name ~ 'seat'); end $$`,
    drift: ['function_changed seat'],
  },
  {
    what: 'drops a function with its triggers',
    sql: `do $$ begin execute (select format('drop function rowhook.capture_%s_insert cascade', id) from rowhook.capture where table_name ~ 'seat'); end $$`,
    drift: ['trigger_missing seat', 'function_missing seat'],
  },
];

describe('ALTER TABLE on captured tables, under continuous writes', function () {
  this.timeout(30_000);
  let altered: Altered;
  beforeEach(async () => {
    altered = await alteredDatabase();
  });
  afterEach(() => altered.end());

  for (const { what, sql, drift, correct } of cases) {
    it(`${what}: no write fails, it is reported, and the command mends it`, async () => {
      const { db, client } = altered;
      // The others are as they were.
      const tables = [/person/, /seat|chair/, /visit/].find((each) => each.test(sql + drift[0]))!;
      const writer = await startWriter(db, tables);
      const before = catalogOf();
      const after = catalogOf(correct);
      const watching = (catalog = before) =>
        createDriftWatch({ db: db.pool, catalog, log: pino({ level: 'silent' }), intervalMs: 5 });
      const watch = watching();
      await watch.start();
      try {
        await client.query(sql);
        await waitUntil(() => watch.drifts().length > 0, { what: 'the drift to be reported' });
        expect(kindsOf(watch.drifts())).to.have.members(drift);
        await writer.wroteAgain();

        if (correct) expect(watch.drifts().some(({ first }) => first !== null)).to.equal(true);
        for (const { fix } of watch.drifts()) {
          if (fix[0] === 'npx rowhook install') await altered.install(after);
          else for (const statement of fix) await client.query(statement);
        }
        expect(await altered.drift(after)).to.deep.equal([]);
        await writer.wroteAgain();
      } finally {
        await watch.stop();
        await writer.stop();
      }
      expect(await unseen(client, after, 1_000_000, tables)).to.deep.equal([]);
    });
  }
});
