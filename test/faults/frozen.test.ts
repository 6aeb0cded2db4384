import { expect } from 'chai';
import { waitUntil } from '../support/wait.ts';
import type { DaemonProcess } from './daemon-process.ts';
import { closeLedger, type Ledger, printLedgers, type Unknown, unknown } from './ledger.ts';
import { statements } from './points.ts';
import { openScene, relayed, rowsOf, type Scene, settled } from './scene.ts';

/** By name, what happens to the first of two daemons; the ledger that is left. */
const faults: Record<string, (scene: Scene, first: DaemonProcess) => Promise<Ledger>> = {
  'that is frozen before it sees its claim sends nothing of it later': async (scene, first) => {
    const claim = await scene.gate.hold(statements.claim, 'sent');
    await scene.write(6);
    await relayed(scene);
    await claim.arrive();
    first.freeze();
    await takeOver(scene);
    claim.release();
    await goOn(scene, first);
    return closeLedger('frozen after the claim', scene, new Map());
  },

  'that is frozen while it sends has sent what it had begun, and begins nothing else later': async (
    scene,
    first,
  ) => {
    scene.receiver.hold('unanswered');
    await scene.write(40, { things: 40 });
    // It also holds the relay's lock.
    await relayed(scene);
    await scene.receiver.holds(16);
    first.freeze();
    const couldNotKnow = await unknown(scene);
    expect(couldNotKnow.size).to.equal(16);
    scene.receiver.release();
    await takeOver(scene);
    await goOn(scene, first);
    return closeLedger('frozen while it sends', scene, couldNotKnow);
  },

  'that is frozen before its results arrive writes down nothing that another one is sending': async (
    scene,
    first,
  ) => {
    scene.receiver.hold('unanswered');
    await scene.write(1);
    await scene.receiver.holds(2);
    const record = scene.gate.hold(statements.record, 'sent');
    scene.receiver.release();
    const results = await record;
    first.freeze();
    const couldNotKnow = await unknown(scene);
    scene.receiver.hold('unanswered');
    await scene.daemon();
    await scene.receiver.holds(2);
    results.release();
    first.thaw();
    expect(await first.stop()).to.equal(0);
    expect(times(await unknown(scene))).to.eql([2, 2]);
    scene.receiver.release();
    await settled(scene);
    return closeLedger('frozen before its results arrive', scene, couldNotKnow);
  },

  'whose network to the database swallows everything goes on with another connection': async (
    scene,
    first,
  ) => {
    scene.receiver.hold('unanswered');
    await scene.write(40, { things: 40 });
    // It also holds the relay's lock.
    await relayed(scene);
    await scene.receiver.holds(16);
    const { rows } = await scene.db.query<{ id: string }>(
      'select id from rowhook.delivery where lease is not null',
    );
    scene.gate.swallow();
    scene.receiver.release();
    // Nobody else is there: it must find out by itself.
    await settled(scene);
    expect(first.child.exitCode).to.equal(null);
    const mayRepeat = new Map(rows.map(({ id }) => [id, 1]));
    return closeLedger('its network to the database swallows', scene, mayRepeat, { mayBe: true });
  },

  'whose network to the receivers swallows everything makes further attempts': async (scene) => {
    scene.receiver.hold('unanswered');
    await scene.write(3);
    await scene.receiver.holds(6);
    scene.network.pause();
    const retries = `select from rowhook.attempt where verdict = 'retry'`;
    await untilRows(scene, retries, 6);
    scene.receiver.release();
    // What is on the way never arrives.
    await scene.network.cut();
    await scene.network.resume();
    await settled(scene);
    return closeLedger('its network to the receivers swallows', scene, new Map());
  },
};

describe('a daemon', function () {
  this.timeout(180_000);
  const results = new Map<string, PromiseSettledResult<Ledger>>();

  /** Side by side: mostly they wait for leases. */
  before(async () => {
    const run = async (name: string): Promise<void> => {
      const [result] = await Promise.allSettled([inScene(faults[name]!)]);
      results.set(name, result);
    };
    await Promise.all(Object.keys(faults).map(run));
  });
  after(() => {
    const all = [...results.values()];
    printLedgers(all.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  });

  for (const name of Object.keys(faults)) {
    it(name, () => {
      const result = results.get(name);
      if (result?.status === 'rejected') throw result.reason;
      expect(result?.value).to.include({ lost: 0 });
    });
  }
});

async function inScene(fault: (scene: Scene, first: DaemonProcess) => Promise<Ledger>): Promise<Ledger> {
  const scene = await openScene();
  try {
    const first = await scene.daemon();
    await scene.write(3);
    await settled(scene);
    return await fault(scene, first);
  } finally {
    await scene.close();
  }
}

/** Another daemon brings everything to its end, once the leases of the first are over. */
async function takeOver(scene: Scene): Promise<void> {
  const other = await scene.daemon();
  await settled(scene);
  expect(await other.stop()).to.equal(0);
}

/** Lets the frozen one go on with what it thinks is its work, until it claims the next. */
async function goOn(scene: Scene, daemon: DaemonProcess): Promise<void> {
  const next = scene.gate.hold(statements.claim, 'sent');
  daemon.thaw();
  (await next).release();
  expect(await daemon.stop()).to.equal(0);
}

const times = (requests: Unknown): number[] => [...requests.values()];

async function untilRows(scene: Scene, query: string, count: number): Promise<void> {
  await waitUntil(async () => (await rowsOf(scene, query)) >= count, { what: query, timeoutMs: 30_000 });
}
