import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { openCursor } from '../../src/relay/cursor/open-cursor.ts';
import { warmUp } from '../../src/relay/warm-up.ts';
import { capturedCrm } from '../fixtures/captured.ts';

describe('warming up', () => {
  it('plans what a page runs and learns what is captured, and leaves nothing behind', async () => {
    const db = await capturedCrm();
    const client = new pg.Client({ connectionString: db.url, pipeline: true });
    await client.connect();
    const cursor = await openCursor(client, pino({ level: 'silent' }));
    const roles = new Map();
    await warmUp(client, { catalog: siteStacker(), roles }, cursor);
    const { rows } = await client.query<{ names: string[]; open: boolean }>(
      `select array_agg(name order by name) as names, now() <> statement_timestamp() as open
         from pg_prepared_statements where name like 'rowhook%'`,
    );
    const left = await client.query(
      `select (select count(*)::int from rowhook.event) as events, (select count(*)::int from rowhook.delivery) as deliveries,
              (select count(*)::int from rowhook.relay_cursor) as cursors`,
    );
    await client.end();
    expect(rows[0]!.open).to.equal(false);
    expect(rows[0]!.names).to.include.members([
      'rowhook_deliveries',
      'rowhook_events',
      'rowhook_subscribers',
      'rowhook_window',
    ]);
    expect(roles).to.have.property('size').above(10);
    expect(left.rows).to.deep.equal([{ events: 0, deliveries: 0, cursors: 0 }]);
  });
});
