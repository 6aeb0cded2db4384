import { expect } from 'chai';
import { createPlatformApi } from '../../examples/amplo/api/app.ts';
import { coreAttributes } from '../../src/presets/amplo/campaigns.ts';
import { amplo } from '../../src/presets/amplo.ts';
import { amploShape, capturedAmplo, sample } from '../fixtures/amplo.ts';
import type { TestDatabase } from '../support/database.ts';
import { endpointOf, named, relayed, startAmploRelay } from './amplo-run.ts';

const { robotics, rowing, gift, school, university } = sample;

/* The lines of the specification are quoted where their tests begin. */
describe('amplo: events', () => {
  let db: TestDatabase;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    db = await capturedAmplo();
    await endpointOf(db, university);
    ({ stop } = await startAmploRelay(db));
  });
  afterEach(() => stop());

  const outboxRows = async (): Promise<number> =>
    Number((await db.query('select count(*) as n from rowhook.outbox')).rows[0]!.n);

  // "Create, update and delete of a Campaign or a Donation fire"
  it('are the create, update and delete of campaigns and donations', async () => {
    const campaign = 'a00000000000000000000001';
    const donation = 'd00000000000000000000001';
    await db.query(`insert into campaigns (id, entity_id, name) values ($1, $2, 'Chess')`, [
      campaign,
      university,
    ]);
    await db.query(`insert into donations (id, beneficiary_id, amount) values ($1, $2, 5)`, [
      donation,
      campaign,
    ]);
    await db.query(`update campaigns set name = 'Chess Club' where id = $1`, [campaign]);
    await db.query(`update donations set status = 'paid' where id = $1`, [donation]);
    await db.query('delete from donations where id = $1', [donation]);
    await db.query('delete from campaigns where id = $1', [campaign]);
    const events = await relayed(db);
    expect(named(events)).to.deep.equal([
      `campaign_create ${campaign}`,
      `donation_create ${donation}`,
      `campaign_update ${campaign}`,
      `donation_update ${donation}`,
      `donation_delete ${donation}`,
      `campaign_delete ${campaign}`,
    ]);
    expect(Object.keys(amplo().events)).to.have.members(events.map(({ name }) => name));
    for (const { to } of events) expect(to).to.deep.equal([university]);
  });

  // "Changes made through the platform's own API fire too"
  it('are those of the platform’s own API too, which rolls statistics up with each donation', async () => {
    const api = createPlatformApi({ pool: db.pool });
    const call = (method: string, path: string, body?: object) =>
      api.request(`/api/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const given = await call('POST', 'donations', { beneficiary_id: robotics, amount: 12.5, status: 'paid' });
    const document = await given.text();
    const { id } = JSON.parse(document).data;
    await relayed(db);
    await call('PATCH', `campaigns/${robotics}`, { goal: 12.5 });
    await relayed(db);
    const shown = await (await call('GET', `campaigns/${robotics}`)).text();
    await call('DELETE', `donations/${id}`);
    const events = await relayed(db);
    expect(named(events)).to.deep.equal([
      `donation_create ${id}`,
      `campaign_update ${robotics}`,
      `donation_delete ${id}`,
    ]);
    // "the same as a GET of the single object"
    expect(events.map(({ body }) => body).slice(0, 2)).to.deep.equal([document, shown]);
  });

  // "a change of rolled-up statistics (total_votes, total_donations, total_raised, average_donation) fires nothing,
  // and costs the writing transaction next to nothing"
  it('write nothing to the outbox for the statistics of 10,000 campaigns', async () => {
    await db.query(
      `insert into campaigns (entity_id, name) select $1, 'Campaign ' || n from generate_series(1, 10000) n`,
      [university],
    );
    const before = await outboxRows();
    const { rowCount } = await db.query(
      `update campaigns set total_votes = total_votes + 1, total_donations = total_donations + 1,
         total_raised = total_raised + 12.5, average_donation = 12.5, updated_at = now()`,
    );
    expect(rowCount).to.be.at.least(10_000);
    expect((await outboxRows()) - before).to.equal(0);
    // That it would, had a core attribute changed, is what makes this a test.
    await db.query('update campaigns set member_goal = coalesce(member_goal, 0) + 1');
    expect((await outboxRows()) - before).to.be.at.least(20);
  });

  for (const column of ['total_votes', 'total_donations', 'total_raised', 'average_donation']) {
    it(`say nothing of a change of ${column}`, async () => {
      await db.query(`update campaigns set ${column} = ${column} + 1 where id = $1`, [robotics]);
      expect(await relayed(db)).to.deep.equal([]);
    });
  }

  // "For a campaign only its core attributes count"
  it('fire for each of the 14 core attributes alone', async () => {
    const others: Readonly<Record<string, string>> = {
      ...{ name: `'x'`, url: `'x'`, logo: `'x'`, category: `'x'`, external_id: `'x'` },
      ...{
        start_date: `'2017-11-01'`,
        end_date: `'2017-11-04'`,
        status: `'ended'`,
        campaign_type: `'votes'`,
      },
      ...{ allow_subscriptions: 'false', join_code: '7', goal: '1', member_goal: '1', public: 'false' },
    };
    expect(Object.keys(others)).to.have.members(Object.keys(coreAttributes)).and.to.have.length(14);
    for (const [column, value] of Object.entries(others))
      await db.query(`update campaigns set ${column} = ${value} where id = $1`, [robotics]);
    expect(named(await relayed(db))).to.deep.equal(Array(14).fill(`campaign_update ${robotics}`));
  });

  it('fire once for a core attribute that changes together with statistics, and show both', async () => {
    await db.query(`update campaigns set goal = 3000, total_raised = 155 where id = $1`, [robotics]);
    const [event] = await relayed(db);
    expect(JSON.parse(event!.body!).data.attributes).to.include({ goal: 3000, total_raised: 155 });
  });

  // "Any change of a donation fires"
  it('fire for each column of a donation, also one that no body shows and one that is added later', async () => {
    const { rows } = await db.query<{ name: string; type: string }>(
      `select column_name as name, data_type as type from information_schema.columns
        where table_name = 'donations' and column_name not in ('id', 'deleted_at', 'beneficiary_type', 'beneficiary_id')`,
    );
    const other = (name: string, type: string): string => {
      if (name === 'status') return `'refunded'`;
      if (name === 'donation_type') return `'match'`;
      if (name === 'user_id') return 'null';
      if (type === 'boolean') return `not ${name}`;
      if (type === 'numeric') return `${name} + 1`;
      return { ARRAY: `'{x}'`, text: `'other'`, 'timestamp with time zone': `'2020-01-01'` }[type]!;
    };
    for (const { name, type } of rows)
      await db.query(`update donations set ${name} = ${other(name, type)} where id = $1`, [gift]);
    expect(rows).to.have.length(20);
    expect(named(await relayed(db))).to.deep.equal(Array(20).fill(`donation_update ${gift}`));
    await db.query('alter table donations add column thanked boolean');
    await db.query('update donations set thanked = true where id = $1', [gift]);
    expect(await relayed(db)).to.have.length(21);
  });

  it('say nothing of a donation that is written as it was', async () => {
    await db.query('update donations set amount = amount, note = note');
    expect(await relayed(db)).to.deep.equal([]);
  });

  // "Nothing else (users, say) fires"
  it('say nothing of users and entities, and leave their tables alone', async () => {
    await db.query(`update users set first_name = 'M' where id = $1`, [sample.maren]);
    await db.query(`insert into users (email) values ('new@example.org')`);
    await db.query(`delete from users where email = 'new@example.org'`);
    await db.query(`update entities set name = 'U' where id = $1`, [university]);
    expect(await relayed(db)).to.deep.equal([]);
    const { rows } = await db.query(
      `select distinct tgrelid::regclass::text as table from pg_trigger where tgname like 'rowhook%' order by 1`,
    );
    expect(rows).to.deep.equal([{ table: 'campaigns' }, { table: 'donations' }]);
  });

  it('fire for the donations of a user who is deleted, because they lose their user', async () => {
    await db.query('delete from users where id = $1', [sample.maren]);
    const events = await relayed(db);
    expect(named(events)).to.have.members([
      `donation_update ${gift}`,
      'donation_update 5f0c1d2e3a4b5c6d7e8f9016',
    ]);
    expect(JSON.parse(events[0]!.body!).data.attributes.user_id).to.equal(null);
  });

  // "A soft delete (a deleted_at column that gets set) and a real DELETE both count as deletion (chosen)"
  describe('of a record that is marked as deleted', () => {
    const mark = (table: string, id: string, at: string | null = '2017-11-06 20:26:40+00') =>
      db.query(`update ${table} set deleted_at = $2 where id = $1`, [id, at]);
    const since = async (count: number) => named((await relayed(db)).slice(count));

    for (const [table, type, id] of [
      ['donations', 'donation', gift],
      ['campaigns', 'campaign', rowing],
    ] as const) {
      it(`${type}: marking deletes it, unmarking creates it, and in between there is nothing to say`, async () => {
        await mark(table, id);
        expect(await since(0)).to.deep.equal([`${type}_delete ${id}`]);
        await db.query(`update ${table} set external_id = 'changed', updated_at = now() where id = $1`, [id]);
        await mark(table, id, '2017-11-07 00:00:00+00');
        expect(await since(1), 'changes of what is deleted').to.deep.equal([]);
        await mark(table, id, null);
        expect(await since(1), 'a restore').to.deep.equal([`${type}_create ${id}`]);
        const restored = JSON.parse((await relayed(db)).at(-1)!.body!);
        expect(restored.data.attributes).to.include({ external_id: 'changed' });
        expect(restored.data.attributes).not.to.have.property('deleted_at');
      });

      it(`${type}: a real delete of it is no second one`, async () => {
        await mark(table, id);
        await db.query(`delete from ${table} where id = $1`, [id]);
        const events = (await relayed(db)).filter(({ key }) => key === id);
        expect(named(events)).to.deep.equal([`${type}_delete ${id}`]);
        expect(JSON.parse(events[0]!.body!).data.attributes).to.deep.equal({ deleted_at: 1510000000 });
      });
    }

    it('a change and the mark in one transaction are a delete, by one statement or by two', async () => {
      await db.query(`update donations set note = 'n', deleted_at = to_timestamp(1510000000) where id = $1`, [
        gift,
      ]);
      await db.query(
        `begin; update campaigns set name = 'n' where id = '${robotics}';
         update campaigns set deleted_at = to_timestamp(1510000000) where id = '${robotics}'; commit`,
      );
      const events = await relayed(db);
      expect(named(events)).to.deep.equal([`donation_delete ${gift}`, `campaign_delete ${robotics}`]);
      expect(events[0]!.body).to.equal(await amploShape('amplo_deleted'));
    });

    it('marked and unmarked in one transaction it was there all the time', async () => {
      await db.query(
        `begin; update donations set deleted_at = now() where id = '${gift}';
         update donations set deleted_at = null where id = '${gift}'; commit`,
      );
      expect(named(await relayed(db))).to.deep.equal([`donation_update ${gift}`]);
    });

    it('inserted as marked it never was there', async () => {
      await db.query(
        `insert into donations (id, beneficiary_id, amount, deleted_at) values ('d00000000000000000000002', $1, 5, now())`,
        [robotics],
      );
      await db.query(`insert into campaigns (entity_id, name, deleted_at) values ($1, 'x', now())`, [
        university,
      ]);
      await db.query(`delete from donations where id = 'd00000000000000000000002'`);
      expect(await relayed(db)).to.deep.equal([]);
    });

    it('its donations live on, and go to its entity', async () => {
      await mark('campaigns', robotics);
      await db.query(`update donations set note = 'late' where id = $1`, [gift]);
      const events = await relayed(db);
      expect(named(events)).to.deep.equal([`campaign_delete ${robotics}`, `donation_update ${gift}`]);
      expect(events[1]!.to).to.deep.equal([university]);
    });
  });

  it('of a real delete in one transaction with its creation are none', async () => {
    await db.query(
      `begin; insert into campaigns (id, entity_id, name) values ('a00000000000000000000003', '${school}', 'x');
       delete from campaigns where id = 'a00000000000000000000003'; commit`,
    );
    expect(await relayed(db)).to.deep.equal([]);
  });
});
