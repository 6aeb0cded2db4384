import { expect } from 'chai';
import { pino } from 'pino';
import { createDaemon, createEndpoint, resolveConfig } from '../../src/index.ts';
import type { Lifetime } from '../../src/lifetime.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { applicationRole, sessionsKit } from './sessions.ts';

describe('priority of a daemon', () => {
  const sessions = sessionsKit();
  const running: Lifetime[] = [];
  const messages: string[] = [];
  let db: TestDatabase;
  let receiver: Receiver;

  beforeEach(async () => {
    db = await capturedCrm();
    receiver = await startReceiver();
    messages.length = 0;
    await createEndpoint(db.pool, siteStacker(), { url: receiver.url(), events: ['*'], secret: 's' });
  });
  afterEach(async () => {
    for (const daemon of running.splice(0)) await daemon.stop('abort');
    await receiver.close();
  });

  async function start(priority?: 'normal' | 'low', catalogSays?: 'low'): Promise<Lifetime> {
    const catalog = { ...siteStacker(), ...(catalogSays ? { priority: catalogSays } : {}) };
    const daemon = createDaemon({
      config: resolveConfig({ database: db.url, catalog, priority, delivery: { allow: ['127.0.0.0/8'] } }),
      log: pino({ level: 'info' }, { write: (line: string) => messages.push(JSON.parse(line).msg) }),
    });
    running.push(daemon);
    await daemon.start();
    return daemon;
  }
  const samplers = async (): Promise<number> =>
    (
      await db.query(
        `select from pg_stat_activity
          where datname = current_database() and application_name = 'rowhook' and query like '%pg_stat_get_activity%'`,
      )
    ).rowCount ?? 0;

  it('is normal unless catalog or config say low: nothing is sampled', async () => {
    for (const [priority, catalogSays, count] of [
      [undefined, undefined, 0],
      ['normal', 'low', 0],
      [undefined, 'low', 1],
      ['low', undefined, 1],
    ] as const) {
      const daemon = await start(priority, catalogSays);
      const arrived = receiver.requests.length;
      await db.query(`insert into tag_categories (name) values ('new')`);
      await receiver.waitFor((requests) => requests.length > arrived);
      if (count > 0) await waitUntil(async () => (await samplers()) === count, { what: 'the governor' });
      else expect(await samplers()).to.equal(0);
      await daemon.stop();
      await waitUntil(async () => (await samplers()) === 0, { what: 'the governor to end' });
    }
  });

  it('goes on a little while the application is busy, and catches up after', async () => {
    const changes = 1_000;
    await db.query(`insert into tag_categories (name) select i::text from generate_series(1, ${changes}) i`);
    const busy = await sessions.busy(await applicationRole(db), 3);
    await start('low');
    await waitUntil(() => messages.some((message) => message.startsWith('giving way')), {
      what: 'the daemon to give way',
    });
    const count = async (what: string): Promise<number> =>
      (await db.query<{ count: number }>(`select count(*)::int as count from rowhook.${what}`)).rows[0]!
        .count;
    const events = () => count(`event where resource = 'tag_category'`);
    await waitUntil(async () => (await events()) > 0, { what: 'the first page' });
    expect(await events()).to.be.at.most(500);
    // At full speed it would hold more than a hundred, once it knows that the endpoint answers.
    let held = 0;
    await waitUntil(
      async () => {
        held = Math.max(held, await count('delivery where lease is not null'));
        return receiver.requests.length >= 200;
      },
      { what: 'two hundred deliveries', timeoutMs: 20_000 },
    );
    expect(held).to.be.at.most(96);
    expect(receiver.requests.length).to.be.lessThan(changes);
    expect(messages).to.not.include('back to full speed');
    await busy.end();
    await receiver.waitFor((requests) => requests.length >= changes, { timeoutMs: 20_000 });
    await waitUntil(() => messages.includes('back to full speed'), { what: 'full speed' });
  });
});
