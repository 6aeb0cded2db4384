import { expect } from 'chai';
import pg from 'pg';
import { changesOf, defineCatalog, one, text } from '../../src/catalog/define.ts';
import type { SetAsideAnswer, SetAsideRequest } from '../../src/store/set-aside.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { type Project, project } from './project.ts';
import type { Running } from './rowhook.ts';

/** A sale's body shows what a view makes of a rate that nobody captures: of none, or of 0, it makes an error. */
const tables = `
  create table rate (id int primary key, per int);
  insert into rate select i, case when i in (3, 7) then 0 else i end from generate_series(1, 9) i;
  create table sale (id bigint primary key, label text);
  create view share as select sale.id, 100 / rate.per as part from sale join rate on rate.id = sale.id`;

const sales = defineCatalog({
  name: 'sales',
  dialect: 'standard',
  resources: {
    sale: {
      table: 'sale',
      fields: { id: text(), label: text(), part: one('share', { from: 'id', to: 'id' }, text('part')) },
    },
  },
  events: changesOf('sale'),
});

interface Told {
  readonly type: string;
  readonly data: { readonly id: string; readonly label: string; readonly part: string };
}

describe('rowhook set-aside', function () {
  this.timeout(60_000);
  let app: Project;
  let receiver: Receiver;
  let daemon: Running;
  before(async () => {
    receiver = await startReceiver();
    app = await project();
    const owner = new pg.Client({ connectionString: app.url });
    await owner.connect();
    await owner.query(tables);
    await app.write(
      'rowhook.config.json',
      JSON.stringify({ catalog: sales, delivery: { allow: ['127.0.0.1'] } }),
    );
    await app.json('install');
    const to = ['--url', receiver.url('/'), '--events', '*', '--generate-secret'];
    await app.json('endpoints', 'create', ...to);
    daemon = await started();
    await owner.query(`insert into sale select i, 'new' from generate_series(1, 9) i`);
    await owner.query(`update sale set label = 'later' where id in (3, 4)`);
    await owner.end();
  });
  after(async () => {
    await app.remove();
    await receiver.close();
  });

  const started = async (): Promise<Running> => {
    const running = app.start('start', '--no-admin');
    await running.logged('the relay is active');
    return running;
  };
  /** What came in of some sales, in its order: `sale_create 4 new 25`. */
  const arrived = (...ids: number[]): string[] =>
    receiver.requests
      .map(({ body }) => JSON.parse(body.toString()) as Told)
      .filter(({ type, data }) => type !== 'ping' && (ids.length === 0 || ids.includes(Number(data.id))))
      .map(({ type, data: { id, label, part } }) => `${type} ${id} ${label} ${part}`);

  it('lists what cannot be shown with why and since when, `status` sums it up, and all others are delivered', async () => {
    await waitUntil(() => arrived().length === 8, { what: 'the others to arrive', timeoutMs: 20_000 });
    const others = [1, 2, 4, 5, 6, 8, 9];
    expect(
      arrived()
        .filter((line) => line.startsWith('sale_create'))
        .map((line) => Number(line.split(' ')[1]))
        .sort(),
    ).to.eql(others);
    expect(arrived(4)).to.include('sale_update 4 later 25');
    const { stdout } = await app.rowhook('set-aside', 'list');
    expect(stdout)
      .to.match(/sale +3 +sale_create +2 +payload_failed +SQLSTATE 22012 +2\d{3}-/)
      .and.match(/sale +7 +sale_create +1 +payload_failed +SQLSTATE 22012 +2\d{3}-/);
    const status = await app.rowhook('status');
    expect(status.stdout).to.match(
      /set aside +2 records\n +since +2\d{3}-.*\n +payload_failed +2 of sale \(SQLSTATE 22012\)/,
    );
  });

  it('tells that what is tried again fails again, as nothing was mended', async () => {
    const { code, stdout } = await app.rowhook('set-aside', 'retry');
    expect([code, stdout]).to.eql([0, '2 records tried again: 0 shown, 2 failed again\n']);
    expect(arrived(3, 7)).to.eql([]);
  });

  it('asks for a retry, and says so where no relay is there to make it', async () => {
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    const { code, stdout } = await app.rowhook('set-aside', 'retry', '--wait', '0');
    expect([code, stdout]).to.eql([0, '2 records to be tried again, 2 not yet; see `rowhook status`\n']);
    const { rows } = await app.database.query(
      'select action, resource, record_key from rowhook.set_aside_request',
    );
    expect(rows).to.eql([{ action: 'retry', resource: null, record_key: null }]);
    await app.database.query('delete from rowhook.set_aside_request');
  });

  it('brings what has been mended to the receiver, in its order, by a retry', async () => {
    expect(await app.rowhook('set-aside', 'retry', '--record', '3')).to.include({ code: 2 });
    daemon = await started();
    // Nothing that is captured has changed: without the command the relay tries again after minutes.
    await app.database.query('update rate set per = 5 where id = 3');
    const told = await app.json<SetAsideRequest & SetAsideAnswer>(
      ...['set-aside', 'retry', '--resource', 'sale', '--record', '3'],
    );
    expect(told).to.include({ done: true, records: 1, events: 2, failed: 0 });
    await waitUntil(() => arrived(3).length === 2, { what: 'both events of it to arrive' });
    expect(arrived(3).sort()).to.eql(['sale_create 3 later 20', 'sale_update 3 later 20']);
    const events = await app.database.query(
      `select name from rowhook.event where record_key = '3' order by id`,
    );
    expect(events.rows.map(({ name }) => name)).to.eql(['sale_create', 'sale_update']);
    expect(await app.json('status')).to.have.nested.property('setAside.records.count', 1);
  });

  it('drops for good, once somebody says yes and a relay is there', async () => {
    expect(await app.rowhook('set-aside', 'drop', '--all')).to.include({ code: 2 });
    for (const options of [[], ['--record', '7'], ['--all', '--resource', 'sale']]) {
      expect(await app.rowhook('set-aside', 'drop', '--yes', ...options)).to.include({ code: 2 });
    }
    const told = await app.json<SetAsideRequest & SetAsideAnswer>(
      ...['set-aside', 'drop', '--yes', '--resource', 'sale', '--record', '7'],
    );
    expect(told).to.include({ done: true, records: 1, events: 1, failed: 0 });
    expect(await app.json('status')).to.have.nested.property('setAside.records.count', 0);
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    expect(arrived(7)).to.eql([]);
  });
});
