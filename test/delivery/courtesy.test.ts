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

  it('starts one in five milliseconds while the process has no time to spare', () => {
    admit([...claimed('old', 4, { backlog: true }), ...claimed('fresh', 1)], 0);
    busy();
    expect(startAll(0)).to.eql(['old', 'fresh']);
    expect(lanes.startsAt(0)).to.equal(5);
    expect(startAll(4)).to.eql([]);
    expect(startAll(5)).to.eql(['old']);
    expect(startAll(6)).to.eql([]);
    admit(claimed('fresh', 2), 8);
    expect(startAll(8)).to.eql(['fresh', 'fresh']);
  });

  it('goes on as soon as the process has had nothing to do for long enough', () => {
    admit(claimed('fresh', 1), 0);
    startAll(0);
    busy();
    admit(claimed('old', 3, { backlog: true }), 1);
    expect(startAll(1)).to.eql(['old']);
    lanes.spent({ busyMs: 0, idleMs: 60 });
    expect(startAll(2)).to.eql([]);
    lanes.spent({ busyMs: 0, idleMs: 60 });
    expect(startAll(3)).to.eql(['old', 'old']);
    expect(lanes.startsAt(3)).to.equal(undefined);
  });

  it('has all the time where nothing fresh has come for a second', () => {
    admit(claimed('fresh', 1), 0);
    startAll(0);
    busy();
    admit(claimed('old', 3, { backlog: true }), 1_001);
    expect(startAll(1_001)).to.eql(['old', 'old', 'old']);
  });

  it('does not give way to what is fresh of its own endpoint', () => {
    admit([...claimed('old', 1), ...claimed('old', 3, { backlog: true })], 0);
    busy();
    expect(startAll(0)).to.have.length(4);
    admit(claimed('old', 2, { backlog: true }), 1);
    expect(startAll(1)).to.eql(['old', 'old']);
    admit(claimed('other', 1), 2);
    startAll(2);
    admit([...claimed('old', 1), ...claimed('old', 2, { backlog: true })], 3);
    expect(startAll(3)).to.eql(['old']);
  });
});
