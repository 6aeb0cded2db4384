import { expect } from 'chai';
import pg from 'pg';
import { type ClaimRequest, claim } from '../../src/delivery/queue/claim.ts';
import { giveBack } from '../../src/delivery/queue/give-back.ts';
import { record } from '../../src/delivery/queue/record.ts';
import { createSession, type Session } from '../../src/delivery/queue/session.ts';
import type { TestDatabase } from '../support/database.ts';
import { claimRequest, queueDatabase } from './queue.ts';

/** Their rows may be many, whatever the statistics say of them. */
const large = /^(delivery(_\d|_waiting|_behind)?|endpoint(_health)?)$/;

describe('plans that are made while the queue is empty, and kept', () => {
  let db: TestDatabase;
  let session: Session;
  beforeEach(async () => {
    db = await queueDatabase();
    for (const table of [
      'delivery_0',
      'delivery_1',
      'delivery_waiting',
      'delivery_behind',
      'endpoint',
      'endpoint_health',
    ])
      await db.query(`vacuum analyze rowhook.${table}`);
    session = createSession(db.pool, { durable: false });
  });

  /** Scans of tables that may be large, of the plan that a session keeps for this statement. */
  async function scansOf(run: (explaining: Session) => Promise<unknown>): Promise<string[]> {
    const lines: string[] = [];
    const explaining: Session = {
      async query<Row extends object>(statement: { readonly text: string }) {
        const count = Math.max(0, ...[...statement.text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
        await session.query({ text: `prepare kept as ${statement.text}` }, []);
        const nothing = Array.from({ length: count }, () => 'null').join();
        const { rows } = await session.query<{ 'QUERY PLAN': string }>(
          { text: `explain (costs off) execute kept${count > 0 ? `(${nothing})` : ''}` },
          [],
        );
        await session.query({ text: 'deallocate kept' }, []);
        for (const row of rows) lines.push(row['QUERY PLAN']);
        return { rows: [] as Row[] };
      },
      close() {},
    };
    await run(explaining);
    session.close();
    return lines.flatMap((line, i) => {
      const [, scan, table] =
        /((?:Seq|Index|Index Only|Bitmap Heap) Scan)(?: Backward)?(?: using \S+)? on (\w+)/.exec(line) ?? [];
      if (!scan || !table || !large.test(table)) return [];
      const [first = '', second = ''] = lines.slice(i + 1);
      // What is known of the other row must not merely be looked at in each row.
      const byKey =
        /Index Cond/.test(first) && !/Filter: .*(\bid|endpoint_id|ANY \(ARRAY\[.*\]\)) = /.test(second);
      return [`${scan} on ${table}${byKey ? ' by its key' : `: ${first.trim()}; ${second.trim()}`}`];
    });
  }

  const statements: ReadonlyArray<readonly [string, (explaining: Session) => Promise<unknown>]> = [
    ...[true, false].map((full): [string, (explaining: Session) => Promise<unknown>] => [
      `a claim ${full ? 'all over the queue' : 'for endpoints that are known'}`,
      (explaining) => claim(explaining, claimRequest({ full } as Partial<ClaimRequest>)),
    ]),
    ['a record', (explaining) => record(explaining, []).catch(() => {})],
    [
      'giving back',
      (explaining) =>
        giveBack(explaining, [
          { lane: 0, slot: 0, endpointId: '1', id: '', lease: '', counted: true, probe: false },
        ]),
    ],
  ];
  for (const [name, run] of statements) {
    it(`walk no table as a whole for each row: ${name}`, async () => {
      const scans = await scansOf(run);
      expect(scans).not.to.eql([]);
      expect(scans.filter((scan) => !scan.endsWith('by its key'))).to.eql([]);
    });
  }

  it('find what a record waits for by the record: what a claim and a record decide about order', async () => {
    // The tests' own server is its superuser; with this extension of Postgres it says how statements within functions are done.
    const client = new pg.Client({ connectionString: db.url });
    await client.connect();
    const plans: string[] = [];
    client.on('notice', ({ message = '' }) => plans.push(message));
    await client.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0;
      set auto_explain.log_nested_statements = on; set client_min_messages = log`);
    const [endpoint, record] = ['7', 'person:1'];
    const earlier = '00000000-0000-7000-8000-000000000001';
    await client.query('begin');
    await client.query(
      `insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at, record) values ($1, $2, $2, 1, now(), $3)`,
      [endpoint, earlier, record],
    );
    await client.query('select rowhook.record_turn($1, $2, $3)', [
      endpoint,
      record,
      earlier.replace(/1$/, '2'),
    ]);
    await client.query('select rowhook.deliver_next(array[$1::bigint], array[$2])', [endpoint, record]);
    await client.query('rollback');
    await client.end();
    const conditions = plans.flatMap((plan) => [
      ...plan.matchAll(/Scan using \S+ on (?:delivery_\w+).*\n +(Index Cond: .*|.*)/g),
    ]);
    expect(conditions).to.have.length.above(4);
    // Not all that an endpoint has waiting.
    for (const [scan, condition] of conditions)
      expect(condition, scan).to.match(/^Index Cond: .*\b(record (=|>=)|id =) /);
  });
});
