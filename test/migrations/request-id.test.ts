import { expect } from 'chai';
import { capture, install } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { withRequestId } from '../../src/request-id.ts';
import { failure, ownedCrm, withKnex } from './owned-crm.ts';

describe('withRequestId', () => {
  it('ties a value to the changes of a knex transaction, and of a pg transaction, and to no other', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await install(knex);
      await capture(knex, siteStacker(), { tables: ['people'] });
      await knex.transaction(async (trx) => {
        await withRequestId(trx, 'from knex?');
        await trx('people').where({ id: 412 }).update({ firstname: 'Ada' });
      });
      await knex('people').where({ id: 412 }).update({ firstname: 'Bea' });
    });
    const client = await database.pool.connect();
    await client.query('begin');
    await withRequestId(client, 'from-pg');
    await client.query(`update people set firstname = 'Cleo' where id = 412`);
    await client.query('commit');
    await client.query(`update people set firstname = 'Dora' where id = 412`);
    client.release();
    const { rows } = await database.query('select request_id from rowhook.outbox order by seq');
    expect(rows.map((row) => row.request_id)).to.deep.equal(['from knex?', null, 'from-pg', null]);
  });

  it('refuses what cannot be the value of an HTTP header', async () => {
    const { database } = await ownedCrm();
    const client = await database.pool.connect();
    await client.query('begin');
    for (const id of [
      '',
      ' ',
      'a\nb',
      'a\r\nX-Evil: 1',
      'naïve',
      '\u0000',
      ' padded',
      'x'.repeat(201),
      undefined,
      7,
    ]) {
      const error = await failure(withRequestId(client, id as string));
      expect(error, String(id)).to.include({ code: 'request_id_invalid' });
      expect(error.message).not.to.contain('\n');
    }
    await withRequestId(client, 'x'.repeat(200));
    await client.query('rollback');
    client.release();
  });

  it('refuses a place where the value would be lost', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      expect(await failure(withRequestId(knex as never, 'lost'))).to.include({ code: 'transaction_missing' });
    });
    expect(await failure(withRequestId(database.pool as never, 'lost'))).to.include({
      code: 'transaction_missing',
    });
    const client = await database.pool.connect();
    expect(await failure(withRequestId(client, 'lost'))).to.include({ code: 'transaction_missing' });
    client.release();
  });
});
