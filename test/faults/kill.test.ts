import { expect } from 'chai';
import { waitUntil } from '../support/wait.ts';
import { type DaemonProcess, leaseMs } from './daemon-process.ts';
import { closeLedger, type Ledger, printLedgers, unknown } from './ledger.ts';
import { type Point, rows } from './points.ts';
import { openScene, rowsOf, type Scene, sessionsGone, settled } from './scene.ts';

describe('a daemon that is killed', function () {
  this.timeout(240_000);
  const results = new Map<Point, PromiseSettledResult<Ledger>>();

  /** The next point's daemon is the one that made good for the last one. Side by side, as mostly they wait for leases. */
  before(() => Promise.all(rows.map((row, i) => goThrough(row, i === 0, results))));
  after(() => {
    const all = rows.flat().map((point) => results.get(point));
    printLedgers(all.flatMap((result) => (result?.status === 'fulfilled' ? [result.value] : [])));
  });

  for (const point of rows.flat()) {
    it(`${point.name} loses nothing, and repeats only what nobody can know of`, () => {
      const result = results.get(point);
      if (result?.status === 'rejected') throw result.reason;
      expect(result?.value).to.include({ lost: 0 });
    });
  }
});

async function goThrough(
  row: readonly Point[],
  tls: boolean,
  results: Map<Point, PromiseSettledResult<Ledger>>,
): Promise<void> {
  const left = [...row];
  // A point that fails leaves a scene of which nothing is known.
  while (left.length > 0) {
    const scene = await openScene({ tls });
    try {
      let daemon = await scene.daemon();
      let ledger: Ledger | undefined;
      for (let point = left.shift(); point; point = left.shift()) {
        const [result] = await Promise.allSettled([killAt(point, scene, daemon, ledger)]);
        results.set(
          point,
          result.status === 'fulfilled' ? { ...result, value: result.value.ledger } : result,
        );
        if (result.status === 'rejected') break;
        ({ daemon, ledger } = result.value);
      }
    } finally {
      await scene.close();
    }
  }
}

async function killAt(
  point: Point,
  scene: Scene,
  daemon: DaemonProcess,
  last: Ledger | undefined,
): Promise<{ daemon: DaemonProcess; ledger: Ledger }> {
  await scene.write(3);
  await settled(scene);
  const already = (await unknown(scene)).size;
  const afterwards = await point.reach(scene, daemon);
  await daemon.kill();
  await afterwards();
  await sessionsGone(scene);
  // What it had sent by then has arrived, whole or not.
  await waitUntil(() => scene.network.connections === 0, { what: 'its requests to end', timeoutMs: 30_000 });
  const couldNotKnow = await unknown(scene);
  if (point.repeats !== undefined) expect(couldNotKnow.size > already).to.equal(point.repeats);
  // No delivery is stuck for longer than its lease.
  const longer = `select from rowhook.delivery where leased_until > now() + interval '${leaseMs} ms'`;
  expect(await rowsOf(scene, longer)).to.equal(0);
  const next = await scene.daemon();
  await scene.write(3);
  await settled(scene);
  const ledger = await closeLedger(point.name, scene, couldNotKnow, { before: last?.totals });
  return { daemon: next, ledger };
}
