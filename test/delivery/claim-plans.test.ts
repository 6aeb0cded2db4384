import { expect } from 'chai';
import { type ClaimRequest, claim } from '../../src/delivery/queue/claim.ts';
import { createSession, type Session } from '../../src/delivery/queue/session.ts';
import type { TestDatabase } from '../support/database.ts';
import { claimRequest, queueDatabase } from './queue.ts';

interface Explained {
  readonly Plan: { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };
}

/** A value as SQL writes it. */
function sqlOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `'{${value.map((each) => each ?? 'null').join(',')}}'`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

describe('the work of a claim', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
    // What statistics say of an empty queue, as they may when it fills within a minute.
    await db.query('alter table rowhook.delivery_0 set (autovacuum_enabled = off)');
    await db.query('analyze rowhook.delivery');
  });

  /** The blocks that it looks into, whatever they hold: a figure that no load of the machine changes. */
  const blocksOf = async (more: Partial<ClaimRequest>): Promise<number> => {
    const session = createSession(db.pool, { durable: false });
    let blocks = 0;
    const explaining: Session = {
      async query(statement, values) {
        // As it is run: planned without its values.
        await session.query({ text: `prepare explained as ${statement.text}` }, []);
        const text = `explain (analyze, buffers, format json) execute explained (${values.map(sqlOf).join(', ')})`;
        const { rows } = await session.query<{ 'QUERY PLAN': Explained[] }>({ text }, []);
        const { Plan: plan } = rows[0]!['QUERY PLAN'][0]!;
        blocks += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
        return { rows: [] };
      },
      close() {},
    };
    await claim(explaining, claimRequest(more));
    session.close();
    await db.query(
      'update rowhook.delivery set lease = null, leased_until = null, starts = 0 where lease is not null',
    );
    return blocks;
  };
  const endpoints = (from: number, to: number): Promise<unknown> =>
    db.query(
      `insert into rowhook.endpoint (id, url, events) select n, 'http://127.0.0.1:9/', '{*}' from generate_series($1::int, $2::int) n`,
      [from, to],
    );
  const due = (endpoint: string, deliveries: number, key = 'null'): Promise<unknown> =>
    db.query(
      `insert into rowhook.delivery (endpoint_id, id, event_id, record)
       select ${endpoint}, gen_random_uuid(), gen_random_uuid(), ${key} from generate_series(1, $1::int) n`,
      [deliveries],
    );
  const turn = (limit: number, afterEndpoint = '0') => ({ limit, afterEndpoint });
  const twenty = [turn(20), turn(0), turn(0)] as const;

  const cases: ReadonlyArray<readonly [string, () => Promise<unknown>, Partial<ClaimRequest>]> = [
    [
      'thousands of endpoints with one due each',
      async () => {
        await endpoints(1, 4_000);
        await due('n', 4_000);
      },
      { turns: [turn(20, '3990'), turn(20), turn(20)] },
    ],
    [
      'one with a long backlog',
      async () => {
        await endpoints(1, 4_000);
        await due('1', 20_000);
      },
      { turns: twenty, roomOfOthers: 20 },
    ],
    [
      'one with a long backlog that is held, and others behind it',
      async () => {
        await endpoints(1, 4_000);
        await due('1', 20_000);
        await due('n + 1', 10);
        await db.query('update rowhook.endpoint set paused_at = now() where id = 1');
      },
      { turns: twenty },
    ],
    [
      'one whose records wait behind their first ones',
      async () => {
        await endpoints(1, 10);
        await db.query(`update rowhook.endpoint set ordering = 'record' where id = 1`);
        await due('1', 20_000, `'person:' || n % 10`);
      },
      { turns: twenty, roomOfOthers: 1 },
    ],
    [
      'some endpoints that are known here, among many',
      async () => {
        await endpoints(1, 4_000);
        await due('n', 4_000);
      },
      { full: false, lanes: [{ lane: 0, endpointId: '2000', room: 5, after: null }], turns: twenty },
    ],
  ];
  for (const [name, fill, more] of cases) {
    it(`goes with what it brings: ${name}`, async () => {
      await fill();
      const before = await blocksOf(more);
      await db.query('analyze rowhook.delivery');
      await db.query('analyze rowhook.endpoint');
      const after = await blocksOf(more);
      // A row that is leased or moved costs some ten; a walk over all of them would be tens of thousands.
      expect(Math.max(before, after)).to.be.within(10, 1_500);
    });
  }
});
