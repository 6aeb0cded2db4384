import { expect } from 'chai';
import pg from 'pg';
import { readRow } from '../../src/explain/record-row.ts';
import { createTestDatabase } from '../support/database.ts';

describe('the row of a record, as explain reads it', () => {
  it('has its values as captures write them, whatever the session has', async () => {
    const { url } = await createTestDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`create table visit (id int primary key, at timestamptz, took interval, proof bytea);
      insert into visit values (1, '2026-01-02 03:04:05+00', '1 day 2 hours', '\\x00ff');
      set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set intervalstyle = 'postgres_verbose'; set bytea_output = 'escape'`);
    const columns = ['at', 'took', 'proof'];
    const record = {
      resource: 'visit',
      definition: { table: 'visit', fields: {} },
      key: '1',
      values: ['1'],
      types: ['integer'],
      columns,
    };
    expect(await readRow(client, record, columns)).to.eql(['2026-01-02 03:04:05+00', 'P1DT2H', '\\x00ff']);
    const { rows } = await client.query('show timezone');
    expect(rows).to.eql([{ TimeZone: 'Asia/Tokyo' }]);
    await client.end();
  });
});
