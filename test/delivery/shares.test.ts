import { expect } from 'chai';
import { bytesMax } from '../../src/delivery/lanes/hand.ts';
import { lingersAfterMs } from '../../src/delivery/lanes/in-flight.ts';
import { Lanes } from '../../src/delivery/lanes/lanes.ts';
import type { Claimed, Lane } from '../../src/delivery/queue/claim.ts';
import { claimed } from './claimed.ts';

function admit(lanes: Lanes, deliveries: readonly Claimed[], now = 0): Claimed[] {
  return lanes.admit({ deliveries, cut: false }, lanes.room(true, now), now);
}

function startAll(lanes: Lanes, now = 0): Claimed[] {
  const started: Claimed[] = [];
  for (let next = lanes.next(now); next; next = lanes.next(now)) started.push(next);
  return started;
}

function end(lanes: Lanes, deliveries: readonly Claimed[], now = 0): void {
  for (const delivery of deliveries) {
    lanes.ended(delivery, 'answered', now);
    lanes.release(delivery);
  }
}

const perLane = (deliveries: readonly Claimed[]): number[] =>
  [0, 1, 2].map((lane) => deliveries.filter((delivery) => delivery.lane === lane).length);

/** Sends one after the other so many times, and tells which. */
function sendInTurn(lanes: Lanes, times: number): Claimed[] {
  return Array.from({ length: times }, () => {
    const delivery = lanes.next(0) as Claimed;
    end(lanes, [delivery]);
    return delivery;
  });
}

const backlog = (endpointIds: readonly string[], lane: Lane, each: number): Claimed[] =>
  endpointIds.flatMap((id) => claimed(id, each, { lane }));

