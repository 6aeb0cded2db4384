import { expect } from 'chai';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { waitUntil } from '../support/wait.ts';
import { closeLedger, type Ledger, printLedgers, type Unknown } from './ledger.ts';
import { openScene, prepareThings, relayed, rowsOf, type Scene, settled } from './scene.ts';

describe('under load', function () {
  this.timeout(240_000);
  const ledgers: Ledger[] = [];
  let scene: Scene;
  let server: LocalPostgres | undefined;
  afterEach(async () => {
    await scene.close();
    await server?.close();
    server = undefined;
  });
  after(() => printLedgers(ledgers));

  const received = (count: number) =>
    waitUntil(() => scene.receiver.receipts.length >= count, {
      what: `${count} requests`,
      timeoutMs: 30_000,
    });
  /** Opens the books when there is nothing left that nobody knows of. */
  const close = async (what: string, couldNotKnow: Unknown = new Map(), mayBe = false): Promise<Ledger> => {
    await settled(scene);
    const ledger = await closeLedger(what, scene, couldNotKnow, { mayBe });
    ledgers.push(ledger);
    return ledger;
  };

  it('two daemons share the work with no configuration, and send nothing twice', async () => {
    scene = await openScene();
    scene.receiver.delayMs = 20;
    const daemons = await Promise.all([scene.daemon(), scene.daemon()]);
    await scene.write(300, { things: 300 });
    const { requests, deliveries } = await close('two daemons');
    expect(requests).to.equal(deliveries);
    for (const daemon of daemons) {
      const sent = daemon.lines().filter(({ msg }) => msg === 'delivered').length;
      expect(sent).to.be.above(deliveries / 10);
    }
  });

  it('a daemon that is asked to stop gives back what it has not begun, and counts no attempt for it', async () => {
    scene = await openScene();
    scene.receiver.delayMs = 100;
    const daemon = await scene.daemon();
    await scene.write(150, { things: 150 });
    await relayed(scene);
    await received(60);
    expect(await daemon.stop()).to.equal(0);
    const { rows } = await scene.db.query<{ started: number; leased: number; left: number }>(
      `select count(*)::int as left, count(*) filter (where starts > 0 or attempts > 0)::int as started, count(lease)::int as leased
         from rowhook.delivery`,
    );
    const [{ left, ...queue }] = rows as [(typeof rows)[0]];
    expect(queue).to.eql({ started: 0, leased: 0 });
    expect(left).to.be.above(0);
    expect(await rowsOf(scene, 'select from rowhook.attempt')).to.equal(scene.receiver.receipts.length);
    await scene.daemon();
    const { requests, deliveries } = await close('stopped');
    expect(requests).to.equal(deliveries);
  });

  it('a daemon whose sessions are ended again and again sends nothing twice', async () => {
    scene = await openScene();
    scene.receiver.delayMs = 5;
    await scene.daemon();
    for (let round = 1; round <= 8; round++) {
      const before = scene.receiver.receipts.length;
      await scene.write(25, { things: 200 });
      await received(before + 5);
      await scene.db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'rowhook' and datname = current_database()`,
      );
    }
    const { requests, deliveries } = await close('sessions ended');
    expect(requests).to.equal(deliveries);
  });

  it('two daemons whose server ends all sessions as one was killed, and then crashes, send nothing again that was written down before', async () => {
    const log: string[] = [];
    // What need not wait for the disk is lost with a crash, for certain.
    server = await startPostgres({
      inMemory: true,
      settings: { wal_writer_delay: '10s' },
      onLog: (line) => log.push(line),
    });
    await server.createDatabase('things');
    await prepareThings(server.url('things'));
    scene = await openScene({ url: server.url('things') });
    // So that results are still written down when nothing else is.
    scene.receiver.delayMs = 50;
    await Promise.all([scene.daemon(), scene.daemon()]);
    const mayRepeat = new Map<string, number>();
    for (const crash of [killSession, crashServer]) {
      const before = scene.receiver.receipts.length;
      await scene.write(80, { things: 160 });
      await received(before + 80);
      const recorded = await idsOf(scene, 'select distinct delivery_id as id from rowhook.attempt');
      await crash({ server, scene, log });
      // What was sent, and what a daemon may still have in hand though its claim is lost: another one claims that too.
      const open = await idsOf(scene, 'select id from rowhook.delivery');
      for (const { deliveryId } of scene.receiver.receipts) open.add(deliveryId);
      for (const id of open) if (!recorded.has(id)) mayRepeat.set(id, (mayRepeat.get(id) ?? 0) + 1);
    }
    const { repeated } = await close('server crashes', mayRepeat, true);
    expect(repeated).to.be.at.most(mayRepeat.size);
  });
});

interface Crash {
  readonly server: LocalPostgres;
  readonly scene: Scene;
  /** Of the server. */
  readonly log: readonly string[];
}

async function crashServer({ server, scene }: Crash): Promise<void> {
  await server.stop('immediate');
  await server.start();
  await scene.reconnect();
}

/** Nobody knows what it did to the memory that all sessions share: the server ends them all, and recovers from what is written down. */
async function killSession({ scene, log }: Crash): Promise<void> {
  const ended = () =>
    log.filter((line) => line.includes('all server processes terminated; reinitializing')).length;
  const before = ended();
  const { rows } = await scene.db.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'rowhook' and datname = current_database()
      order by state = 'active' desc, state_change desc limit 1`,
  );
  process.kill(rows[0]!.pid, 'SIGKILL');
  await waitUntil(() => ended() > before, { what: 'the server to end all sessions', timeoutMs: 30_000 });
  await waitUntil(
    () =>
      scene.reconnect().then(
        () => true,
        () => false,
      ),
    { what: 'the server to have recovered', timeoutMs: 30_000 },
  );
}

async function idsOf({ db }: Scene, query: string): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(query);
  return new Set(rows.map(({ id }) => id));
}
