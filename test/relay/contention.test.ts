import { expect } from 'chai';
import { defineCatalog, text } from '../../src/catalog/define.ts';
import { captureAll } from '../fixtures/captured.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { contend, counterTables, records } from './contending-writers.ts';
import { startPagedRelay } from './paged-relay.ts';
import { randomFrom } from './random.ts';

const counters = defineCatalog({
  name: 'counters',
  resources: { counter: { table: 'counter', fields: { id: text(), n: text() } } },
  events: {
    create: { resource: 'counter', on: 'insert', per: 'change' },
    update: { resource: 'counter', on: 'update', per: 'change' },
    delete: { resource: 'counter', on: 'delete', per: 'change' },
  },
});
const kills = 4;
const changesOnPage = 10;

describe('writers that wait for each other, and a relay that is killed', () => {
  let db: TestDatabase;
  before(async () => {
    db = await createTestDatabase();
    const client = await db.pool.connect();
    await client.query(counterTables);
    await captureAll(client, counters);
    client.release();
    await db.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
  });

  const eventCount = async (): Promise<number> =>
    (await db.query<{ n: number }>('select count(*)::int as n from rowhook.event')).rows[0]!.n;

  /** Ends the session of the relay once it has written so many events; false: it has none now. */
  const kill = async (from: number): Promise<boolean> => {
    if ((await eventCount()) < from) return false;
    const { rowCount } = await db.query(
      `with active as materialized (
         select pid from pg_locks where locktype = 'advisory' and classid = 1919907688 and objid = 1 and granted
           and database = (select oid from pg_database where datname = current_database())
       ) select from active where pg_terminate_backend(pid)`,
    );
    return rowCount === 1;
  };

  it('have each committed change once, in the order in which they got at the record', async () => {
    const seed = Number(process.env.ROWHOOK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const { stop } = await startPagedRelay(db.url, {
      catalog: counters,
      changes: changesOnPage,
      pollMs: 1_000,
    });
    try {
      const writing = contend(db.url, randomFrom(seed), { writers: 8, transactions: 30 });
      const killing = (async () => {
        for (let i = 1; i <= kills; i++) {
          const before = await eventCount();
          await waitUntil(() => kill(before + 3 * changesOnPage), {
            what: 'the relay to be at work, to be killed',
          });
        }
      })();
      const [{ done, failed }] = await Promise.all([writing, killing]);
      // A record of its own, behind all the others.
      await db.query('insert into counter values (0, 0)');
      await waitUntil(
        async () => (await db.query(`select from rowhook.event where record_key = '0'`)).rowCount === 1,
        { what: 'the last change to be read' },
      );
      const { rows } = await db.query<{ name: string; key: string; request: string; n: string }>(
        `select name, record_key as key, request_id as request, payload::json ->> 'n' as n from rowhook.event order by id`,
      );
      for (let record = 1; record <= records; record++) {
        const expected = done.filter((one) => one.record === record).sort((a, b) => a.at - b.at);
        expect(expected.map(({ at }) => at)).to.eql(expected.map((_, i) => i + 1));
        const found = rows.filter(({ key }) => key === String(record));
        expect(
          found.map(({ name, request, n }) => `${name} ${request}${name === 'delete' ? ` ${n}` : ''}`),
        ).to.eql(
          expected.map(
            ({ what, request, last }) => `${what} ${request}${what === 'delete' ? ` ${last}` : ''}`,
          ),
        );
      }
      // Else it has shown nothing: they did meet.
      for (const code of ['40P01', '40001', '23505']) expect(failed.get(code), code).to.be.greaterThan(0);
    } catch (error) {
      throw new Error(`with ROWHOOK_TEST_SEED=${seed}: ${(error as Error).message}`, { cause: error });
    } finally {
      await stop();
    }
  });
});