describe('lanes of first tries, retries and redeliveries', () => {
  for (const [what, ids] of [
    [
      'over all endpoints',
      [
        ['1', '2'],
        ['3', '4'],
        ['5', '6'],
      ],
    ],
    ['within one endpoint', [['1'], ['1'], ['1']]],
  ] as const) {
    it(`share by weight ${what}, in turns where there is one slot`, () => {
      const lanes = new Lanes({ concurrency: 1, perEndpoint: 1 });
      admit(lanes, [...backlog(ids[0], 0, 60), ...backlog(ids[1], 1, 60), ...backlog(ids[2], 2, 60)]);
      const sent = sendInTurn(lanes, 60);
      expect(perLane(sent)).to.deep.equal([40, 10, 10]);
      expect(perLane(sent.slice(0, 12)), 'spread evenly').to.deep.equal([8, 2, 2]);
    });

    it(`share the slots by weight ${what}, however long the requests of one take`, () => {
      const lanes = new Lanes({ concurrency: 12, perEndpoint: 12 });
      admit(lanes, [...backlog(ids[0], 0, 200), ...backlog(ids[1], 1, 200), ...backlog(ids[2], 2, 200)]);
      let underWay = startAll(lanes);
      // First tries end at once, all else never.
      for (let round = 0; round < 20; round += 1) {
        end(
          lanes,
          underWay.filter((delivery) => delivery.lane === 0),
        );
        underWay = [...underWay.filter((delivery) => delivery.lane !== 0), ...startAll(lanes)];
      }
      expect(perLane(underWay)).to.deep.equal([8, 2, 2]);
    });
  }

  it('share by weight within an endpoint that alone has retries, whatever turn theirs is among all', () => {
    const lanes = new Lanes({ concurrency: 1, perEndpoint: 1 });
    admit(lanes, [...backlog(['1', '2', '3', '4', '5'], 0, 100), ...backlog(['1'], 1, 100)]);
    const ofIt = sendInTurn(lanes, 200).filter((each) => each.endpointId === '1');
    const [fresh = 0, retries = 0] = perLane(ofIt);
    expect(fresh / retries).to.be.within(3, 5);
  });

  it('give what they do not use to the others', () => {
    const lanes = new Lanes({ concurrency: 12, perEndpoint: 12 });
    admit(lanes, backlog(['1', '2'], 2, 20));
    expect(perLane(startAll(lanes))).to.deep.equal([0, 0, 9]);
    const fresh = new Lanes({ concurrency: 12, perEndpoint: 12 });
    admit(fresh, backlog(['1', '2'], 0, 20));
    expect(perLane(startAll(fresh))).to.deep.equal([12, 0, 0]);
  });

  it('save up no turns', () => {
    const lanes = new Lanes({ concurrency: 1, perEndpoint: 1 });
    admit(lanes, backlog(['1'], 0, 100));
    sendInTurn(lanes, 50);
    admit(lanes, backlog(['2'], 1, 30));
    expect(perLane(sendInTurn(lanes, 10))).to.deep.equal([8, 2, 0]);
  });

  it('leave slots for fresh events when hundreds of retries hang, and for endpoints that are well when sick ones do', () => {
    for (const sick of [{ lane: 1 as const }, { unwell: true }]) {
      const lanes = new Lanes({ concurrency: 8, perEndpoint: 4 });
      const ids = Array.from({ length: 100 }, (_, index) => `1${index}`);
      admit(
        lanes,
        ids.flatMap((id) => claimed(id, 1, sick)),
      );
      expect(startAll(lanes, 0)).to.have.length(6);
      expect(startAll(lanes, lingersAfterMs), 'and as many when these linger').to.have.length(6);
      expect(startAll(lanes, 2 * lingersAfterMs)).to.have.length(0);
      admit(lanes, backlog(['2', '3'], 0, 10));
      const started = startAll(lanes, 2 * lingersAfterMs);
      expect(started.map((each) => each.endpointId)).to.deep.equal(
        ['2', '3', '2', '3', '2', '3', '2', '3'].slice(0, started.length),
      );
      expect(started.length).to.be.at.least(2);
    }
  });

  it('let an endpoint that is well again pass by those that are not', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    const ids = Array.from({ length: 20 }, (_, index) => `1${index}`);
    admit(lanes, [
      ...ids.flatMap((id) => claimed(id, 1, { unwell: true })),
      ...claimed('2', 1, { unwell: true }),
    ]);
    expect(startAll(lanes)).to.have.length(3);
    const [well] = claimed('2', 1);
    admit(lanes, [well!]);
    expect(startAll(lanes).map((each) => each.endpointId)).to.deep.equal(['2']);
  });

  it('have room of their own: a storm of retries in hand leaves room for fresh events', () => {
    const lanes = new Lanes({ concurrency: 12, perEndpoint: 12 });
    const ids = Array.from({ length: 40 }, (_, index) => `1${index}`);
    // What a claim brings that is full: more are waiting.
    const [, retries] = lanes.room(true, 0).limits;
    expect(retries).to.equal(24);
    admit(lanes, ids.flatMap((id) => claimed(id, 1, { lane: 1 })).slice(0, retries));
    const after = lanes.room(true, 0).limits;
    expect(after[0]).to.be.at.least(12);
    expect(after[1]).to.equal(0);
    expect(after[2]).to.be.at.least(6);
  });

  it('have room of their own within an endpoint', () => {
    const lanes = new Lanes({ concurrency: 12, perEndpoint: 6 });
    admit(lanes, claimed('1', 6, { lane: 1 }));
    const rooms = lanes.room(true, 0).lanes.filter((each) => each.endpointId === '1');
    expect(rooms.map((each) => each.room)).to.deep.equal([4, 0, 1]);
  });
});

