import { expect } from 'chai';
import pg from 'pg';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { startRelay } from './relay-run.ts';

describe('a relay that starts', () => {
  let db: TestDatabase;
  const stops: Array<() => Promise<unknown>> = [];
  beforeEach(async () => {
    db = await capturedCrm();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  async function started(url = db.url) {
    const run = await startRelay(db, { url, drowsyMs: 3_600_000 });
    stops.push(run.stop);
    await run.relay.ready();
    return run.relay;
  }

  it('is ready when it looks for changes, and has had its statements planned', async () => {
    // As a relay leaves it that was killed in its sleep.
    await db.query(`select setval('rowhook.bell', 2)`);
    const relay = await started();
    const { rows } = await db.query<{ flag: string }>('select last_value as flag from rowhook.bell');
    expect([relay.standing(), rows[0]!.flag]).to.deep.equal(['reading', '1']);
  });

  it('is ready when another one reads', async () => {
    const other = new pg.Client({ connectionString: db.url });
    await other.connect();
    stops.push(() => other.end());
    await other.query('select pg_advisory_lock(1919907688, 1)');
    expect((await started()).standing()).to.equal('standby');
  });

  it('is ready when it cannot reach the database, and goes on trying', async () => {
    expect((await started('postgres://nobody@127.0.0.1:1/none')).standing()).to.equal('failing');
  });

  it('is ready when it was stopped before it read', async () => {
    const run = await startRelay(db);
    await run.stop();
    await run.relay.ready();
    expect(run.relay.standing()).to.equal('stopped');
  });
});
