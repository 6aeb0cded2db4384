import { expect } from 'chai';
import { Client } from 'pg';
import { createLooks, type Looks } from '../../src/relay/looks.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

describe('looks of the awake relay', () => {
  let db: TestDatabase;
  let looks: Looks;
  let other: Client;
  beforeEach(async () => {
    db = await createTestDatabase();
    await db.query(
      `create schema rowhook; create sequence rowhook.outbox_seq; select setval('rowhook.outbox_seq', 1)`,
    );
    looks = createLooks();
    other = new Client({ connectionString: db.url });
    await other.connect();
  });
  afterEach(() => other.end());

  const page = async () => {
    const { rows } = await db.query<{ snapshot: string; ceiling: string }>(
      'select pg_current_snapshot()::text as snapshot, last_value as ceiling from rowhook.outbox_seq',
    );
    looks.readUpTo({ snapshot: rows[0]!.snapshot, ceilingSeq: Number(rows[0]!.ceiling) });
  };
  /** A page that had something. */
  const writingPage = async () => {
    await db.query('begin isolation level repeatable read');
    const { rows } = await db.query<{ snapshot: string; ceiling: string }>(
      'select pg_current_snapshot()::text as snapshot, last_value as ceiling from rowhook.outbox_seq',
    );
    const { rows: written } = await db.query<{ id: string }>('select pg_current_xact_id()::text as id');
    await db.query('commit');
    looks.readUpTo(
      { snapshot: rows[0]!.snapshot, ceilingSeq: Number(rows[0]!.ceiling) },
      BigInt(written[0]!.id),
    );
  };
  /** Other databases of the server have transactions too. */
  const nothingNewAfterPage = () =>
    waitUntil(
      async () => {
        await page();
        return looks.nothingNew(db);
      },
      { what: 'a look that finds nothing new' },
    );
  const change = `select pg_current_xact_id(), nextval('rowhook.outbox_seq')`;

  it('find nothing new after a page that had nothing, and not before one', async () => {
    expect(await looks.nothingNew(db)).to.equal(false);
    await nothingNewAfterPage();
  });

  it('find nothing new after a page that wrote, once all have ended who may have', async () => {
    await db.query(change);
    await waitUntil(
      async () => {
        await writingPage();
        return looks.nothingNew(db);
      },
      { what: 'a look that finds nothing new' },
    );
    await other.query('select pg_current_xact_id()');
    expect(await looks.nothingNew(db)).to.equal(true);
    await db.query(change);
    expect(await looks.nothingNew(db)).to.equal(false);
  });

  it('do not overlook who had written before a page that wrote', async () => {
    await other.query(`begin; ${change}`);
    await writingPage();
    expect(await looks.nothingNew(db)).to.equal(false);
    await page();
    await db.query('select pg_current_xact_id()');
    expect(await looks.nothingNew(db)).to.equal(false);
    await other.query('commit');
    expect(await looks.nothingNew(db)).to.equal(false);
    await page();
    await other.query('select pg_current_xact_id()');
    expect(await looks.nothingNew(db)).to.equal(true);
  });

  it('find that a change was written', async () => {
    await page();
    await db.query(change);
    expect(await looks.nothingNew(db)).to.equal(false);
  });

  it('find that a transaction has ended that had written before the page', async () => {
    await db.query(change);
    await other.query(`begin; ${change}`);
    await nothingNewAfterPage();
    await other.query('commit');
    expect(await looks.nothingNew(db)).to.equal(false);
  });

  it('do not count on the end of others while one is open that had written before', async () => {
    await other.query(`begin; ${change}`);
    await page();
    for (let i = 0; i < 3; i++) {
      await db.query('select pg_current_xact_id()');
      expect(await looks.nothingNew(db)).to.equal(false);
      await page();
    }
    await other.query('commit');
    expect(await looks.nothingNew(db)).to.equal(false);
  });

  it('find nothing new once all have ended who may have, however busy the database is with other tables', async () => {
    await other.query('begin; select pg_current_xact_id()');
    await page();
    await other.query('commit');
    await waitUntil(
      async () => {
        await db.query('select pg_current_xact_id()');
        if (await looks.nothingNew(db)) return true;
        await page();
        return false;
      },
      { what: 'looks that do without pages' },
    );
    await db.query(change);
    expect(await looks.nothingNew(db)).to.equal(false);
  });

  it('do not overlook the youngest transaction, whose id no snapshot has as its bound', async () => {
    const older = new Client({ connectionString: db.url });
    await older.connect();
    await older.query('begin; select pg_current_xact_id()');
    await other.query(`begin; ${change}`);
    await page();
    await older.query('commit');
    await older.end();
    await looks.nothingNew(db);
    await page();
    await other.query('commit');
    expect(await looks.nothingNew(db)).to.equal(false);
  });
});
