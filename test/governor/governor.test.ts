import { expect } from 'chai';
import { pino } from 'pino';
import { createGovernor, type Governor } from '../../src/governor/governor.ts';
import { connectionConfig } from '../../src/store/connect.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';
import { applicationRole, sessionsKit } from './sessions.ts';

describe('governor', () => {
  const sessions = sessionsKit();
  const running: Governor[] = [];
  let db: TestDatabase;
  let lines: Array<Record<string, unknown> & { msg: string }>;

  beforeEach(async () => {
    db = await createTestDatabase();
    lines = [];
  });
  afterEach(async () => {
    for (const governor of running.splice(0)) await governor.stop('abort');
  });

  async function started(url: string, busyBackends?: number): Promise<Governor> {
    const governor = createGovernor({
      connection: connectionConfig(url),
      log: pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) }),
      ...(busyBackends === undefined ? {} : { busyBackends }),
    });
    running.push(governor);
    await governor.start();
    return governor;
  }
  const fast = (governor: Governor) =>
    waitUntil(() => !governor.pace.givesWay, { what: 'the governor to allow full speed' });
  const slow = (governor: Governor) =>
    waitUntil(() => governor.pace.givesWay, { what: 'the governor to give way' });

  for (const role of ['the owner', 'an ordinary role'] as const) {
    it(`gives way while others are busy, and is at full speed after, as ${role}`, async () => {
      const governor = await started(role === 'the owner' ? db.url : (await createRole(db, 'ours')).url);
      await fast(governor);
      expect([governor.pace.batch(2_000), governor.pace.restMs(50)]).to.deep.equal([2_000, 0]);
      const busy = await sessions.busy(await applicationRole(db), 3);
      await slow(governor);
      expect(governor.pace.batch(2_000)).to.be.within(1, 500);
      expect(governor.pace.restMs(50)).to.be.greaterThan(500);
      await busy.end();
      await fast(governor);
      expect(lines.map(({ msg }) => msg)).to.deep.equal([
        'giving way to the application: the database is busy',
        'back to full speed',
      ]);
      const [given, back] = lines;
      expect(given).to.deep.include({ limit: 2 });
      expect(given!.busyBackends).to.be.within(2, 3);
      expect(back!.busyBackends).to.be.within(0, 1);
      expect(back!.gaveWayMs).to.be.greaterThan(0);
    });
  }

  it('takes the limit from its options', async () => {
    const [governor, strict] = [await started(db.url, 4), await started(db.url, 2.5)];
    await fast(governor);
    await fast(strict);
    const shop = await applicationRole(db);
    await sessions.busy(shop, 3);
    await slow(strict);
    expect(governor.pace.givesWay).to.equal(false);
    await sessions.busy(shop, 2);
    await slow(governor);
  });

  it('gives way until the first sample', async () => {
    expect((await started('postgres://nobody@127.0.0.1:9/none')).pace.givesWay).to.equal(true);
    const governor = await started(db.url);
    expect(governor.pace.givesWay).to.equal(true);
    await fast(governor);
  });

  it('gives way while the database does not answer, and goes on when it does', async () => {
    const proxy = await startTcpProxy(db.url);
    try {
      const governor = await started(proxy.url);
      await fast(governor);
      proxy.pause();
      await slow(governor);
      await proxy.resume();
      await fast(governor);
      await proxy.cut();
      await waitUntil(() => lines.some(({ msg }) => msg === 'the load of the database cannot be sampled'), {
        what: 'the loss to be logged',
      });
      await slow(governor);
      await proxy.resume();
      await fast(governor);
    } finally {
      await proxy.close();
    }
  });

  it('leaves nothing behind when it is stopped', async () => {
    const governor = await started(db.url);
    await fast(governor);
    await governor.stop();
    await waitUntil(
      async () =>
        (
          await db.query(
            `select from pg_stat_activity where datname = current_database() and application_name = 'rowhook'`,
          )
        ).rowCount === 0,
      { what: 'its connection to be gone' },
    );
  });
});
