import { expect } from 'chai';
import pg from 'pg';
import { defineCatalog, one, text } from '../../src/catalog/define.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import { type ShapeName, scenes, shapePaths } from '../fixtures/scenes.ts';
import { shapeText } from '../fixtures/site-stacker.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { named, relayed, startRelay, subscribe } from './relay-run.ts';

describe('relay', () => {
  let db: TestDatabase;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    db = await capturedCrm();
    await subscribe(db);
  });
  afterEach(async () => {
    await stop?.();
  });
  const start = async (options: Parameters<typeof startRelay>[1] = {}) => {
    ({ stop } = await startRelay(db, options));
  };

  it('turns what one transaction did to a record into its net effect', async () => {
    await start();
    await db.query(
      `begin; insert into people (id, fullname) values (9001, 'A'); update people set fullname = 'B' where id = 9001; commit`,
    );
    await db.query(
      `begin; update people set fullname = 'C' where id = 9001; update people set fullname = 'D' where id = 9001; commit`,
    );
    await db.query(
      `begin; insert into people (id, fullname) values (9002, 'A'); delete from people where id = 9002; commit`,
    );
    await db.query(
      `begin; update people set fullname = 'E' where id = 9001; delete from people where id = 9001; commit`,
    );
    expect(named(await relayed(db))).to.eql([
      'person_create 9001',
      'person_update 9001',
      'person_delete 9001',
    ]);
  });

  it('makes nothing of what was rolled back, or changed nothing', async () => {
    await start();
    await db.query(`begin; update people set fullname = 'X' where id = 412; rollback`);
    await db.query(
      `begin; savepoint a; update people set fullname = 'X' where id = 412; rollback to a; update people set fullname = 'Y' where id = 413; commit`,
    );
    await db.query(`update people set fullname = fullname`);
    await db.query(`update people set last_activity = now()`);
    expect(named(await relayed(db))).to.eql(['person_update 413']);
  });

  it('delivers a late commit behind newer ones', async () => {
    await start();
    const late = new pg.Client({ connectionString: db.url });
    late.on('error', () => {});
    await late.connect();
    await late.query(`begin`);
    await late.query(`update people set fullname = 'late' where id = 412`);
    for (let i = 0; i < 5; i++)
      await db.query(`update people set fullname = 'x' || $1::text where id = 413`, [i]);
    expect(named(await relayed(db))).to.eql(Array(5).fill('person_update 413'));
    await late.query('commit');
    await late.end();
    expect(named(await relayed(db))).to.eql([...Array(5).fill('person_update 413'), 'person_update 412']);
  });

  it('reads a backlog of many pages to its end while nothing new comes', async () => {
    for (let i = 0; i < 12; i++) {
      await db.query(`insert into tags (name) select 'n' from generate_series(1, 500)`);
    }
    await start();
    await waitUntil(async () => (await db.query('select 1 from rowhook.event')).rowCount === 6000, {
      what: 'the backlog to become events',
    });
  });

  it('speaks of a record that is gone by its last first level', async () => {
    await db.query(
      `insert into person_emails (id, person_id, email) values (9100, 412, 'first@example.org')`,
    );
    await db.query(`update person_emails set email = 'last@example.org' where id = 9100`);
    await db.query(`delete from person_emails where id = 9100`);
    await start();
    const rows = await relayed(db);
    expect(named(rows)).to.eql([
      'person_email_create 9100',
      'person_email_update 9100',
      'person_email_delete 9100',
    ]);
    for (const row of rows) {
      const body = JSON.parse(row.payload!);
      expect(Object.keys(body)).to.eql(Object.keys(JSON.parse(await shapeText('person_email'))));
      expect(body).to.include({ id: '9100', email: 'last@example.org' });
    }
  });

  it('raises cancel and reactivate for each gift of a schedule, with an update', async () => {
    await start();
    await db.query('update recurring_batches set active = false where id = 216');
    await db.query('update recurring_batches set active = true where id = 216');
    await db.query(
      'begin; update recurring_batches set active = false where id = 216; update recurring_batches set active = true where id = 216; commit',
    );
    expect(named(await relayed(db))).to.eql([
      ...['recurring_update 217', 'recurring_cancel 217', 'recurring_update 218', 'recurring_cancel 218'],
      ...[
        'recurring_update 217',
        'recurring_reactivate 217',
        'recurring_update 218',
        'recurring_reactivate 218',
      ],
      ...['recurring_update 217', 'recurring_update 218'],
    ]);
  });

  it('makes a change of an item, goal or fixed amount an update of the campaign', async () => {
    await start();
    await db.query(`update items set name = 'Cleaner Water' where campaign_id = 57`);
    await db.query(`insert into campaign_goals (campaign_id, goal_amount) values (58, 10)`);
    await db.query(`delete from campaign_fixed_amounts where campaign_id = 57`);
    await db.query('delete from campaigns where id = 58');
    const rows = await relayed(db);
    const names = named(rows);
    expect(names.slice(0, 3)).to.eql(['campaign_update 57', 'campaign_update 58', 'campaign_update 57']);
    expect(names.filter((name) => name.startsWith('campaign')))
      .to.include('campaign_delete 58')
      .and.to.have.length(4);
    const gone = JSON.parse(rows.find((row) => row.name === 'campaign_delete')!.payload!);
    expect(gone).to.include({ id: '58', item: null, goals: null });
  });

  it('takes fields of any name', async () => {
    const catalog = defineCatalog({
      name: 'names',
      dialect: 'site-stacker',
      resources: {
        tag_category: {
          table: 'tag_categories',
          fields: {
            body: text('name'),
            r: text('id'),
            t: one('sites', { from: 'site_id', to: 'id' }, { r: text('name'), t_: text('id') }),
          },
        },
      },
      events: { tag_category_create: { resource: 'tag_category', on: 'insert' } },
    });
    await start({ catalog });
    await db.query(`insert into tag_categories (id, name) values (5001, 'Region')`);
    const [row] = await relayed(db);
    expect(row!.payload).to.equal('{"body":"Region","r":"5001","t":{"r":"Main Site","t_":"1"}}');
  });

  for (const shape of Object.keys(scenes) as ShapeName[]) {
    it(`builds the body of ${shape} as its shape has it, byte for byte`, async () => {
      await db.query(scenes[shape]);
      const id = shapePaths[shape].split('/').pop()!;
      const table: Record<ShapeName, string> = {
        campaign: 'campaigns',
        contribution: 'contributions',
        contribution_batch: 'contribution_batches',
        person: 'people',
        person_address: 'person_addresses',
        person_email: 'person_emails',
        person_phone: 'person_phones',
        person_relation: 'person_relations',
        recurring: 'recurrings',
        tag: 'tags',
        tag_category: 'tag_categories',
      };
      // Insert and delete would be the only changes that leave a row as it was; so the change is written by hand.
      await db.query(
        `insert into rowhook.outbox (capture_id, op, n, keys)
         select id, 'i', 1, array[$2::text] from rowhook.capture where table_name = $1`,
        [`"public"."${table[shape]}"`, id],
      );
      await start({ catalog: siteStacker({ timestamps: 'sql' }) });
      const row = (await relayed(db)).find((event) => event.name === `${shape}_create`);
      expect(row?.payload).to.equal(await shapeText(shape));
    });
  }
});
