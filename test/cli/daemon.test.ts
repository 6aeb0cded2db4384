import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { resolveConfig } from '../../src/config/resolve.ts';
import { createDaemon } from '../../src/daemon.ts';
import { capture, install } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { failure, type OwnedCrm, ownedCrm, withKnex } from '../migrations/owned-crm.ts';
import { waitUntil } from '../support/wait.ts';

const catalog = siteStacker();
const log = pino({ level: 'silent' });

describe('the daemon keeps the contract of what starts and stops', function () {
  this.timeout(60_000);
  let crm: OwnedCrm;
  beforeEach(async () => {
    crm = await ownedCrm();
  });

  const daemon = (logger = log) =>
    createDaemon({ config: resolveConfig({ database: crm.url, catalog }), log: logger });
  const installed = () =>
    withKnex(crm.url, async (knex) => {
      await install(knex);
      await capture(knex, catalog);
    });
  const sessions = async () => {
    const { rows } = await crm.database.query(
      'select count(*)::int as n from pg_stat_activity where usename = $1',
      [crm.role],
    );
    return rows[0]?.n as number;
  };
  // Sooner than the ten seconds after which an idle connection closes by itself.
  const noSession = () =>
    waitUntil(async () => (await sessions()) === 0, { timeoutMs: 3_000, what: 'no connection to be left' });

  it('starts once, stops once, and leaves no connection', async () => {
    await installed();
    await noSession();
    const one = daemon();
    await Promise.all([one.start(), one.start()]);
    expect(await sessions()).to.be.within(1, 10);
    await Promise.all([one.stop(), one.stop('abort'), one.stop()]);
    await noSession();
    await one.start();
    expect(await sessions()).to.equal(0);
  });

  it('may be stopped before it was started, and while it starts', async () => {
    await installed();
    await noSession();
    const never = daemon();
    await never.stop();
    await never.start();
    const early = daemon();
    const starting = early.start();
    await early.stop();
    await starting;
    await noSession();
  });

  it('says that it runs when it looks for changes', async () => {
    await installed();
    // As a daemon leaves it that was killed in its sleep: whoever writes now rings.
    await crm.database.query(`select setval('rowhook.bell', 2)`);
    const one = daemon();
    await one.start();
    const { rows } = await crm.database.query('select last_value::int as flag from rowhook.bell');
    await one.stop();
    expect(rows).to.deep.equal([{ flag: 1 }]);
  });

  it('says so after a while too where a locked table keeps it from looking', async () => {
    await installed();
    await crm.database.query('select setval($1, 2)', ['rowhook.bell']);
    const holder = new pg.Client({ connectionString: crm.database.url });
    await holder.connect();
    await holder.query('begin; lock table tags in access exclusive mode');
    const one = daemon();
    await one.start();
    const { rows } = await crm.database.query('select last_value::int as flag from rowhook.bell');
    await holder.end();
    await one.stop();
    expect(rows, 'not yet').to.deep.equal([{ flag: 2 }]);
  });

  it('does not say that it runs where it was told to stop meanwhile', async () => {
    await installed();
    const holder = new pg.Client({ connectionString: crm.database.url });
    await holder.connect();
    await holder.query('begin; lock table tags in access exclusive mode');
    const lines: string[] = [];
    const one = daemon(pino({}, { write: (line) => void lines.push(line) }));
    const starting = one.start();
    await waitUntil(
      async () => {
        const { rows } = await crm.database.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'`,
          [crm.role],
        );
        return rows[0]!.n > 0 && lines.some((line) => line.includes('the relay is active'));
      },
      { what: 'the relay to wait for the table' },
    );
    const stopping = one.stop('abort');
    await starting;
    await holder.end();
    await stopping;
    expect(lines.join('')).not.to.include('rowhook is running');
  });

  it('leaves no connection when it cannot start', async () => {
    expect(await failure(daemon().start())).to.include({ code: 'schema_missing' });
    await noSession();
    const stopped = daemon();
    await failure(stopped.start());
    await stopped.stop();
  });

  it('refuses an allow-list that cannot be read at once', () => {
    const config = { ...resolveConfig({ database: crm.url, catalog }), delivery: { allow: ['10.0.0.0/99'] } };
    expect(() => createDaemon({ config, log }))
      .to.throw()
      .with.property('code', 'config_invalid');
  });
});
