import { expect } from 'chai';
import { texts } from '../../src/catalog/define.ts';
import { type OwnDatabase, ownDatabase } from './own-catalog.ts';

describe('fan-out', () => {
  let own: OwnDatabase;
  beforeEach(async () => {
    own = await ownDatabase('create table pets (id int primary key, name text)', {
      name: 'pets',
      resources: { pet: { table: 'pets', fields: texts('id', 'name') } },
      events: [
        { name: 'pet_create', resource: 'pet', on: 'insert' },
        { name: 'pet_update', resource: 'pet', on: 'update' },
      ],
    });
  });
  afterEach(() => own.end());

  it('says of which record a delivery is, for endpoints that are sent one of a record at a time', async () => {
    const ordered = await own.endpoint(null);
    const loose = await own.endpoint(null);
    await own.db.query(`update rowhook.endpoint set ordering = 'record' where id = $1`, [ordered]);
    await own.db.query(`insert into pets values (1, 'Ada'), (2, 'Bo')`);
    await own.turnAll();
    const { rows } = await own.db.query(
      'select endpoint_id::text as endpoint, record from rowhook.delivery order by 1, 2',
    );
    expect(rows).to.deep.equal([
      { endpoint: ordered, record: 'pet:1' },
      { endpoint: ordered, record: 'pet:2' },
      { endpoint: loose, record: null },
      { endpoint: loose, record: null },
    ]);
  });
});
