import { waitUntil } from '../support/wait.ts';
import type { DaemonProcess } from './daemon-process.ts';
import type { Statement } from './messages.ts';
import type { Held } from './postgres-gate.ts';
import { relayed, rowsOf, type Scene } from './scene.ts';
import type { Stage } from './staged-receiver.ts';

/** A point at which a daemon is stopped. */
export interface Point {
  readonly name: string;
  /** Whether requests have come in by then that are not written down; undefined: that depends. */
  readonly repeats: boolean | undefined;
  /** Lets the daemon get there; resolves with what is to be done once it is dead. */
  reach(scene: Scene, daemon: DaemonProcess): Promise<() => Promise<void>>;
}

/** What becomes of a statement that was stopped on its way: it is lost, or arrives once its sender is dead, or has arrived before. */
type Fate = 'lost' | 'late' | 'done';

const isFanOut = (name: string): boolean => /^rowhook_(ordered_)?deliveries$/.test(name);

export const statements = {
  claim: ({ name }: Statement) => /^rowhook claim( known)?$/.test(name),
  /** Of a claim, when its leases are taken. */
  payloads: ({ text }: Statement) => /from rowhook\.event\s+where id = any/.test(text),
  record: ({ name }: Statement) => name === 'rowhook record',
  giveBack: ({ name }: Statement) => name === 'rowhook give back',
  retries: ({ name, text }: Statement) =>
    name !== 'rowhook record' &&
    /delete from rowhook\.delivery_waiting.*insert into rowhook\.delivery\b/s.test(text),
  deliveries: ({ name }: Statement) => isFanOut(name),
  commitOfPage: ({ text, earlier }: Statement) => text === 'commit' && earlier.some(isFanOut),
};

const connecting: Point = {
  name: 'while it connects',
  repeats: false,
  async reach({ network, write }) {
    // Kept-alive connections would be used, not made.
    await network.cut();
    await network.resume();
    network.pause();
    await write(6);
    // Connected as far as TCP goes; the handshake of TLS is not answered.
    await waitUntil(() => network.connections >= 6, { what: 'connections to be made', timeoutMs: 30_000 });
    return async () => {
      await network.cut();
      await network.resume();
    };
  },
};

/** In rows that one scene after the other goes through. Those at which leases are left behind come first, as the next daemon waits for these. */
export const rows: ReadonlyArray<readonly Point[]> = [
  [
    connecting,
    atStatement('when results are to be recorded', statements.record, 'lost', true),
    atClaim('when a claim is to be made', 'lost'),
    atStatement('when a page has been committed', statements.commitOfPage, 'done', false),
  ],
  [
    atReceiver('while the answer is waited for', 'unanswered', true),
    atClaim('when a claim is made', 'late'),
    atStatement('when a page is half written', statements.deliveries, 'lost', false),
    atRetries('when retries are to be moved', 'lost'),
  ],
  [
    atReceiver('while the answer comes', 'half answered', true),
    atClaim('when a claim has been made', 'done'),
    atStatement('when a page is to be committed', statements.commitOfPage, 'lost', false),
    atRetries('when retries are moved', 'late'),
  ],
  [
    atStatement('after the claim', statements.payloads, 'lost', false),
    atGiveBack('when leases are to be given back', 'lost'),
    atStatement('when results are recorded', statements.record, 'late', undefined),
    atStatement('when a page is committed', statements.commitOfPage, 'late', false),
  ],
  [
    atGiveBack('when leases have been given back', 'done'),
    atStatement('when results have been recorded', statements.record, 'done', undefined),
    atRetries('when retries have been moved', 'done'),
    atReceiver('while the body is sent', 'unread', false),
  ],
];

function atReceiver(name: string, stage: Stage, repeats: boolean): Point {
  return {
    name,
    repeats,
    async reach({ network, receiver, write }) {
      receiver.hold(stage);
      // What nobody reads must not fit into the buffers on the way.
      if (stage === 'unread') await write(1, { name: 'x'.repeat(8_000_000) });
      else await write(6);
      await receiver.holds(stage === 'unread' ? 2 : 6);
      return async () => {
        // What is still on its way is lost.
        await network.cut();
        await network.resume();
        receiver.release();
      };
    },
  };
}

function atStatement(
  name: string,
  fits: (statement: Statement) => boolean,
  fate: Fate,
  repeats: boolean | undefined,
): Point {
  return {
    name,
    repeats,
    async reach({ gate, write }) {
      const held = gate.hold(fits, 'sent');
      await write(6);
      return meet(await held, fate);
    },
  };
}

/** A statement that goes round by the clock is stopped before there is anything to do for it. */
function atClaim(name: string, fate: Fate): Point {
  return {
    name,
    repeats: false,
    async reach(scene) {
      const held = await scene.gate.hold(statements.claim, 'sent');
      await scene.write(6);
      await relayed(scene);
      return meet(held, fate);
    },
  };
}

function atRetries(name: string, fate: Fate): Point {
  return {
    name,
    repeats: false,
    async reach(scene) {
      scene.receiver.status = 500;
      await scene.write(3);
      const waiting = async () => (await rowsOf(scene, 'select from rowhook.delivery_waiting')) === 6;
      await waitUntil(waiting, { what: 'retries to wait', timeoutMs: 30_000 });
      scene.receiver.status = 200;
      const held = await scene.gate.hold(statements.retries, 'sent');
      await scene.db.query('update rowhook.delivery_waiting set due_at = now()');
      return meet(held, fate);
    },
  };
}

/** Asked to stop, with more in hand than it has begun. */
function atGiveBack(name: string, fate: Fate): Point {
  return {
    name,
    repeats: true,
    async reach({ gate, receiver, write }, daemon) {
      receiver.hold('unanswered');
      await write(40, { things: 40 });
      await receiver.holds(16);
      const held = gate.hold(statements.giveBack, 'sent');
      void daemon.stop();
      const then = await meet(await held, fate);
      return async () => {
        await then();
        receiver.release();
      };
    },
  };
}

async function meet(held: Held, fate: Fate): Promise<() => Promise<void>> {
  if (fate === 'done') await held.arrive();
  return async () => {
    if (fate === 'late') await held.arrive();
    await held.drop();
  };
}
