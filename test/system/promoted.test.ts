import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { createDaemon, createEndpoint, type Daemon, resolveConfig } from '../../src/index.ts';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { ask, captureThings, eventsOfThings, things } from '../relay/thing-reader.ts';
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts';
import { startStandby } from '../support/standby.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';
import { header } from './running.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('a standby that is promoted', function () {
  this.timeout(90_000);
  let primary: LocalPostgres;
  let standby: LocalPostgres;
  let proxy: TcpProxy;
  let receiver: Receiver;
  let daemon: Daemon;
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
    await daemon?.stop('abort');
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

  /** Whether the log said that the database comes from another cluster: a copy of the files does not. */
  let rebased: boolean;
  /** A daemon that knows the proxy alone, the receiver's endpoint, and things 1 to 5 changed twenty times, all delivered. */
  async function startDaemon(): Promise<void> {
    rebased = false;
    const write = (line: string) => {
      const { reason } = JSON.parse(line) as { reason?: unknown };
      rebased ||= /^(system_identifier|loaded_from_dump|ids_ahead)$/.test(String(reason));
    };
    daemon = createDaemon({
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
  }

  /** Deliveries that came in, without the ping. */
  const arrived = (): ReceivedRequest[] => receiver.requests.filter((request) => !isPing(request));
  const isPing = ({ body }: ReceivedRequest): boolean => body.toString().startsWith('{"type":"ping"');
  const idOf = (request: ReceivedRequest): string => header(request, 'webhook-id')!;
  const thingOf = ({ body }: ReceivedRequest): { id: string; number: number } => {
    const { data } = JSON.parse(body.toString()) as { data: { id: string; name: string } };
    return { id: data.id, number: Number(data.name.slice(1)) };
  };

  const allRead = async (server: LocalPostgres, events: number): Promise<void> => {
    await waitUntil(async () => (await eventsOf(server, '5')) >= events, {
      what: `${events} events of thing 5`,
      timeoutMs: 30_000,
    });
  };
  const allDelivered = async (server: LocalPostgres): Promise<void> => {
    const open = 'select from rowhook.delivery union all select from rowhook.delivery_waiting';
    await waitUntil(async () => (await ask(server.url('things'), open)).length === 0, {
      what: 'everything to be delivered',
      timeoutMs: 30_000,
    });
  };
  /** The daemon is led to the standby, which is the primary from now on. */
  const promote = async (): Promise<void> => {
    await ask(standby.superuserUrl, 'select pg_promote()');
    proxy.redirect(standby.url('things'));
    await proxy.resume();
  };
  const made = (updates: number) => {
    const names = ['thing_create', ...Array.from({ length: updates }, () => 'thing_update')];
    return Object.fromEntries([1, 2, 3, 4, 5].map((id) => [id, names]));
  };

  it('that had everything gives each change to the receiver once: a switchover', async () => {
    await startDaemon();
    await allRead(primary, 21);
    await allDelivered(primary);
    // Changes wait; then the primary is stopped as for maintenance, the standby having all that it had.
    await proxy.cut();
    await change(primary, 21, 40);
    await replayed();
    await primary.stop();
    await promote();
    await change(standby, 41, 60);
    await allRead(standby, 61);
    await allDelivered(standby);
    await daemon.stop();
    expect(await eventsOfThings(standby.url('things'))).to.eql(made(60));
    const requests = arrived();
    expect(new Set(requests.map(idOf)).size).to.equal(requests.length);
    const counts = [1, 2, 3, 4, 5].map((id) => requests.filter((one) => thingOf(one).id === `${id}`).length);
    expect(counts).to.eql([60, 60, 60, 60, 60]);
    for (const id of ['1', '2', '3', '4', '5'])
      expect(
        Math.max(...requests.map(thingOf).flatMap((thing) => (thing.id === id ? thing.number : []))),
      ).to.equal(60);
    expect(rebased).to.equal(false);
  });

  it('that lost touch goes on with what it has: each change once and in order, though others were read that it never got', async () => {
    // One delivery fails at first: it waits for a retry, in the old primary and in the new one.
    let refused: string | undefined;
    receiver.answer((request) => {
      if (isPing(request) || refused !== undefined || thingOf(request).number !== 20) return {};
      refused = idOf(request);
      return { status: 500 };
    });
    await startDaemon();
    await allRead(primary, 21);
    const waiting = async (server: LocalPostgres, set: string) =>
      (await ask(server.url('things'), `update rowhook.delivery_waiting set due_at = ${set} returning id`))
        .length;
    await waitUntil(async () => (await waiting(primary, `now() + interval '1 hour'`)) === 1, {
      what: 'one to wait for its retry',
      timeoutMs: 30_000,
    });
    await waitUntil(
      async () => (await ask(primary.url('things'), 'select from rowhook.delivery')).length === 0,
      {
        what: 'all others to be delivered',
        timeoutMs: 30_000,
      },
    );

    // Changes wait, and the standby has them; then it loses touch, and the daemon goes on where it was.
    await proxy.cut();
    await change(primary, 21, 40);
    await replayed();
    await ask(standby.superuserUrl, `alter system set primary_conninfo = ''`, 'select pg_reload_conf()');
    await waitUntil(
      async () => (await ask(primary.superuserUrl, 'select from pg_stat_replication')).length === 0,
      { what: 'the standby to lose touch', timeoutMs: 30_000 },
    );
    const inTouch = arrived().map(idOf);
    await proxy.resume();
    await change(primary, 41, 60);
    await waiting(primary, 'now()');
    await allRead(primary, 61);
    await allDelivered(primary);
    const outOfTouch = arrived().slice(inTouch.length).map(idOf);
    expect(await eventsOf(standby, '5')).to.be.below(61);

    await proxy.cut();
    await primary.kill();
    await promote();
    await waitUntil(async () => (await waiting(standby, 'now()')) === 1, { what: 'the promotion' });
    await change(standby, 61, 80);
    await allRead(standby, 61);
    await allDelivered(standby);
    await daemon.stop();

    expect(await eventsOfThings(standby.url('things'))).to.eql(made(60));
    const bodies = await ask<{ numbers: number[] }>(
      standby.url('things'),
      `select array_agg(substr(payload::json ->> 'name', 2)::int order by id) as numbers
       from rowhook.event where name = 'thing_update' group by record_key`,
    );
    for (const { numbers } of bodies) {
      expect(numbers).to.eql([...numbers].sort((a, b) => a - b));
      expect(numbers.at(-1)).to.equal(80);
    }
    expect(rebased).to.equal(false);

    // All that the new primary has was received, and once: but for what it could not know that the old one had sent.
    const known = await ask<{ id: string }>(
      standby.url('things'),
      'select distinct delivery_id as id from rowhook.attempt',
    );
    const times = new Map<string, number>();
    for (const id of arrived().map(idOf)) times.set(id, (times.get(id) ?? 0) + 1);
    const ofThings = known.map(({ id }) => id).filter((id) => times.has(id));
    expect(ofThings).to.have.length(5 * 60);
    expect(ofThings.filter((id) => times.get(id) !== 1)).to.eql([refused]);
    expect(outOfTouch).to.include(refused);
    // What the old one made of changes after that has ids that the new one never gave: it reads those that it has anew.
    const strange = [...times.keys()].filter((id) => !ofThings.includes(id));
    expect(strange).to.have.members(outOfTouch.filter((id) => id !== refused));
    expect(strange).to.have.length(5 * 40);
  });
});
