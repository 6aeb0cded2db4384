import { expect } from 'chai';
import pg from 'pg';
import { defineCatalog, text } from '../../src/catalog/define.ts';
import { lastRowsInTransactions } from '../../src/relay/payloads/last-rows.ts';
import { prepareSession } from '../../src/relay/session.ts';
import { readPage } from '../../src/relay/window/read-page.ts';
import { transactionsBehind } from '../../src/relay/window/straddling.ts';
import type { Filter, Window } from '../../src/relay/window/window.ts';
import { installSchema } from '../../src/store/schema.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** A transaction of 50,000 rows and behind it some of one row each: to the statistics, any id has most of the rows. */
const backlog = `
  insert into rowhook.capture (table_name, plan)
    values ('"public"."b"', '{"table":"\\"public\\".\\"b\\"","key":["id"],"classes":[],"values":[]}');
  insert into rowhook.outbox (seq, xid, slot, capture_id, op, n, keys)
    select i, (case when i <= 50000 then 1000 else i end)::text::xid8, 0, 1, 'd', 1, array[i::text] from generate_series(1, 50100) i;
  analyze rowhook.outbox`;

const catalog = defineCatalog({
  name: 'plans',
  resources: { b: { table: 'b', fields: { id: text() } } },
  events: [{ name: 'b_delete', resource: 'b', on: 'delete' }],
});
const size = { rows: 100, changes: 100 };
const filter: Filter = { captures: [1], only: true, longestWalk: 60_000 };
/** Late: one of a single row, and one that wrote none. What is fresh is to be found near the end. */
const window: Window = {
  consumed: '50050:90000:50050,50051',
  floorSeq: 50_090,
  until: { snapshot: '90000:90000:', number: 2, floorSeq: 0, ceilingSeq: 50_100 },
  lastSeq: 0,
  deferred: ['50051'],
  deferredSeq: 0,
};

describe('plans of what a page reads', () => {
  let db: TestDatabase;
  let client: pg.Client;
  before(async () => {
    db = await createTestDatabase();
    client = new pg.Client({ connectionString: db.url });
    await client.connect();
    await client.query('begin');
    await installSchema(client);
    await client.query('commit');
    await client.query(backlog);
    await prepareSession(client, 1_000);
  });
  after(async () => {
    await client.end();
    await db.drop();
  });

  /** The plan of what was prepared under this name, for unknown values. */
  async function planOf(name: string): Promise<string> {
    const { rows: prepared } = await client.query<{ count: number }>(
      'select cardinality(parameter_types) as count from pg_prepared_statements where name = $1',
      [name],
    );
    const values = Array.from({ length: prepared[0]!.count }, () => 'null').join();
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute ${name}(${values})`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }
  /** Each scan of the outbox: the index, and the condition on it. */
  const scansOf = (plan: string) =>
    [
      ...plan.matchAll(/ Scan.*? using outbox_\w+?_((?:xid_)?seq)_idx.*\n\s+(Index Cond: .*|Filter: .*|.*)/g),
    ].map(([, index, condition]) => ({ index, condition: condition! }));

  const scenes: ReadonlyArray<readonly [string, (db: pg.Client) => Promise<unknown>, number]> = [
    ['rowhook_window', (db) => readPage(db, window, size), 2],
    ['rowhook_window_of', (db) => readPage(db, window, size, { filter }), 2],
    ['rowhook_first_late', (db) => readPage(db, window, size, { filter }), 1],
    ['rowhook_behind', (db) => transactionsBehind(db, ['50050'], window, 9, size, undefined), 3],
    ['rowhook_behind_of', (db) => transactionsBehind(db, ['50050'], window, 9, size, filter), 1],
    [
      'rowhook_last_rows',
      (db) => lastRowsInTransactions(db, [{ resourceName: 'b', key: '7', xid: '1000' }], catalog),
      1,
    ],
  ];
  for (const [name, run, lookups] of scenes) {
    it(`look named transactions up by their id, after ANALYZE: ${name}`, async () => {
      await run(client);
      const plan = await planOf(name);
      const bySeq = scansOf(plan).filter(({ index }) => index === 'seq');
      const byXid = scansOf(plan).filter(({ index }) => index === 'xid_seq');
      // What is fresh, and nothing else, is read by seq; every partition has a scan of its own.
      expect(bySeq, plan).to.have.length(name.startsWith('rowhook_window') ? 7 : 0);
      expect(byXid, plan).to.have.length(7 * lookups);
      for (const { condition } of byXid)
        expect(condition).to.match(
          /Index Cond: .*ROW\(\w*\.?xid, \w*\.?seq\) > .*ROW\(\w*\.?xid, \w*\.?seq\) <= /,
        );
    });
  }

  it('find what those transactions hold, up to the last seq', async () => {
    const until = { ...window.until, ceilingSeq: 50_050 };
    const seqs = async (over: Partial<Window>) => {
      const page = await readPage(
        client,
        { ...window, until, deferred: [], floorSeq: 50_050, ...over },
        size,
      );
      return page.rows.map(({ seq }) => Number(seq));
    };
    expect(await seqs({})).to.eql([50_050]);
    expect(await seqs({ lastSeq: 50_049 })).to.eql([50_050]);
    expect(await seqs({ lastSeq: 50_050 })).to.eql([]);
    expect(await seqs({ lastSeq: 50_050, deferred: ['50050'], deferredSeq: 50_049 })).to.eql([50_050]);
    expect(await seqs({ lastSeq: 50_050, deferred: ['50050'], deferredSeq: 50_050 })).to.eql([]);
  });
});
