import { expect } from 'chai';
import { Lanes } from '../../src/delivery/lanes/lanes.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { disableEndpoint, pauseEndpoint, resumeEndpoint } from '../../src/store/endpoint-state.ts';
import { updateEndpoint } from '../../src/store/endpoints.ts';
import { rotateSecret } from '../../src/store/secrets.ts';
import { signatureOf } from '../../src/wire/signature.ts';
import type { ReceivedRequest, Receiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { claimed } from './claimed.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import { addEndpoint, count, enqueue, payloads } from './queue.ts';

const catalog = siteStacker();
const places = 2;
const underWay = 2 * places;
const all = 120;

describe('deliveries in hand of two dispatchers', () => {
  const kit = dispatcherKit();
  let receiver: Receiver;
  let endpoint: string;
  /** What answers the requests that are under way. */
  let unanswered: Array<() => void>;
  let open: boolean;
  let beforeChange: number;

  const answerAll = (): void => {
    for (const answer of unanswered.splice(0)) answer();
  };
  const leased = (): Promise<number> => count(kit.db(), 'delivery where lease is not null');

  /** Starts a dispatcher, and answers it until it has more in hand than it can send at a time. Nobody else claims anything meanwhile. */
  const fill = async (): Promise<void> => {
    const before = await leased();
    const others = unanswered.splice(0);
    await kit.start({
      options: { concurrency: 8, perEndpoint: places, timeoutMs: 25_000 },
    });
    await waitUntil(
      async () => {
        if (unanswered.length === places && (await leased()) >= before + 3 * places) return true;
        if ((await leased()) < before + 3 * places) answerAll();
        return false;
      },
      { what: 'a dispatcher that has deliveries queued' },
    );
    unanswered.unshift(...others);
  };

  beforeEach(async () => {
    unanswered = [];
    open = false;
    receiver = await kit.receiver(() =>
      open ? {} : new Promise((resolve) => unanswered.push(() => resolve({}))),
    );
    endpoint = await addEndpoint(kit.db(), receiver.url('/before'), { secret: 'before' });
    await enqueue(kit.db(), endpoint, payloads(all));
    await fill();
    await fill();
  });

  /**
   * Changes the endpoint, and waits until neither dispatcher has anything in hand that it claimed before but what is under way: sooner
   * than the rest would have been too late to be sent.
   */
  const changed = async (change: () => Promise<unknown>): Promise<void> => {
    const held = await kit
      .db()
      .query<{ lease: string }>('select distinct lease from rowhook.delivery where lease is not null');
    const leases = held.rows.map(({ lease }) => lease);
    await change();
    await waitUntil(
      async () => {
        const { rows } = await kit
          .db()
          .query('select from rowhook.delivery where lease = any ($1)', [leases]);
        return rows.length <= underWay;
      },
      { what: 'what is queued to be given back', timeoutMs: 4_000 },
    );
    beforeChange = receiver.requests.length;
    open = true;
  };
  /** All of them, each once: what was given back had not been sent. */
  const theRest = async (): Promise<readonly ReceivedRequest[]> => {
    await kit.recorded(all);
    const ids = receiver.requests.map(({ headers }) => headers['sitestacker-delivery']);
    expect([ids.length, new Set(ids).size]).to.deep.equal([all, all]);
    return receiver.requests.slice(beforeChange);
  };

  for (const [state, hold] of [
    ['paused', pauseEndpoint],
    ['disabled', disableEndpoint],
  ] as const) {
    it(`are held as soon as their endpoint is ${state}, and sent when it is resumed`, async () => {
      await changed(() => hold(kit.db().pool, endpoint));
      expect(await leased()).to.equal(underWay);
      answerAll();
      await kit.recorded(beforeChange);
      expect(await leased()).to.equal(0);
      expect(receiver.requests).to.have.length(beforeChange);
      await resumeEndpoint(kit.db().pool, endpoint, { held: 'deliver' });
      await theRest();
    });
  }

  it('go to the new URL as soon as their endpoint has one', async () => {
    await changed(() => updateEndpoint(kit.db().pool, catalog, endpoint, { url: receiver.url('/after') }));
    answerAll();
    expect(new Set((await theRest()).map(({ path }) => path))).to.deep.equal(new Set(['/after']));
  });

  it('are signed with the new secret alone as soon as the old one is not valid any more', async () => {
    await changed(() => rotateSecret(kit.db().pool, catalog, endpoint, { secret: 'after', overlapMs: 0 }));
    answerAll();
    for (const { headers, body } of await theRest())
      expect(headers['sitestacker-signature']).to.equal(signatureOf(body, 'after'));
  });
});

describe('lanes, asked whose endpoints may have changed', () => {
  const lanes = (): Lanes => new Lanes({ concurrency: 8, perEndpoint: 1 });
  const admit = (to: Lanes, sendBy: number, ...more: Parameters<typeof claimed>[2][]): void =>
    void to.admit(
      { deliveries: more.flatMap((each) => claimed('1', 3, { sendBy, ...each })), cut: false },
      to.room(true, 0),
      0,
    );

  it('name what has been queued for longest, of each lane and of what is suspicious, and nothing that was claimed since', () => {
    const some = lanes();
    admit(some, 100, { lane: 0 }, { lane: 2 }, { counted: false });
    admit(some, 200, { lane: 0 }, { lane: 1 });
    const asked = (sendBy: number) =>
      some.longestQueued(sendBy).map(({ lane, counted, sendBy: by }) => [lane, counted, by]);
    expect(asked(99)).to.deep.equal([]);
    const old = [[0, true, 100], [2, true, 100], ...Array(3).fill([0, false, 100])];
    expect(asked(100)).to.have.deep.members(old);
    expect(asked(200)).to.have.deep.members([...old, [1, true, 200]]);
  });

  it('name nothing that has started, or that has gone back', () => {
    const some = lanes();
    admit(some, 100, {});
    while (some.next(0));
    expect(some.longestQueued(100)).to.have.length(1);
    some.hold('1');
    expect(some.longestQueued(100)).to.deep.equal([]);
  });
});