describe('limits of an endpoint', () => {
  it('are its own, as the latest claim has them', () => {
    const lanes = new Lanes({ concurrency: 20, perEndpoint: 4 });
    admit(lanes, [...claimed('1', 20, { concurrency: 2 }), ...claimed('2', 10, { concurrency: 6 })]);
    const started = startAll(lanes);
    expect(started.filter((each) => each.endpointId === '1')).to.have.length(2);
    expect(started.filter((each) => each.endpointId === '2')).to.have.length(6);
    admit(lanes, claimed('1', 1, { concurrency: 5 }));
    expect(startAll(lanes).map((each) => each.endpointId)).to.deep.equal(['1', '1', '1']);
  });

  it('space its starts, and tell when the next one is due', () => {
    const lanes = new Lanes({ concurrency: 20, perEndpoint: 4 });
    admit(lanes, [...claimed('1', 3, { rate: 10 }), ...claimed('2', 2)]);
    expect(startAll(lanes).map((each) => each.endpointId)).to.have.members(['1', '2', '2']);
    expect(lanes.startsAt(0)).to.equal(102);
    expect(startAll(lanes, 101)).to.deep.equal([]);
    const [second] = startAll(lanes, 102);
    expect(second?.endpointId).to.equal('1');
    expect(lanes.startsAt(0)).to.equal(204);
    end(lanes, startAll(lanes, 204), 204);
    expect(lanes.startsAt(0), 'nothing waits any more').to.equal(undefined);
  });

  it('bound by its rate what is claimed ahead', () => {
    const lanes = new Lanes({ concurrency: 64, perEndpoint: 8 });
    admit(lanes, claimed('1', 1, { rate: 1 }));
    expect(startAll(lanes)).to.have.length(1);
    const roomAt = (now: number) => lanes.room(true, now).lanes.find((each) => each.endpointId === '1')?.room;
    expect(roomAt(0)).to.equal(1);
    admit(lanes, claimed('1', 1, { rate: 1 }));
    expect(roomAt(0)).to.equal(0);
    expect(roomAt(1_100)).to.equal(1);
  });

  it('wake nobody while all places are taken', () => {
    const lanes = new Lanes({ concurrency: 2, perEndpoint: 1 });
    const [first, second] = claimed('1', 2, { rate: 10 });
    admit(lanes, [first!, second!]);
    expect(startAll(lanes)).to.deep.equal([first]);
    end(lanes, [first!]);
    expect(startAll(lanes, 50)).to.deep.equal([]);
    expect(lanes.startsAt(0)).to.equal(102);
    const others = [...claimed('2', 1), ...claimed('3', 1)];
    admit(lanes, others);
    expect(startAll(lanes, 50)).to.deep.equal(others);
    expect(lanes.startsAt(0)).to.equal(undefined);
    end(lanes, others.slice(1), 60);
    expect(lanes.startsAt(0)).to.equal(102);
    expect(startAll(lanes, 102)).to.deep.equal([second]);
  });

  it('slow it down before the next claim says so', () => {
    const lanes = new Lanes({ concurrency: 8, perEndpoint: 4 });
    admit(lanes, claimed('1', 4));
    lanes.slowDown('1', 2);
    expect(startAll(lanes)).to.have.length(1);
    expect(lanes.startsAt(0)).to.equal(510);
  });
});

