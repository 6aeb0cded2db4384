import { expect } from 'chai';
import { type Altered, alteredDatabase, catalogOf, kindsOf } from './altered.ts';

describe('drift of what lies below a table', () => {
  let altered: Altered;
  beforeEach(async () => {
    altered = await alteredDatabase();
  });
  afterEach(() => altered.end());
  const drift = () => altered.drift(catalogOf());

  it('is one for all that lack the same, with their number and some of their names', async () => {
    for (let year = 2027; year < 2032; year++)
      await altered.db.query(
        `create table visit_${year} partition of visit for values from ('${year}-01-01') to ('${year + 1}-01-01')`,
      );
    const [found, ...others] = await drift();
    expect(others).to.eql([]);
    expect(found).to.deep.include({ kind: 'partition_new', fix: ['npx rowhook install'] });
    expect(found?.message).to.match(
      /^"public"."visit_2027", "public"."visit_2028", "public"."visit_2029" and 2 more, which belong to "public"."visit", have no triggers: /,
    );
    await altered.install(catalogOf());
    await altered.db.query('alter table visit_2028 disable trigger rowhook_update');
    await altered.db.query('alter table visit_2030 disable trigger rowhook_update');
    await altered.db.query('alter table visit_2031 enable replica trigger rowhook_update');
    const some = await drift();
    expect(kindsOf(some)).to.eql(['trigger_disabled visit', 'trigger_replica visit']);
    expect(some[0]?.fix).to.eql(
      [2028, 2030].map((year) => `ALTER TABLE "public"."visit_${year}" ENABLE TRIGGER "rowhook_update";`),
    );
    for (const year of [2027, 2029, 2031])
      await altered.db.query(`alter table visit_${year} disable trigger rowhook_update`);
    const [many] = await drift();
    expect(many?.fix).to.eql(['npx rowhook install']);
    await altered.install(catalogOf());
    expect(await drift()).to.eql([]);
  });

  it('is not taken for the table when that is gone and a partition is left', async () => {
    await altered.db.query('alter table visit detach partition visit_old; drop table visit');
    expect(kindsOf(await drift())).to.eql(['table_missing visit']);
  });
});

describe('drift of a captured table', () => {
  let altered: Altered;
  beforeEach(async () => {
    altered = await alteredDatabase();
  });
  afterEach(() => altered.end());
  const drift = () => altered.drift(catalogOf());

  it('that has swapped names with another one says what its changes are taken for', async () => {
    await altered.db.query(`create table seat_new (like seat including all); alter table seat rename to seat_old;
      alter table visit rename to seat; alter table seat_old rename to visit`);
    const found = await drift();
    const told = found.filter(({ kind }) => kind === 'table_recreated').map(({ message }) => message);
    expect(told).to.eql([
      '"public"."seat" is another table than the one that was captured, which is called "public"."visit" now: what changes in that one is taken for changes of "public"."seat"',
      '"public"."visit" is another table than the one that was captured, which is called "public"."seat" now: what changes in that one is taken for changes of "public"."visit"',
    ]);
  });

  it('whose triggers were all enabled says that writes of replicas are not noted', async () => {
    await altered.db.query('alter table seat enable trigger all');
    const found = await drift();
    expect(kindsOf(found)).to.eql(['bypass_off seat']);
    expect(found[0]?.fix).to.eql(['ALTER TABLE "public"."seat" ENABLE REPLICA TRIGGER "rowhook_bypass";']);
  });

  it('without a key names statements that run one by one, and let writers go on', async () => {
    await altered.db.query(
      'alter table seat drop constraint seat_pkey, alter hall drop not null, alter place drop not null',
    );
    const [found, ...others] = await drift();
    expect(others).to.eql([]);
    expect(found?.fix.map((sql) => sql.split(' "')[0])).to.eql([
      'CREATE UNIQUE INDEX CONCURRENTLY ON',
      'ALTER TABLE',
      'ALTER TABLE',
      'ALTER TABLE',
      'ALTER TABLE',
    ]);
    const notices: string[] = [];
    const onNotice = ({ message = '' }: { message?: string | undefined }) => notices.push(message);
    altered.client.on('notice', onNotice);
    await altered.client.query('set client_min_messages = debug1');
    for (const statement of found?.fix ?? []) await altered.client.query(statement);
    // The table was not read under a lock that keeps everybody out.
    for (const column of ['hall', 'place'])
      expect(notices).to.include(
        `existing constraints on column "seat.${column}" are sufficient to prove that it does not contain nulls`,
      );
    expect(await drift()).to.eql([]);
  });
});
