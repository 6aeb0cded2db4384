import { expect } from 'chai';
import { type CatalogInput, many, one, text, texts } from '../../src/catalog/define.ts';
import type { Resource } from '../../src/catalog/types.ts';
import { dueRecords } from '../../src/relay/aside/due.ts';
import { readCursor } from '../../src/relay/cursor/cursor.ts';
import { listSetAside, setAsideStatus } from '../../src/store/set-aside.ts';
import { named, type OwnDatabase, type OwnEvent, ownDatabase } from './own-catalog.ts';

/** A record whose body fails: its events wait, and the others do not. */
describe('what cannot be shown', () => {
  let own: OwnDatabase;
  afterEach(() => own.end());

  /** Bodies show 10 / n: there is none where n is 0. */
  const tables = `create table a (id int primary key, n int, tenant text);
    create view halves as select id, 10 / n as half from a; create view owners as select id, tenant, 1 / n as any from a`;
  /** So that a change of it is a change of the record, and mends nothing. */
  const withTenant = () => prepare({ fields: { ...texts('id', 'n', 'tenant'), half } });
  const half = one('halves', { from: 'id', to: 'id' }, text('half'));

  async function prepare(
    resource: Partial<Resource> = {},
    events: CatalogInput['events'] = {
      a_insert: { resource: 'a', on: 'insert' },
      a_update: { resource: 'a', on: 'update' },
      a_delete: { resource: 'a', on: 'delete' },
    },
    sql = tables,
  ): Promise<void> {
    own = await ownDatabase(sql, {
      name: 'own',
      resources: { a: { table: 'a', fields: { ...texts('id', 'n'), half }, ...resource } },
      events,
    });
  }
  async function run(...statements: string[]): Promise<OwnEvent[]> {
    for (const statement of statements) await own.db.query(statement);
    return own.turnAll();
  }
  const shown = (events: readonly OwnEvent[]) =>
    events.map(({ name, key, payload }) => `${name} ${key} ${payload}`);
  const aside = async () =>
    (await listSetAside(own.db)).map(({ key, event, events }) => `${key} ${event} ${events.count}`);
  const left = async () =>
    (
      await own.db.query(
        'select (select count(*)::int from rowhook.set_aside) as records, (select count(*)::int from rowhook.set_aside_event) as events',
      )
    ).rows[0];

  it('is set aside with its reason, and what comes later of it waits behind; the others go on', async () => {
    await prepare();
    await own.endpoint();
    expect(named(await run(`insert into a values (1, 1), (2, 0), (3, 5)`))).to.eql([
      'a_insert 1',
      'a_insert 3',
    ]);
    expect(named(await run(`update a set n = n - 5`))).to.eql(['a_update 1', 'a_update 3'].slice(0, 1));
    expect(await aside()).to.have.members(['2 a_insert 2', '3 a_update 1']);
    const { records, oldestAt, reasons } = await setAsideStatus(own.db);
    expect(records).to.eql({ count: 2, atLeast: false });
    expect(oldestAt).to.be.a('date');
    expect(reasons).to.eql([
      { resource: 'a', reason: 'payload_failed', detail: 'SQLSTATE 22012', records: 2 },
    ]);
    const [first] = await listSetAside(own.db, { resource: 'a', key: '2' });
    expect(first).to.include({ reason: 'payload_failed', detail: 'SQLSTATE 22012', tries: 0 });
  });

  it('goes out in its order, each event once, when a change has mended it', async () => {
    await withTenant();
    await own.endpoint();
    await run(`insert into a values (1, 0), (2, 0)`);
    await run(`update a set tenant = 'x'`, `update a set n = 2 where id = 1`);
    // What has changed is tried soon, what has not is not.
    const { rows } = await own.db.query(
      `select retry_at < clock_timestamp() + interval '10 seconds' as soon from rowhook.set_aside order by record_key`,
    );
    expect(rows).to.eql([{ soon: true }, { soon: true }]);
    expect(shown(await own.retryAll())).to.eql([
      ...['a_insert', 'a_update', 'a_update'].map(
        (name) => `${name} 1 {"id":"1","n":"2","tenant":"x","half":"5"}`,
      ),
    ]);
    expect(await aside()).to.eql(['2 a_insert 2']);
    expect(named(await run(`update a set n = 5`))).to.eql(['a_update 1']);
    expect(named(await own.retryAll())).to.eql(['a_insert 2', 'a_update 2', 'a_update 2']);
    expect(await own.retryAll()).to.eql([]);
    expect(await left()).to.eql({ records: 0, events: 0 });
    expect(named(await run(`update a set n = 1`))).to.have.members(['a_update 1', 'a_update 2']);
  });

  it('is shown by its last row once it is gone, also where no event tells of its end, and nothing is left behind', async () => {
    for (const events of [
      { a_insert: { resource: 'a', on: 'insert' }, a_delete: { resource: 'a', on: 'delete' } },
      { a_insert: { resource: 'a', on: 'insert' } },
    ] as const) {
      await prepare({}, events);
      await own.endpoint();
      await run(`insert into a values (1, 0)`);
      expect(await run(`delete from a`)).to.eql([]);
      const last = '{"id":"1","n":"0","half":null}';
      expect(shown(await own.retryAll())).to.eql(Object.keys(events).map((name) => `${name} 1 ${last}`));
      expect(await left()).to.eql({ records: 0, events: 0 });
      if (Object.keys(events).length === 2) await own.end();
    }
  });

  it('is shown by what it was where its key is another record’s by now', async () => {
    await prepare();
    await own.endpoint();
    await run(`insert into a values (1, 0)`);
    await run(`delete from a`, `insert into a values (1, 0)`);
    // The first record is gone for good; of the second one the body fails too.
    expect(await own.retryAll()).to.eql([]);
    expect(named(await run(`update a set n = 1`))).to.eql([]);
    expect(named(await own.retryAll())).to.eql(['a_insert 1', 'a_delete 1', 'a_insert 1', 'a_update 1']);
  });

  it('is shown by its key once its table was truncated', async () => {
    await prepare();
    await own.endpoint();
    await run(`insert into a values (1, 0)`);
    await run(`truncate a`);
    expect(shown(await own.retryAll())).to.eql(['a_insert 1 {"id":"1","n":null,"half":null}']);
    expect(await left()).to.eql({ records: 0, events: 0 });
  });

  it('waits for its delete where it is gone, and the delete is not read yet', async () => {
    await prepare();
    await own.endpoint();
    await run(`insert into a values (1, 0)`);
    await own.db.query(`delete from a`);
    expect(await own.retryAll()).to.eql([]);
    expect(await left()).to.eql({ records: 0, events: 0 });
    const last = '{"id":"1","n":"0","half":null}';
    expect(shown(await run())).to.eql([`a_insert 1 ${last}`, `a_delete 1 ${last}`]);
  });

  it('needs somebody who would get it: else nothing is made, and nothing fails', async () => {
    await prepare();
    expect(shown(await run(`insert into a values (1, 0)`))).to.eql(['a_insert 1 null']);
    await own.endpoint();
    await run(`update a set tenant = 'x'`);
    expect(await aside()).to.eql([]);
    await run(`update a set n = -0`, `insert into a values (2, 0)`);
    expect(await aside()).to.eql(['2 a_insert 1']);
    // Nobody wants it any more.
    await own.db.query('delete from rowhook.endpoint');
    expect(shown(await own.retryAll())).to.eql(['a_insert 2 null']);
  });

  it('belongs to the tenant that it has when it is shown, and to nobody else', async () => {
    await prepare({ tenant: 'tenant' });
    const [x, y] = [await own.endpoint('x'), await own.endpoint('y')];
    await run(`insert into a values (1, 0, 'x'), (2, 0, 'x')`);
    await run(`update a set tenant = 'y', n = 5 where id = 1`, `update a set n = 10 where id = 2`);
    const events = await own.retryAll();
    expect(events.map(({ key, tenant, to }) => [key, tenant, to])).to.have.deep.members([
      ['1', 'y', [y]],
      ['1', 'y', [y]],
      ['2', 'x', [x]],
      ['2', 'x', [x]],
    ]);
  });

  it('is set aside too where nobody can say whose it is', async () => {
    await prepare({ tenant: { table: 'owners', from: 'id', to: 'id', tenant: 'any' }, fields: texts('id') });
    const endpoint = await own.endpoint('1');
    await run(`insert into a values (1, 1), (2, 0)`);
    const [first] = await listSetAside(own.db);
    expect(first).to.include({ key: '2', reason: 'tenant_failed', detail: 'SQLSTATE 22012' });
    await run(`update a set n = 1 where id = 2`);
    expect((await own.retryAll()).map(({ name, tenant, to }) => [name, tenant, to])).to.eql([
      ['a_insert', '1', [endpoint]],
    ]);
  });

  it('is tried later and later, and a record that changes all the time no more often than every few seconds', async () => {
    await withTenant();
    await own.endpoint();
    const waits = async () =>
      (
        await own.db.query(
          'select round(extract(epoch from retry_at - tried_at))::int as s from rowhook.set_aside',
        )
      ).rows[0]?.s;
    await run(`insert into a values (1, 0)`);
    expect(await waits()).to.equal(60);
    for (const seconds of [120, 240, 480, 960, 1_920, 3_600, 3_600]) {
      await own.retryAll();
      expect(await waits()).to.equal(seconds);
    }
    await run(`update a set tenant = 'x'`);
    expect(await waits()).to.equal(5);
    const version = async () =>
      (await own.db.query('select xmin::text from rowhook.set_aside')).rows[0]?.xmin;
    const before = await version();
    await run(`update a set tenant = 'y'`);
    expect(await version()).to.equal(before);
  });

  it('costs a bounded number of statements where thousands fail, and holds back no other for long', async () => {
    await prepare();
    await own.endpoint();
    let failed = 0;
    const query = own.client.query.bind(own.client) as (...given: unknown[]) => Promise<unknown>;
    Object.assign(own.client, {
      query: (...given: unknown[]) => {
        if (String(given[0]).startsWith('rollback to savepoint')) failed += 1;
        return query(...given);
      },
    });
    // Every other one fails: no half of them does not.
    await own.db.query(`insert into a select i, i % 2 from generate_series(1, 500) i`);
    const at = await own.turnAll();
    expect(failed).to.be.within(10, 200);
    failed = 0;
    const all = [...at];
    await own.db.query('update rowhook.set_aside set retry_at = clock_timestamp()');
    for (const event of await own.retryAll()) all.push(event);
    expect(all.map(({ key }) => Number(key)).sort((a, b) => a - b)).to.eql(
      Array.from({ length: 250 }, (_, i) => 2 * i + 1),
    );
    expect(await left()).to.eql({ records: 250, events: 250 });
  });

  it('goes out piece by piece where very much of it waits', async () => {
    await prepare({}, { a_update: { resource: 'a', on: 'update', columns: '*', per: 'change' } });
    await own.endpoint();
    await run(
      `insert into a values (1, 0), (2, 0)`,
      `do $$ begin for i in 1..7 loop update a set tenant = i; end loop; end $$`,
    );
    await own.db.query(
      `alter table a disable trigger user; update a set n = 1; alter table a enable trigger user`,
    );
    await own.db.query('update rowhook.set_aside set retry_at = clock_timestamp()');
    const due = (await dueRecords(own.db, { records: 2, events: 5 }))!;
    expect([due.keys, due.events.length]).to.eql([[due.keys[0]], 5]);
    const seqs = (await own.retryAll()).length;
    expect(seqs).to.equal(14);
    const { rows } = await own.db.query<{ key: string; ordered: boolean }>(
      `select record_key as key, array_agg(seq order by id) = array_agg(seq order by seq) as ordered from rowhook.event group by 1`,
    );
    expect(rows.map(({ ordered }) => ordered)).to.eql([true, true]);
  });

  it('is written with the cursor: of two relays one sets it aside, and one shows it', async () => {
    await prepare({
      fields: { ...texts('id'), half, rest: many('a', { from: 'id', to: 'id', orderBy: ['id'] }, text('n')) },
    });
    await own.endpoint();
    await run(`insert into a values (1, 0)`);
    await own.db.query(
      `alter table a disable trigger user; update a set n = 1; alter table a enable trigger user`,
    );
    const moved = await readCursor(own.db);
    await own.db.query(
      `create table kept as select * from rowhook.relay_cursor order by id desc limit 1; update kept set id = id + 1;
       insert into rowhook.relay_cursor select * from kept`,
    );
    const error = await own.retryAll().catch((failure) => failure);
    expect(String(error)).to.match(/another relay has moved the cursor/);
    expect(await left()).to.eql({ records: 1, events: 1 });
    expect((await own.db.query('select from rowhook.event')).rowCount).to.equal(0);
    await own.db.query('delete from rowhook.relay_cursor where id > $1', [moved!.id]);
    expect(named(await own.retryAll())).to.eql(['a_insert 1']);
    expect(await own.retryAll()).to.eql([]);
  });
});
