import { expect } from 'chai';
import pg from 'pg';
import { queueStatus } from '../../src/store/status.ts';
import { type LanesRun, laneCatalog, lanesRun, lanesScene, named, smallPage } from './lanes-run.ts';

describe('lanes of the relay', () => {
  let run: LanesRun;

  beforeEach(async () => {
    run = await lanesRun();
  });
  afterEach(() => run.end());

  const { each, backlog, count, pagesUntil, open } = lanesScene(() => run);
  const expectInOrder = async () => {
    const last = new Map<string, number>();
    for (const { name, key, seq } of await run.events()) {
      const record = `${name[0]} ${key}`;
      expect(seq, `events of ${record}`).to.be.above(last.get(record) ?? 0);
      last.set(record, seq);
    }
  };

  it('let a change of another resource go ahead of a backlog, also one that the backlog holds itself', async () => {
    await backlog(60);
    await each('insert into b values ($1)', 1, 1);
    await each('insert into a values ($1)', 61, 120);
    await run.turn();
    expect(await pagesUntil('b_create 1')).to.be.below(4);
    await each('insert into c values ($1)', 1, 1);
    expect(await pagesUntil('c_create 1')).to.be.below(4);
    expect(await count('a_')).to.be.below(90);
    await run.turnAll();
    expect(await count('')).to.equal(122);
  });

  it('are told of by status: what others have read does not wait', async () => {
    await open();
    await each('insert into b values ($1)', 1, 30);
    await pagesUntil('b_create 30');
    const { relay } = await queueStatus(run.db.pool);
    expect(relay.changesWaiting).to.eql({ count: 150 - (await count('')), atLeast: false });
  });

  it('are told of as "or more" where status sees nothing but what others have read', async () => {
    await open();
    // In the place of changes of a lane that is ahead, up to where status stops its walk.
    await run.db.query(`update rowhook.relay_cursor set captures = '{}', last_seq = 0, floor_seq = 0`);
    await run.db.query(
      `update rowhook.relay_cursor set lanes = jsonb_set(lanes, '{0}', lanes->0 || '{"captures":[77777],"lastSeq":9000000}')`,
    );
    await run.db.query('delete from rowhook.outbox');
    await run.db.query(`insert into rowhook.outbox (seq, xid, capture_id, op, n, keys, changed_at)
      select i, '3', 77777, 'i', 1, '{1}', '2020-01-01Z' from generate_series(1, 100000) i`);
    const { relay } = await queueStatus(run.db.pool);
    expect(relay.changesWaiting).to.eql({ count: 0, atLeast: true });
    expect(relay.oldestChangeAt).to.equal('2020-01-01T00:00:00.000Z');
  });

  it('meet again, and read each change once', async () => {
    await open();
    await each('insert into b values ($1)', 1, 30);
    await each('update a set name = $1 where id = $1', 1, 30);
    const lanes = await run.turnAll();
    expect(lanes.at(-1)).to.equal(1);
    expect([await count('a_create'), await count('a_update'), await count('b_create')]).to.eql([120, 30, 30]);
    await expectInOrder();
  });

  it('keep what belongs to one record in one lane, in order', async () => {
    await open();
    await run.db.query(`insert into a_notes values (1, 120, 'n')`);
    await run.db.query(`insert into b values (1)`);
    expect(await pagesUntil('b_create 1')).to.be.below(4);
    await run.turnAll();
    expect(named(await run.events()).filter((name) => name.endsWith(' 120'))).to.eql([
      'a_create 120',
      'a_update 120',
    ]);
  });

  it('read each its part of a transaction', async () => {
    await open();
    await run.db.query(
      `begin; insert into a values (999); insert into b values (1); update a set name = 'x' where id = 999; update b set name = 'x'; commit`,
    );
    expect(await pagesUntil('b_create 1')).to.be.below(4);
    await run.turnAll();
    expect(named(await run.events()).filter((name) => / (999|1)$/.test(name))).to.have.members([
      'a_create 1',
      'a_create 999',
      'b_create 1',
    ]);
  });

  it('each deliver what commits late', async () => {
    const late = new pg.Client({ connectionString: run.db.url });
    await late.connect();
    await late.query('begin; insert into a values (999); insert into b values (999)');
    await open();
    await each('insert into b values ($1)', 1, 20);
    for (let i = 0; i < 6; i++) await run.turn();
    await late.query('commit');
    await late.end();
    expect(await pagesUntil('b_create 999')).to.be.below(6);
    expect(await count('a_create 999')).to.equal(0);
    await run.turnAll();
    expect(await count('a_create 999')).to.equal(1);
    expect(await count('')).to.equal(142);
  });

  it('go on with a table whose capture is a new one meanwhile, under another name', async () => {
    await open();
    await run.db.query(`
      alter table a rename to a_renamed;
      update rowhook.capture set table_name = '"public"."a_renamed"' where table_name = '"public"."a"';
      insert into rowhook.capture (table_name, plan, released_at) select table_name, plan, now()
      from rowhook.capture where table_name = '"public"."a_renamed"';
      insert into rowhook.outbox (capture_id, op, n, keys)
      select max(id), 'u', 1, '{120}' from rowhook.capture where table_name = '"public"."a_renamed"'`);
    await each('insert into b values ($1)', 1, 1);
    const catalog = laneCatalog();
    const resources = { ...catalog.resources, a: { ...catalog.resources.a!, table: 'a_renamed' } };
    await run.restart({ ...catalog, resources });
    expect(await pagesUntil('b_create 1')).to.be.below(4);
    await run.turnAll();
    expect(await count('a_create')).to.equal(120);
    await expectInOrder();
  });

  it('split once more where what goes ahead is a backlog itself', async () => {
    await open();
    await each('insert into b values ($1)', 1, 120);
    await each('insert into c values ($1)', 1, 1);
    expect(await pagesUntil('c_create 1')).to.be.below(12);
    expect([await count('a_'), await count('b_')].every((found) => found > 0 && found < 120)).to.equal(true);
    const lanes = await run.turnAll();
    expect(Math.max(...lanes)).to.be.at.most(4);
    expect(await count('')).to.equal(241);
  });

  it('do not meet one that is in the middle of a window', async () => {
    await open();
    while (run.cursor().others[0]!.reading !== null) await run.turn();
    // What the backlog's lane is to read after it lies before what the other is reading by then.
    await each('update a set name = $1 where id = $1', 1, 5);
    await each('insert into b values ($1)', 1, 200);
    await run.turnAll();
    expect([await count('a_update'), await count('b_')]).to.eql([5, 200]);
  });

  it('do not split where nothing else is captured', async () => {
    const { events, ...catalog } = laneCatalog();
    const only = (events as ReadonlyArray<{ name: string; resource: string; on: 'insert' }>).filter(
      ({ resource }) => resource === 'a',
    );
    await run.restart({ ...catalog, resources: { a: catalog.resources.a! }, events: only });
    await backlog(100);
    expect(new Set(await run.turnAll())).to.eql(new Set([1]));
  });

  it('wait for each other where a new catalog ties their tables', async () => {
    await open();
    // As of now a change of b is one of the record of a with its id, and that one's creation is still to be read.
    await run.restart(laneCatalog({ tied: true }));
    await each('insert into b values ($1)', 120, 120);
    await each('insert into c values ($1)', 1, 1);
    const lanes = await run.turnAll();
    expect(lanes.at(-1)).to.equal(1);
    expect(named(await run.events()).filter((name) => name.endsWith(' 120'))).to.eql([
      'a_create 120',
      'a_update 120',
      'b_create 120',
    ]);
  });

  it('keep the order of a record where a new catalog ties their tables in the middle of one window', async () => {
    await each(`insert into a values ($1, 'n')`, 1, 120);
    await each('insert into b values (121 - $1)', 1, 100);
    while (run.cursor().reading === null) await run.turn();
    expect(run.cursor().others).to.have.length(1);
    await run.restart(laneCatalog({ tied: true }));
    const lanes = await run.turnAll();
    expect(lanes.at(-1)).to.equal(1);
    expect([await count('a_create'), await count('b_create')]).to.eql([120, 100]);
    expect(await count('a_update')).to.be.above(0);
    await expectInOrder();
  });

  it('do not give up what is parked before the hindmost has passed', async () => {
    await open();
    await run.db.query('delete from a where id = 30');
    while ((await run.db.query('select from rowhook.relay_parked')).rowCount === 0) await run.turn();
    for (let i = 1; i <= 3; i++) {
      await each('insert into b values ($1)', i, i);
      expect(await pagesUntil(`b_create ${i}`)).to.be.below(4);
    }
    await run.turnAll();
    const rows = await run.db.query(
      `select name, payload::json ->> 'name' as said from rowhook.event where resource = 'a' and record_key = '30' order by id`,
    );
    expect(rows.rows).to.eql([
      { name: 'a_create', said: 'n' },
      { name: 'a_delete', said: 'n' },
    ]);
    expect(run.cursor().others).to.eql([]);
    expect(await run.turn(smallPage)).to.include({ parked: false });
  });
});
