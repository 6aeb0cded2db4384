import { expect } from 'chai';
import { bytesMax } from '../../src/delivery/lanes/hand.ts';
import { lingersAfterMs } from '../../src/delivery/lanes/in-flight.ts';
import { Lanes } from '../../src/delivery/lanes/lanes.ts';
import type { Claimed, Lane } from '../../src/delivery/queue/claim.ts';
import { claimed as deliveries } from './claimed.ts';

/** Takes in what a claim of everything there is room for would have brought. */
function admit(lanes: Lanes, claimed: readonly Claimed[], now = 0): Claimed[] {
  return lanes.admit({ deliveries: claimed, cut: false }, lanes.room(true, now), now);
}

const roomOf = (lanes: Lanes, endpointId: string, lane: Lane = 0, now = 0): number | undefined =>
  lanes.room(true, now).lanes.find((each) => each.endpointId === endpointId && each.lane === lane)?.room;
const afterOf = (lanes: Lanes, endpointId: string): string | null | undefined =>
  lanes.room(false, 0).lanes.find((each) => each.endpointId === endpointId && each.lane === 0)?.after;

function startAll(lanes: Lanes, now = 0): Claimed[] {
  const started: Claimed[] = [];
  for (let next = lanes.next(now); next; next = lanes.next(now)) started.push(next);
  return started;
}

const perEndpoint = (started: Claimed[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { endpointId } of started) counts[endpointId] = (counts[endpointId] ?? 0) + 1;
  return counts;
};

