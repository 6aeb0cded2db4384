import { expect } from 'chai';
import pg from 'pg';
import { type LanesRun, lanesRun, lanesScene, named } from './lanes-run.ts';

describe('pages of lanes', () => {
  let run: LanesRun;

  beforeEach(async () => {
    run = await lanesRun();
  });
  afterEach(() => run.end());
  const { each, backlog, count, pagesUntil, open } = lanesScene(() => run);

  it('begin no large window with a floor far below it', async () => {
    await run.db.query(`select setval('rowhook.outbox_seq', 100000)`);
    await open();
    expect(run.cursor().readingFloorSeq).to.be.at.least(100_000);
    expect(run.cursor().others[0]!.readingFloorSeq).to.be.at.least(100_000);
    await run.turnAll();
    expect(await count('')).to.equal(120);
  });

  it('find what was written before they met, and committed after, by the youngest of all', async () => {
    await open();
    while (run.cursor().others[0]!.reading !== null) await run.turn();
    while (run.cursor().pages % 2 === 1) await run.turn();
    await each('insert into b values ($1)', 1, 1);
    const youngest = new pg.Client({ connectionString: run.db.url });
    await youngest.connect();
    // Its id is the highest that is in use when the other lane's window ends: no page has one in between.
    while (run.cursor().pages % 2 === 0) await run.turn();
    await youngest.query('begin; insert into a values (999)');
    expect(await pagesUntil('b_create 1')).to.equal(1);
    await youngest.query('commit');
    await youngest.end();
    await run.turnAll();
    expect(await count('a_create 999')).to.equal(1);
  });

  it('walk over no more than a stretch of what others read for each page', async () => {
    await open();
    // As many seqs as there would be if millions of changes of a had come meanwhile.
    await run.db.query(`select setval('rowhook.outbox_seq', 3000000)`);
    await each('insert into b values ($1)', 1, 1);
    const before = run.cursor().id;
    await pagesUntil('b_create 1');
    await run.turnAll();
    expect(run.cursor().id - before).to.be.above(60);
    expect(await count('')).to.equal(121);
  });

  it('read each change once of a transaction that reaches over several such stretches', async () => {
    await open();
    const leap = `select setval('rowhook.outbox_seq', nextval('rowhook.outbox_seq') + 600000)`;
    const insert = (...ids: number[]) => ids.map((id) => `insert into b values (${id})`).join('; ');
    // Each in a statement of its own, so each has a row in the outbox.
    await run.db.query(
      `begin; ${insert(1, 2, 3)}; ${leap}; ${insert(4, 5)}; ${leap}; ${insert(6, 7)}; commit`,
    );
    await run.turnAll();
    expect(named(await run.events()).filter((name) => name.startsWith('b_'))).to.have.members(
      [1, 2, 3, 4, 5, 6, 7].map((id) => `b_create ${id}`),
    );
  });

  it('take a transaction in pieces to its end, each change once', async () => {
    await open();
    const other = new pg.Client({ connectionString: run.db.url });
    await other.connect();
    await other.query('begin');
    let id = 0;
    const write = async (count: number) => {
      for (let i = 0; i < count; i++) await other.query('insert into b values ($1)', [++id]);
    };
    // Most of a page, then little of the next one, and the end behind that.
    await write(5);
    await each('insert into c values ($1)', 1, 4);
    await write(2);
    await each('insert into c values ($1)', 5, 11);
    await write(1);
    await other.query('commit');
    await other.end();
    await run.turnAll();
    expect([await count('b_create'), await count('c_create')]).to.eql([8, 11]);
  });

  it('lose nothing of a deferred transaction when pages become smaller', async () => {
    const other = new pg.Client({ connectionString: run.db.url });
    await other.connect();
    await other.query('begin');
    for (let i = 1; i <= 12; i++) await other.query('insert into b values ($1)', [i]);
    await backlog(60);
    await other.query('insert into b values (13); commit');
    await other.end();
    await run.turn({ rows: 40, changes: 40 });
    expect(run.cursor().deferred).to.have.length(1);
    await run.turnAll({ rows: 5, changes: 5 });
    expect(await count('b_create')).to.equal(13);
    expect(await count('')).to.equal(73);
  });

  it('read on where 10,000 seqs are handed out between any two of them', async () => {
    await run.db.query('insert into a values (1)');
    await run.db.query(
      `select setval('rowhook.outbox_seq', (select last_value + 12000 from rowhook.outbox_seq))`,
    );
    const turned = await run.turn();
    expect(turned.changes).to.equal(1);
  });
});