describe('suspicious deliveries', () => {
  const suspicious = { counted: false, starts: 2 };

  it('go one at a time, whatever their endpoints, and others beside them', () => {
    const lanes = new Lanes({ concurrency: 8, perEndpoint: 4 });
    const suspects = [...claimed('1', 2, suspicious), ...claimed('2', 2, suspicious)];
    const others = claimed('1', 2);
    admit(lanes, [...suspects, ...others]);
    const started = startAll(lanes);
    expect(started).to.deep.equal([suspects[0], ...others]);
    end(lanes, others);
    expect(startAll(lanes)).to.deep.equal([]);
    end(lanes, [suspects[0]!]);
    expect(startAll(lanes)).to.deep.equal([suspects[1]]);
  });

  it('are not claimed while some are in hand, and of many most go back at once', () => {
    const lanes = new Lanes({ concurrency: 8, perEndpoint: 8 });
    expect(lanes.room(true, 0).suspicious).to.equal(true);
    const suspects = ['1', '2', '3'].flatMap((id) => claimed(id, 5, suspicious));
    const surplus = admit(lanes, suspects);
    expect(surplus).to.deep.equal(suspects.slice(8));
    expect(lanes.room(true, 0).suspicious).to.equal(false);
    for (let n = 0; n < 8; n += 1) end(lanes, startAll(lanes));
    expect(lanes.room(true, 0).suspicious).to.equal(true);
    expect(lanes.room(true, 0).limits, 'nothing is in hand').to.deep.equal(
      new Lanes({ concurrency: 8, perEndpoint: 8 }).room(true, 0).limits,
    );
  });

  it('are taken out like all others: too late, held or at the end', () => {
    const lanes = new Lanes({ concurrency: 8, perEndpoint: 8 });
    const [first, late] = claimed('1', 2, { ...suspicious, sendBy: 1_000 });
    const [held] = claimed('2', 1, suspicious);
    admit(lanes, [first!, late!, held!]);
    expect(startAll(lanes)).to.deep.equal([first]);
    expect(lanes.hold('2')).to.deep.equal([held]);
    expect(lanes.takeQueued(999)).to.deep.equal([]);
    expect(lanes.takeQueued(1_000)).to.deep.equal([late]);
  });
});

describe('bytes in hand', () => {
  it('are bounded, and released once recorded; a claim waits until there is room for a good many', () => {
    const lanes = new Lanes({ concurrency: 64, perEndpoint: 8 });
    expect(lanes.room(true, 0).bytes).to.equal(bytesMax);
    const [large, larger] = claimed('1', 2, { bytes: bytesMax * 0.4 });
    admit(lanes, [large!]);
    expect(lanes.room(true, 0).bytes).to.equal(bytesMax * 0.6);
    expect(lanes.hasRoom).to.equal(true);
    lanes.admit({ deliveries: [larger!], cut: true }, lanes.room(true, 0), 0);
    expect(lanes.hasRoom).to.equal(false);
    expect(lanes.runsLow(0)).to.equal(false);
    startAll(lanes);
    lanes.ended(large!, 'answered', 0);
    expect(lanes.hasRoom, 'not recorded yet').to.equal(false);
    lanes.release(large!);
    expect(lanes.hasRoom).to.equal(true);
    expect(lanes.runsLow(0), 'the claim was cut short').to.equal(true);
  });

  it('of requests that linger do not keep the others from being claimed, up to as many again', () => {
    const lanes = new Lanes({ concurrency: 64, perEndpoint: 8 });
    const hanging = claimed('1', 8, { bytes: bytesMax / 8 });
    admit(lanes, hanging);
    startAll(lanes);
    expect(lanes.hasRoom, 'they may end soon').to.equal(false);
    expect(lanes.room(true, lingersAfterMs).bytes).to.equal(bytesMax);
    expect(lanes.hasRoom).to.equal(true);
    const more = claimed('2', 8, { bytes: bytesMax / 8 });
    admit(lanes, more, lingersAfterMs);
    startAll(lanes, lingersAfterMs);
    expect(lanes.room(true, 2 * lingersAfterMs).bytes, 'twice as many hang').to.equal(0);
    end(lanes, hanging, 2 * lingersAfterMs);
    expect(lanes.room(true, 2 * lingersAfterMs).bytes).to.equal(bytesMax);
  });

  it('may be those of one delivery that is larger than all', () => {
    const lanes = new Lanes({ concurrency: 64, perEndpoint: 8 });
    const [huge] = claimed('1', 1, { bytes: 2 * bytesMax });
    admit(lanes, [huge!]);
    expect(lanes.hasRoom).to.equal(false);
    expect(startAll(lanes)).to.deep.equal([huge]);
    end(lanes, [huge!]);
    expect(lanes.hasRoom).to.equal(true);
  });
});