describe('lanes', () => {
  it('take turns', () => {
    const lanes = new Lanes({ concurrency: 6, perEndpoint: 4 });
    admit(lanes, [...deliveries('1', 4), ...deliveries('2', 4), ...deliveries('3', 4)]);
    expect(startAll(lanes).map((each) => each.endpointId)).to.deep.equal(['1', '2', '3', '1', '2', '3']);
  });

  it('start what is oldest first', () => {
    const lanes = new Lanes({ concurrency: 6, perEndpoint: 4 });
    const claimed = deliveries('1', 3);
    admit(lanes, claimed);
    expect(startAll(lanes)).to.deep.equal(claimed);
  });

  it('start no more than fit, in each lane and in all', () => {
    const lanes = new Lanes({ concurrency: 6, perEndpoint: 4 });
    admit(lanes, [...deliveries('1', 10), ...deliveries('2', 1)]);
    const started = startAll(lanes);
    expect(perEndpoint(started)).to.deep.equal({ 1: 4, 2: 1 });
    lanes.ended(started[0]!, 'answered', 0);
    expect(perEndpoint(startAll(lanes))).to.deep.equal({ 1: 1 });
  });

  it('have room for what can start, and for more once an endpoint has answered', () => {
    const lanes = new Lanes({ concurrency: 10, perEndpoint: 4 });
    expect(lanes.room(true, 0)).to.deep.equal({
      limits: [30, 25 - 5, 25 - 5],
      lanes: [],
      roomOfOthers: 4,
      full: true,
      suspicious: true,
      bytes: bytesMax,
    });
    admit(lanes, deliveries('1', 4));
    const [first] = startAll(lanes);
    expect(roomOf(lanes, '1')).to.equal(0);
    lanes.ended(first!, 'answered', 0);
    expect(lanes.room(true, 0).limits, 'more are waiting: it lends none').to.deep.equal([26, 10, 10]);
    expect(roomOf(lanes, '1')).to.equal(21);
  });

  it('give an endpoint that does not answer in time one request, until it answers', () => {
    const lanes = new Lanes({ concurrency: 10, perEndpoint: 4 });
    admit(lanes, deliveries('1', 12));
    const started = startAll(lanes);
    for (const delivery of started) lanes.ended(delivery, 'timeout', 0);
    const again = startAll(lanes);
    expect(again).to.have.length(1);
    lanes.ended(again[0]!, 'failed', 0);
    expect(startAll(lanes), 'another failure comes at once: no slot is wasted on it').to.have.length(4);
  });

  it('do not count requests that linger, up to as many as there are slots', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 4 });
    const late = lingersAfterMs;
    admit(lanes, deliveries('1', 4));
    expect(startAll(lanes, 0)).to.have.length(4);
    admit(lanes, [...deliveries('2', 4), ...deliveries('3', 4)]);
    expect(startAll(lanes, late - 1)).to.have.length(0);
    expect(startAll(lanes, late)).to.have.length(4);
    expect(startAll(lanes, late * 2), 'now eight linger').to.have.length(0);
  });

  it('keep nothing ahead for an endpoint that answers late, and places for those that answer soon', () => {
    const lanes = new Lanes({ concurrency: 8, perEndpoint: 8 });
    const send = (count: number, startedAt: number, endedAt: number): number => {
      admit(lanes, deliveries('1', count), startedAt);
      const started = startAll(lanes, startedAt);
      for (const each of started) {
        lanes.ended(each, 'answered', endedAt);
        lanes.release(each);
      }
      return started.length;
    };
    expect(send(8, 0, lingersAfterMs)).to.equal(8);
    expect(roomOf(lanes, '1', 0, lingersAfterMs)).to.equal(8);
    admit(lanes, deliveries('1', 8), lingersAfterMs);
    const slow = startAll(lanes, lingersAfterMs);
    expect(slow).to.have.length(6);
    admit(lanes, deliveries('2', 8), lingersAfterMs);
    expect(perEndpoint(startAll(lanes, lingersAfterMs))).to.deep.equal({ 2: 2 });
    lanes.ended(slow[0]!, 'answered', lingersAfterMs + 1);
    expect(startAll(lanes, lingersAfterMs + 1), 'it was quick this time').to.have.length(1);
    expect(roomOf(lanes, '1', 0, lingersAfterMs + 1)).to.be.above(0);
  });

  it('hold what was sent until it is recorded', () => {
    const lanes = new Lanes({ concurrency: 1, perEndpoint: 1 });
    admit(
      lanes,
      ['1', '2', '3', '4'].flatMap((endpoint) => deliveries(endpoint, 1)),
    );
    expect(lanes.hasRoomForFresh).to.equal(false);
    const [first] = startAll(lanes);
    lanes.ended(first!, 'answered', 0);
    expect(lanes.hasRoomForFresh).to.equal(false);
    lanes.release(first!);
    expect(lanes.hasRoomForFresh).to.equal(true);
  });

  it('run low when there is known to be more, and room for it', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    expect(lanes.runsLow(0), 'nothing is known').to.equal(false);
    admit(lanes, deliveries('1', 1));
    const [only] = startAll(lanes);
    expect(lanes.runsLow(0), 'the last claim brought less than it might have').to.equal(false);
    lanes.ended(only!, 'timeout', 0);
    lanes.release(only!);
    admit(lanes, deliveries('1', 1));
    const [next] = startAll(lanes);
    expect(lanes.runsLow(0), 'there is more, but no room for it').to.equal(false);
    lanes.ended(next!, 'answered', 0);
    lanes.release(next!);
    expect(lanes.runsLow(0)).to.equal(true);
    admit(lanes, []);
    expect(lanes.runsLow(0), 'there was no more').to.equal(false);
  });

  it('run low when a claim was cut short', () => {
    const lanes = new Lanes({ concurrency: 2, perEndpoint: 2 });
    admit(
      lanes,
      ['1', '2', '3', '4', '5', '6'].flatMap((endpoint) => deliveries(endpoint, 1)),
    );
    expect(lanes.runsLow(0)).to.equal(false);
    for (let started = startAll(lanes); started.length > 0; started = startAll(lanes)) {
      for (const delivery of started) {
        lanes.ended(delivery, 'answered', 0);
        lanes.release(delivery);
      }
    }
    expect(lanes.runsLow(0)).to.equal(true);
  });

  it('give out what would be too late, and all of it when asked to', () => {
    const lanes = new Lanes({ concurrency: 1, perEndpoint: 4 });
    const late = deliveries('1', 2, { sendBy: 1_000 });
    const later = deliveries('1', 1, { sendBy: 2_000 });
    const other = deliveries('2', 1, { sendBy: 1_500 });
    admit(lanes, [...late, ...later, ...other]);
    expect(lanes.takeQueued(1_200)).to.deep.equal(late);
    expect(lanes.takeQueued(1_200)).to.deep.equal([]);
    expect(lanes.takeQueued()).to.deep.equal([...later, ...other]);
    expect(startAll(lanes)).to.deep.equal([]);
  });

  it('go on behind what was claimed last, but not behind what was given back', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    const claimed = deliveries('1', 2);
    admit(lanes, claimed);
    lanes.ended(lanes.next(0)!, 'answered', 0);
    lanes.release(claimed[0]!);
    expect(afterOf(lanes, '1')).to.equal(claimed[1]?.id);
    lanes.giveBack(lanes.takeQueued());
    expect(afterOf(lanes, '1')).to.equal(null);
    expect(lanes.room(true, 0).limits[0]).to.equal(12);
  });

  it('that are held start nothing and have no room, until they are let go', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    const claimed = deliveries('1', 3);
    const others = deliveries('2', 1);
    admit(lanes, claimed);
    for (const delivery of startAll(lanes)) lanes.ended(delivery, 'answered', 0);
    expect(lanes.hold('1')).to.deep.equal([claimed[2]]);
    expect(lanes.hold('1'), 'for another reason').to.deep.equal([]);
    expect(roomOf(lanes, '1')).to.equal(0);
    admit(lanes, [], 700_000);
    const late = deliveries('1', 1);
    admit(lanes, [...late, ...others]);
    expect(startAll(lanes), 'nor is it forgotten that they are held').to.deep.equal(others);
    expect(lanes.letGo('1')).to.deep.equal(late);
    expect(roomOf(lanes, '1'), 'for the other reason').to.equal(0);
    expect(lanes.letGo('1')).to.deep.equal([]);
    expect(startAll(lanes)).to.deep.equal([]);
    expect(roomOf(lanes, '1') ?? 2).to.be.greaterThan(0);
    const [again] = deliveries('1', 1);
    admit(lanes, [again!]);
    expect(startAll(lanes)).to.deep.equal([again]);
  });

  it('that are held count for nothing when there is room for more', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    admit(lanes, deliveries('1', 12));
    expect(startAll(lanes)).to.have.length(2);
    lanes.giveBack(lanes.hold('1'));
    expect(lanes.runsLow(0), 'the last claim did not get to all endpoints').to.equal(true);
  });

  it('are forgotten when nothing happens on them', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    admit(lanes, deliveries('1', 1));
    const [only] = startAll(lanes);
    lanes.ended(only!, 'timeout', 0);
    lanes.release(only!);
    // One that did not answer in time is told to claims, as long as it is known.
    const known = (now: number) => new Set(lanes.room(true, now).lanes.map((each) => each.endpointId));
    admit(lanes, deliveries('2', 1), 600_000);
    expect(known(600_000)).to.deep.equal(new Set(['1', '2']));
    admit(lanes, [], 660_001);
    expect(known(660_001)).to.deep.equal(new Set(['2']));
  });

  it('are left out of claims where they are as any other, of which there may be ten thousand', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    admit(lanes, [...deliveries('1', 1), ...deliveries('2', 1, { rate: 0.1 })]);
    for (const delivery of startAll(lanes)) {
      lanes.ended(delivery, 'answered', 0);
      lanes.release(delivery);
    }
    const known = (full: boolean, now: number) =>
      new Set(lanes.room(full, now).lanes.map((each) => each.endpointId));
    expect(known(true, 0), 'the other one may not start yet').to.deep.equal(new Set(['2']));
    admit(lanes, [], 9_000);
    expect(known(true, 9_000)).to.deep.equal(new Set());
    expect(known(false, 5_000), 'where something was lately').to.deep.equal(new Set(['1']));
    expect(known(false, 5_001)).to.deep.equal(new Set());
  });
});
