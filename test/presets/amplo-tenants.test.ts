import { expect } from 'chai';
import { createEndpoint } from '../../src/index.ts';
import { amplo } from '../../src/presets/amplo.ts';
import { capturedAmplo, sample } from '../fixtures/amplo.ts';
import type { TestDatabase } from '../support/database.ts';
import { endpointOf, named, notMarker, relayed, type SentEvent, startAmploRelay } from './amplo-run.ts';

const { robotics, books, beds, gift, university, school, shelter } = sample;

/* The lines of the specification are quoted where their tests begin. */
describe('amplo: entities', () => {
  let db: TestDatabase;
  let stop: (() => Promise<void>) | undefined;

  beforeEach(async () => {
    db = await capturedAmplo();
    await endpointOf(db, university);
    await endpointOf(db, school);
  });
  afterEach(async () => {
    await stop?.();
    stop = undefined;
  });
  const start = async () => {
    ({ stop } = await startAmploRelay(db));
  };
  const sent = (events: readonly SentEvent[]) => events.map(({ name, key, to }) => [name, key, ...to]);

  // "one endpoint receives only its own Entity's objects. A donation belongs to the Entity of its beneficiary campaign"
  it('get their own campaigns, and the donations to these', async () => {
    await start();
    await db.query(`update campaigns set name = name || '!' where id in ($1, $2, $3)`, [
      robotics,
      books,
      beds,
    ]);
    await db.query(`update donations set note = 'n' where beneficiary_id = $1 or id = $2`, [books, gift]);
    expect(sent(await relayed(db))).to.have.deep.members([
      ['campaign_update', robotics, university],
      ['campaign_update', books, school],
      ['campaign_update', beds], // nobody listens for the shelter
      ['donation_update', gift, university],
      ['donation_update', '5f0c1d2e3a4b5c6d7e8f9017', school],
    ]);
  });

  it('get what they subscribed to, and one for all entities gets everything', async () => {
    await endpointOf(db, shelter, ['donation_create']);
    await createEndpoint(db.pool, amplo(), { url: 'https://all.example/', events: ['*'], tenant: null });
    await start();
    await db.query(`update campaigns set name = 'B' where id = $1`, [beds]);
    await db.query(`insert into donations (beneficiary_id, amount) values ($1, 5)`, [beds]);
    const { rows } = await db.query<{ name: string; to: Array<string | null> }>(
      `select e.name, array_agg(p.tenant order by p.tenant) as to from rowhook.event e
         join rowhook.delivery d on d.event_id = e.id join rowhook.endpoint p on p.id = d.endpoint_id
        where $1 = '' or ${notMarker} group by e.id order by e.id`,
      [(await relayed(db)).length > 0 ? 'done' : ''],
    );
    expect(rows).to.deep.equal([
      { name: 'campaign_update', to: [null] },
      { name: 'donation_create', to: [shelter, null] },
    ]);
  });

  it('lose and get a donation whose beneficiary changes: its new entity hears of it, its old one does not', async () => {
    await start();
    await db.query('update donations set beneficiary_id = $1 where id = $2', [books, gift]);
    await db.query('delete from donations where id = $1', [gift]);
    expect(sent(await relayed(db))).to.deep.equal([
      ['donation_update', gift, school],
      ['donation_delete', gift, school],
    ]);
  });

  it('lose and get a campaign that moves, with its donations; the move itself is no change of core attributes', async () => {
    await start();
    await db.query('update campaigns set entity_id = $1 where id = $2', [school, robotics]);
    await db.query(`update campaigns set name = 'Robots' where id = $1`, [robotics]);
    await db.query(`update donations set note = 'n' where id = $1`, [gift]);
    await db.query('delete from donations where id = $1', [gift]);
    expect(sent(await relayed(db))).to.deep.equal([
      ['campaign_update', robotics, school],
      ['donation_update', gift, school],
      ['donation_delete', gift, school],
    ]);
  });

  it('get nothing of a campaign that was theirs when it changed, and another’s when its body was read', async () => {
    await db.query(`update campaigns set name = 'Robots' where id = $1`, [robotics]);
    await db.query(`update donations set note = 'n' where id = $1`, [gift]);
    await db.query('update campaigns set entity_id = $1 where id = $2', [school, robotics]);
    await start();
    for (const { to } of await relayed(db)) expect(to).to.deep.equal([school]);
  });

  for (const [name, before] of [
    ['', ''],
    [' that had moved just before', `update campaigns set entity_id = '${school}' where id = '${robotics}';`],
  ] as const) {
    it(`get the deletes of donations that went with their campaign${name}`, async () => {
      await start();
      // So that there is a history in which it still is the university's.
      await db.query(`update campaigns set name = 'Robots' where id = $1`, [robotics]);
      await relayed(db);
      if (before) await db.query(before);
      await db.query('delete from campaigns where id = $1', [robotics]);
      const events = (await relayed(db)).slice(1);
      expect(named(events).map((text) => text.split(' ')[0])).to.have.members([
        'campaign_delete',
        ...Array(4).fill('donation_delete'),
      ]);
      for (const { to } of events) expect(to).to.deep.equal([before ? school : university]);
    });
  }

  it('get the deletes of a donation first, and of its campaign later, read together or one by one', async () => {
    await db.query('delete from donations where id = $1', [gift]);
    await db.query('delete from campaigns where id = $1', [robotics]);
    await start();
    const events = await relayed(db);
    expect(events).to.have.length(5);
    for (const { to } of events) expect(to).to.deep.equal([university]);
  });

  // More than a page holds: the donations are read before the campaign's own end is.
  for (const [name, before] of [
    ['of which nothing was ever said', ''],
    [
      'that moved after it was last spoken of',
      `update campaigns set entity_id = '${school}' where id = '${robotics}'`,
    ],
  ] as const) {
    it(`get every delete of 5,000 donations to a deleted campaign ${name}`, async function () {
      this.timeout(60_000);
      await db.query(
        `insert into donations (beneficiary_id, amount) select $1, n from generate_series(1, 5000) n`,
        [robotics],
      );
      if (before) await db.query(`update campaigns set name = 'Robots' where id = $1`, [robotics]);
      await start();
      await relayed(db);
      await stop?.();
      if (before) await db.query(before);
      else await db.query('truncate rowhook.delivery, rowhook.event');
      await db.query('delete from campaigns where id = $1', [robotics]);
      await start();
      const deletes = (await relayed(db)).filter(({ name }) => name.endsWith('_delete'));
      expect(deletes).to.have.length(5_005);
      const tenants = new Set(deletes.map(({ to }) => to.join()));
      expect([...tenants]).to.deep.equal([before ? school : university]);
    });
  }

  // What hangs on a campaign is read with one page, and the end of the campaign, which alone knows whose it was, with a later one.
  for (const [name, before] of [
    ['of which nothing was ever said', ''],
    ['that moved after it was last spoken of', `update campaigns set entity_id = '${school}' where id = $1`],
  ] as const) {
    it(`get the delete of a donation long before that of its campaign, ${name}`, async function () {
      this.timeout(60_000);
      await start();
      if (before) await db.query(`update campaigns set name = 'Robots' where id = $1`, [robotics]);
      const known = (await relayed(db)).length;
      await stop?.();
      if (before) await db.query(before, [robotics]);
      await db.query('delete from donations where id = $1', [gift]);
      await db.query(
        `insert into donations (beneficiary_id, amount) select $1, n from generate_series(1, 5000) n`,
        [beds],
      );
      await db.query('delete from campaigns where id = $1', [robotics]);
      await start();
      const deletes = (await relayed(db)).slice(known).filter(({ name }) => name.endsWith('_delete'));
      expect(deletes.map(({ to }) => to.join())).to.deep.equal(Array(5).fill(before ? school : university));
    });
  }
});
