import { expect } from 'chai';
import { amploShape, capturedAmplo, sample } from '../fixtures/amplo.ts';
import type { TestDatabase } from '../support/database.ts';
import { endpointOf, relayed, startAmploRelay } from './amplo-run.ts';

/* The lines of the specification are quoted where their tests begin. */
describe('amplo: bodies', () => {
  let db: TestDatabase;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    db = await capturedAmplo();
    await endpointOf(db, sample.university);
    ({ stop } = await startAmploRelay(db));
  });
  afterEach(() => stop());

  const lastBody = async (): Promise<string | null> => (await relayed(db)).at(-1)!.body;
  const attributes = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await lastBody())!).data.attributes;

  // "see shapes/amplo_donation.json (20 attributes) and shapes/amplo_campaign.json (18)"
  it('are the shapes of a campaign and a donation, byte for byte', async () => {
    // Rewriting a row as it was is no change: so it is another value and back, in two transactions.
    await db.query(`update campaigns set goal = 1 where id = $1`, [sample.robotics]);
    await db.query(`update campaigns set goal = 2500 where id = $1`, [sample.robotics]);
    expect(await lastBody()).to.equal(await amploShape('amplo_campaign'));
    await db.query(`update donations set note = 'x' where id = $1`, [sample.gift]);
    await db.query(`update donations set note = null where id = $1`, [sample.gift]);
    expect(await lastBody()).to.equal(await amploShape('amplo_donation'));
    const count = (text: string): number => Object.keys(JSON.parse(text).data.attributes).length;
    expect(count(await amploShape('amplo_donation'))).to.equal(20);
    expect(count(await amploShape('amplo_campaign'))).to.equal(18);
  });

  // "`attributes` holds `deleted_at` (Unix seconds) and nothing else: shapes/amplo_deleted.json"
  // "`deleted_at` is the column's value"
  it('of a soft delete are the shape, byte for byte, with the value of the column', async () => {
    await db.query(`update donations set deleted_at = to_timestamp(1510000000.9) where id = $1`, [
      sample.gift,
    ]);
    expect(await lastBody()).to.equal(await amploShape('amplo_deleted'));
  });

  // "or the time of the transaction that deleted the row"
  it('of a real DELETE have the time of its transaction', async () => {
    const { rows } = await db.query<{ at: string }>(
      `with gone as (delete from donations where id = $1) select floor(extract(epoch from now()))::bigint::text as at`,
      [sample.gift],
    );
    expect(await lastBody()).to.equal((await amploShape('amplo_deleted')).replace('1510000000', rows[0]!.at));
  });

  // "amounts are JSON numbers in dollars (`35`, `12.5`: as numbers, never strings)"
  const amounts: ReadonlyArray<readonly [stored: string, shown: string]> = [
    ['35', '35'],
    ['12.5', '12.5'],
    ['0.05', '0.05'],
    ['100', '100'],
    ['1000000.10', '1000000.1'],
    ['9999999999.99', '9999999999.99'],
    ['0', '0'],
  ];
  for (const [stored, shown] of amounts) {
    it(`show an amount of ${stored} as the number ${shown}`, async () => {
      await db.query(`update donations set amount = $2 where id = $1`, [sample.gift, stored]);
      if (stored === '35') await db.query(`update donations set note = 'again' where id = $1`, [sample.gift]);
      const body = await lastBody();
      expect(body).to.include(`"amount":${shown},`);
      expect(JSON.parse(body!).data.attributes.amount).to.equal(Number(stored));
    });
  }

  it('show amounts of campaigns as numbers, and null where there are none', async () => {
    await db.query(
      `update campaigns set goal = 2500.50, member_goal = null, total_raised = 1234.50, average_donation = 10 where id = $1`,
      [sample.robotics],
    );
    expect(await attributes()).to.include({
      ...{ goal: 2500.5, member_goal: null, total_raised: 1234.5, average_donation: 10 },
    });
  });

  // "Snake-case keys, ids are opaque strings, timestamps are integers in Unix seconds"
  it('have snake-case keys, string ids, and whole seconds whatever the time zone of the writer', async () => {
    await db.query(
      `begin; set local time zone 'Pacific/Auckland';
       update campaigns set start_date = '2017-11-02 01:00:00.999999', end_date = null where id = '${sample.robotics}'; commit`,
    );
    const body = (await lastBody())!;
    const { data } = JSON.parse(body);
    expect(data.id).to.equal(sample.robotics);
    expect(data.attributes).to.include({ start_date: 1509537600, end_date: null });
    expect(body.match(/"[^"]+":/g)!.every((key) => /^"[a-z_]+":$/.test(key))).to.equal(true);
  });

  // "`id` and `type` are all a receiver has to tell objects apart"
  it('name their object by its id and the plural of its type, and say nothing of the event', async () => {
    await db.query(`update campaigns set name = 'R' where id = $1`, [sample.robotics]);
    await db.query(`update donations set note = 'n' where id = $1`, [sample.gift]);
    await db.query(`delete from donations where id = $1`, [sample.gift]);
    await db.query(`delete from campaigns where id = $1`, [sample.rowing]);
    const seen = (await relayed(db)).map(({ body }) => JSON.parse(body!));
    expect(seen.map(({ data }) => [data.type, data.id])).to.deep.include.members([
      ['campaigns', sample.robotics],
      ['donations', sample.gift],
      ['campaigns', sample.rowing],
    ]);
    for (const body of seen) {
      expect(Object.keys(body)).to.deep.equal(['data']);
      expect(Object.keys(body.data)).to.deep.equal(['id', 'type', 'attributes']);
    }
  });

  it('show lists, quotes and line ends as JSON', async () => {
    await db.query(
      `update donations set tickets = '{a,"b c"}', note = E'"for you"\\n🐎', causes_allocated_to = '{books}' where id = $1`,
      [sample.gift],
    );
    expect(await attributes()).to.deep.include({
      tickets: ['a', 'b c'],
      note: '"for you"\n🐎',
      causes_allocated_to: ['books'],
      refund_donation_ids: [],
    });
  });
});
