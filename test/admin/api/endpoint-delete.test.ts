import { expect } from 'chai';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { createPool } from '../../../src/store/connect.ts';
import { addEndpoint, enqueue, payloads, queueDatabase } from '../../delivery/queue.ts';
import { waitUntil } from '../../support/wait.ts';
import { adminOf } from '../admin-kit.ts';

describe('an endpoint that the API deletes', () => {
  it('goes with all that it still was to get, also where that takes longer than a statement may else', async () => {
    const db = await queueDatabase();
    const id = await addEndpoint(db, 'https://hooks.example/');
    await enqueue(db, id, payloads(3));
    const pool = createPool(db.url, 1, () => {}, 100);
    const { ask } = adminOf({ pool }, siteStacker());
    const holder = await db.pool.connect();
    await holder.query('begin; select from rowhook.delivery for update');
    const asked = ask('DELETE', `/endpoints/${id}`, undefined, { 'if-match': '*' });
    // Longer than a statement of that pool may take.
    const waiting = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and clock_timestamp() - query_start > '200 ms'`;
    await waitUntil(async () => (await db.query(waiting)).rows.length > 0, { what: 'the delete to wait' });
    await holder.query('rollback');
    holder.release();
    const { status, body } = await asked;
    await pool.end();
    expect([status, body]).to.deep.equal([200, { dropped: 3 }]);
  });

  it('is told to be held by somebody, where another change waits in vain', async () => {
    const db = await queueDatabase();
    const id = await addEndpoint(db, 'https://hooks.example/');
    const pool = createPool(db.url, 1, () => {}, 100);
    const { ask } = adminOf({ pool }, siteStacker());
    const holder = await db.pool.connect();
    await holder.query('begin; select from rowhook.endpoint for update');
    const { status, body } = await ask('POST', `/endpoints/${id}/pause`);
    await holder.query('rollback');
    holder.release();
    await pool.end();
    expect([status, body.code]).to.deep.equal([503, 'database_busy']);
  });
});
