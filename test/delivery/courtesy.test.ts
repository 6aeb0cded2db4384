import { expect } from 'chai';
import { Lanes } from '../../src/delivery/lanes/lanes.ts';
import type { Claimed } from '../../src/delivery/queue/claim.ts';
import { claimed } from './claimed.ts';

describe('a backlog beside what is fresh', () => {
  let lanes: Lanes;
  beforeEach(() => {
    lanes = new Lanes({ concurrency: 20, perEndpoint: 8 });
  });
  const admit = (deliveries: readonly Claimed[], now: number): void => {
    lanes.admit({ deliveries, cut: false }, lanes.room(true, now), now);
  };
  const startAll = (now: number): string[] => {
    const started: string[] = [];
    for (let next = lanes.next(now); next; next = lanes.next(now)) {
      started.push(next.endpointId);
      lanes.ended(next, 'answered', now);
      lanes.release(next);
    }
    return started;
  };
  const busy = () => lanes.spent({ busyMs: 100, idleMs: 0 });

  const fresh = (now: number, endpointId = 'fresh') => {
    admit(claimed(endpointId, 1), now);
    expect(startAll(now)).to.include(endpointId);
  };
  const old = (count: number, endpointId = 'old', more: Partial<Claimed> = {}) =>
    claimed(endpointId, count, { backlog: true, ...more });

  it('starts one in five milliseconds, and one for four fresh ones, while the process has no time to spare', () => {
    fresh(0);
    busy();
    admit(old(8), 1);
    expect(startAll(1)).to.eql(['old']);
    expect(lanes.startsAt(1)).to.equal(6);
    expect(startAll(5)).to.eql([]);
    expect(startAll(6)).to.eql(['old']);
    admit(claimed('fresh', 3), 7);
    expect(startAll(7).sort()).to.eql(['fresh', 'fresh', 'fresh', 'old']);
    expect(lanes.startsAt(7)).to.equal(12);
    // What was saved up is forgotten with them.
    admit(claimed('fresh', 3), 8);
    startAll(8);
    admit(claimed('fresh', 1), 2_000);
    expect(startAll(2_000).sort()).to.eql(['fresh', 'old']);
  });

  it('goes on as soon as the process has had nothing to do for long enough, a few at a time', () => {
    fresh(0);
    busy();
    admit(old(7), 1);
    expect(startAll(1)).to.eql(['old']);
    lanes.spent({ busyMs: 0, idleMs: 60 });
    expect(startAll(2)).to.eql([]);
    lanes.spent({ busyMs: 0, idleMs: 60 });
    expect(startAll(3)).to.eql(['old', 'old', 'old', 'old']);
    expect(lanes.startsAt(3)).to.equal(4);
    expect(startAll(4)).to.eql(['old', 'old']);
    expect(lanes.startsAt(4)).to.equal(undefined);
  });

  it('has all the time where nothing fresh has come for a second', () => {
    fresh(0);
    busy();
    admit(old(8), 1_001);
    expect(startAll(1_001)).to.have.length(8);
  });

  it('does not give way to what is fresh of its own endpoint, nor keeps others from their turns by that', () => {
    admit([...claimed('old', 1), ...old(7)], 0);
    busy();
    expect(startAll(0)).to.have.length(8);
    admit([...old(4), ...old(4, 'other')], 3);
    busy();
    expect(startAll(3).filter((id) => id === 'old')).to.have.length(4);
    expect(startAll(8)).to.eql(['other']);
  });

  it('of a lane keeps nothing fresh of the same endpoint from starting', () => {
    fresh(0);
    busy();
    admit([...old(8, 'both', { lane: 1 }), ...claimed('both', 4)], 1);
    const started: Claimed[] = [];
    for (let next = lanes.next(1); next; next = lanes.next(1)) started.push(next);
    expect(started.filter(({ lane }) => lane === 0)).to.have.length(4);
  });

  it('takes turns with others', () => {
    fresh(0);
    busy();
    admit(
      ['a', 'b', 'c'].flatMap((id) => old(6, id)),
      1,
    );
    startAll(1);
    const started = Array.from({ length: 6 }, (_, i) => startAll(10 + 5 * i));
    expect(started.every(({ length }) => length === 1)).to.equal(true);
    expect(new Set(started.slice(0, 3).flat()).size).to.equal(3);
    expect(new Set(started.slice(3).flat()).size).to.equal(3);
  });

  it('gets more and more of the time while fresh ones come for ever', () => {
    const startedWhenHalfBusy = (now: number) => {
      fresh(now);
      admit(old(7), now);
      for (let i = 0; i < 100; i++) lanes.spent({ busyMs: 7, idleMs: 3 });
      return startAll(now).length;
    };
    expect(startedWhenHalfBusy(0)).to.be.below(4);
    for (let now = 0; now <= 600_000; now += 100) {
      busy();
      fresh(now);
      admit(old(4), now);
      startAll(now);
    }
    lanes.takeQueued();
    expect(startedWhenHalfBusy(600_001)).to.equal(4);
  });

  it('leaves room to claim what is fresh', () => {
    fresh(0);
    busy();
    admit(Array.from({ length: 5 }, (_, i) => old(8, `old ${i}`)).flat(), 1);
    const before = lanes.room(true, 1);
    startAll(1);
    const { limits, lanes: asked } = lanes.room(true, 1);
    // All but one or two of the 40 that it may have in hand.
    expect(limits[0] - before.limits[0]).to.be.above(30);
    expect(
      asked
        .filter(({ lane, endpointId }) => lane === 0 && endpointId !== 'fresh' && endpointId !== 'old 0')
        .every(({ room }) => room === 0),
    ).to.equal(true);
  });

  it('is not held up where it is a probe, or has a rate of its own', () => {
    fresh(0);
    busy();
    admit(old(4), 1);
    startAll(1);
    admit([...old(1, 'probed', { probe: true }), ...claimed('paced', 1, { backlog: true, rate: 1_000 })], 2);
    expect(startAll(2).sort()).to.eql(['paced', 'probed']);
  });

  it('waits for none whose turn it is and for which there is no place', () => {
    fresh(0);
    busy();
    admit([...old(1), ...old(4, 'sick', { lane: 1 }), ...old(4, 'well')], 1);
    const first = startAll(1);
    // All places that something doubtful may have.
    const hangs = { lane: 1, probe: true } as const;
    admit([...old(8, 'hangs', hangs), ...old(8, 'hangs too', hangs)], 2);
    for (let next = lanes.next(2); next; next = lanes.next(2)) first.push(next.endpointId);
    const started = Array.from({ length: 60 }, (_, i) => {
      busy();
      return startAll(6 + 5 * i);
    }).flat();
    expect([...first, ...started].filter((id) => id === 'well')).to.have.length(4);
  });
});
