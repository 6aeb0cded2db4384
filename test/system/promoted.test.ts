import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { createDaemon, createEndpoint, resolveConfig } from '../../src/index.ts';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { ask, captureThings, eventsOfThings, things } from '../relay/thing-reader.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startStandby } from '../support/standby.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('a standby that is promoted', function () {
  this.timeout(90_000);
  let primary: LocalPostgres;
  let standby: LocalPostgres;
  let proxy: TcpProxy;
  let receiver: Receiver;
  beforeEach(async () => {
    primary = await startPostgres({ inMemory: true });
    await primary.createDatabase('things');
    await captureThings(primary.url('things'));
    standby = await startStandby(primary);
    // The one address that the daemon knows.
    proxy = await startTcpProxy(primary.url('things'));
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await proxy.close();
    await receiver.close();
    await standby.close();
    await primary.close();
  });

  /** Changes things 1 to 5 so many times, in transactions that overlap. */
  async function change(server: LocalPostgres, from: number, to: number): Promise<void> {
    const clients = await Promise.all(
      [1, 2].map(async () => {
        const client = new pg.Client({ connectionString: server.url('things') });
        client.on('error', () => {});
        await client.connect();
        return client;
      }),
    );
    for (let i = from; i <= to; i++) {
      const [one, other] = i % 2 === 0 ? clients : [...clients].reverse();
      await one!.query('begin');
      await one!.query(`update thing set name = 'n${i}' where id in (1, 2)`);
      await other!.query(`update thing set name = 'n${i}' where id in (3, 4, 5)`);
      await one!.query('commit');
    }
    for (const client of clients) await client.end();
  }

  const replayed = async (): Promise<void> => {
    const [at] = await ask<{ lsn: string }>(primary.superuserUrl, 'select pg_current_wal_lsn()::text as lsn');
    const sql = `select pg_last_wal_replay_lsn() >= '${at!.lsn}' as there`;
    await waitUntil(async () => (await ask<{ there: boolean }>(standby.superuserUrl, sql))[0]!.there, {
      what: 'the standby to have everything',
      timeoutMs: 30_000,
    });
  };
  const eventsOf = async (server: LocalPostgres, key: string): Promise<number> =>
    (await eventsOfThings(server.url('things')))[key]?.length ?? 0;

  it('goes on with what it has: each change once and in order, though others were read that it never got', async () => {
    const reasons: unknown[] = [];
    const write = (line: string) => void reasons.push((JSON.parse(line) as { reason?: string }).reason);
    const daemon = createDaemon({
      config: resolveConfig({
        database: proxy.url,
        catalog: things,
        delivery: { allow: ['127.0.0.0/8'] },
      }),
      log: pino({ level: 'warn' }, { write }),
    });
    await daemon.start();
    const client = new pg.Pool({ connectionString: primary.url('things'), max: 1 });
    client.on('error', () => {});
    await client.query('delete from rowhook.endpoint');
    await createEndpoint(client, things, { url: receiver.url('/'), events: ['thing_update'], secret });
    await client.end();
    await ask(primary.url('things'), `insert into thing select i, 'n0' from generate_series(1, 5) i`);
    await change(primary, 1, 20);
    await waitUntil(async () => (await eventsOf(primary, '5')) === 21, {
      what: 'the daemon to be at work',
      timeoutMs: 30_000,
    });

    // Changes wait, and the standby has them; then it loses touch, and the daemon goes on where it was.
    await proxy.cut();
    await change(primary, 21, 40);
    await replayed();
    await ask(standby.superuserUrl, `alter system set primary_conninfo = ''`, 'select pg_reload_conf()');
    await waitUntil(
      async () => (await ask(primary.superuserUrl, 'select from pg_stat_replication')).length === 0,
      { what: 'the standby to lose touch', timeoutMs: 30_000 },
    );
    await proxy.resume();
    await change(primary, 41, 60);
    await waitUntil(async () => (await eventsOf(primary, '5')) === 61, {
      what: 'all of it to be read',
      timeoutMs: 30_000,
    });
    expect(await eventsOf(standby, '5')).to.be.below(61);

    await proxy.cut();
    await primary.kill();
    await ask(standby.superuserUrl, 'select pg_promote()');
    proxy.redirect(standby.url('things'));
    await proxy.resume();
    await change(standby, 61, 80);
    await waitUntil(async () => (await eventsOf(standby, '5')) >= 61, {
      what: 'the daemon to go on',
      timeoutMs: 30_000,
    });
    await waitUntil(
      async () =>
        (
          await ask(
            standby.url('things'),
            'select from rowhook.delivery union all select from rowhook.delivery_waiting',
          )
        ).length === 0,
      { what: 'everything to be delivered', timeoutMs: 30_000 },
    );
    await daemon.stop();

    const made = ['thing_create', ...Array.from({ length: 60 }, () => 'thing_update')];
    expect(await eventsOfThings(standby.url('things'))).to.eql({
      1: made,
      2: made,
      3: made,
      4: made,
      5: made,
    });
    const bodies = await ask<{ numbers: number[] }>(
      standby.url('things'),
      `select array_agg(substr(payload::json ->> 'name', 2)::int order by id) as numbers
       from rowhook.event where name = 'thing_update' group by record_key`,
    );
    for (const { numbers } of bodies) {
      expect(numbers).to.eql([...numbers].sort((a, b) => a - b));
      expect(numbers.at(-1)).to.equal(80);
    }
    expect(
      reasons.filter((reason) => /^(system_identifier|loaded_from_dump|ids_ahead)$/.test(String(reason))),
    ).to.eql([]);
  });
});
