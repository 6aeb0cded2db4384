import { expect } from 'chai';
import { type CatalogInput, defineCatalog } from '../../src/catalog/define.ts';
import { captureTables } from '../../src/install/capture-tables.ts';
import { ownTransactions } from '../../src/install/place.ts';
import { type OwnDatabase, ownDatabase } from '../relay/own-catalog.ts';
import { type EventRow, named, startRelay } from '../relay/relay-run.ts';
import { waitUntil } from '../support/wait.ts';

const catalog = (table: string): CatalogInput => ({
  name: 'renamed',
  resources: { seat: { table, fields: { id: { kind: 'column', format: 'text' } } } },
  events: [
    { name: 'seat_create', resource: 'seat', on: 'insert' },
    { name: 'seat_delete', resource: 'seat', on: 'delete' },
  ],
});

describe('a captured table that is renamed', () => {
  let own: OwnDatabase;
  beforeEach(async () => {
    own = await ownDatabase('create table seat (id int primary key)', catalog('seat'));
  });
  afterEach(() => own.end());
  const after = defineCatalog(catalog('chair'));
  const captures = async () =>
    (await own.db.query('select id, table_name from rowhook.capture where released_at is null order by id'))
      .rows;

  it('keeps its changes: those of before and of meanwhile become events too, once the catalog is corrected', async () => {
    const { client, db } = own;
    await db.query('insert into seat values (1)');
    await db.query('alter table seat rename to chair');
    await db.query('insert into chair values (2)');
    await db.query('delete from chair where id = 1');
    await captureTables(ownTransactions(client), after, {});
    await db.query('insert into chair values (3)');
    const relay = await startRelay(db, { catalog: after });
    try {
      const events = async () => (await db.query<EventRow>('select * from rowhook.event order by id')).rows;
      await waitUntil(async () => (await events()).length >= 4, { what: 'four events' });
      expect(named(await events())).to.deep.equal([
        'seat_create 1',
        'seat_create 2',
        'seat_delete 1',
        'seat_create 3',
      ]);
    } finally {
      await relay.stop();
    }
    expect(await captures()).to.deep.equal([{ id: 1, table_name: '"public"."chair"' }]);
  });

  it('gives its captures to nobody while another table has its old name', async () => {
    await own.db.query('alter table seat rename to chair; create table seat (id int primary key)');
    await captureTables(ownTransactions(own.client), after, {});
    expect(await captures()).to.deep.equal([
      { id: 1, table_name: '"public"."seat"' },
      { id: 2, table_name: '"public"."chair"' },
    ]);
  });
});
