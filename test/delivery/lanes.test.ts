import { expect } from 'chai';
import type { Claimed } from '../../src/delivery/claim.ts';
import { Lanes, lingersAfterMs } from '../../src/delivery/lanes.ts';

let made = 0;
function deliveries(endpointId: string, count: number, sendBy = Number.POSITIVE_INFINITY): Claimed[] {
  return Array.from({ length: count }, () => {
    made += 1;
    return {
      lane: 0,
      endpointId,
      id: `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`,
      eventId: '',
      lease: '',
      sendBy,
      attempts: 0,
      settledAttempts: 0,
      firstDialect: null,
      starts: 1,
      url: '',
      secret: null,
      oldSecrets: [],
      endpointVersion: '1',
      dialect: null,
      event: null,
    };
  });
}

/** Takes in what a claim of everything there is room for would have brought. */
function admit(lanes: Lanes, claimed: Claimed[], now = 0): void {
  lanes.admit(claimed, lanes.room(), now);
}

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
    expect(lanes.room()).to.deep.equal({ limit: 30, lanes: [], roomOfOthers: 4 });
    admit(lanes, deliveries('1', 4));
    const [first] = startAll(lanes);
    expect(lanes.room().lanes).to.deep.include({
      endpointId: '1',
      room: 0,
      after: lanes.room().lanes[0]?.after,
    });
    lanes.ended(first!, 'answered', 0);
    expect(lanes.room()).to.include({ limit: 26 });
    expect(lanes.room().lanes[0]?.room).to.equal(21);
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

  it('hold what was sent until it is recorded', () => {
    const lanes = new Lanes({ concurrency: 1, perEndpoint: 1 });
    admit(lanes, [...deliveries('1', 1), ...deliveries('2', 1), ...deliveries('3', 1)]);
    expect(lanes.hasRoom).to.equal(false);
    const [first] = startAll(lanes);
    lanes.ended(first!, 'answered', 0);
    expect(lanes.hasRoom).to.equal(false);
    lanes.release(1);
    expect(lanes.hasRoom).to.equal(true);
  });

  it('run low when there is known to be more, and room for it', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    expect(lanes.runsLow, 'nothing is known').to.equal(false);
    admit(lanes, deliveries('1', 1));
    const [only] = startAll(lanes);
    expect(lanes.runsLow, 'the last claim brought less than it might have').to.equal(false);
    lanes.ended(only!, 'timeout', 0);
    lanes.release(1);
    admit(lanes, deliveries('1', 1));
    const [next] = startAll(lanes);
    expect(lanes.runsLow, 'there is more, but no room for it').to.equal(false);
    lanes.ended(next!, 'answered', 0);
    lanes.release(1);
    expect(lanes.runsLow).to.equal(true);
    admit(lanes, []);
    expect(lanes.runsLow, 'there was no more').to.equal(false);
  });

  it('run low when a claim was cut short', () => {
    const lanes = new Lanes({ concurrency: 2, perEndpoint: 2 });
    admit(
      lanes,
      ['1', '2', '3', '4', '5', '6'].flatMap((endpoint) => deliveries(endpoint, 1)),
    );
    expect(lanes.runsLow).to.equal(false);
    for (let started = startAll(lanes); started.length > 0; started = startAll(lanes)) {
      for (const delivery of started) lanes.ended(delivery, 'answered', 0);
      lanes.release(started.length);
    }
    expect(lanes.runsLow).to.equal(true);
  });

  it('give out what would be too late, and all of it when asked to', () => {
    const lanes = new Lanes({ concurrency: 1, perEndpoint: 4 });
    const late = deliveries('1', 2, 1_000);
    const later = deliveries('1', 1, 2_000);
    const other = deliveries('2', 1, 1_500);
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
    expect(lanes.room().lanes[0]?.after).to.equal(claimed[1]?.id);
    lanes.giveBack(lanes.takeQueued());
    expect(lanes.room().lanes[0]?.after).to.equal(null);
    expect(lanes.room().limit).to.equal(12);
  });

  it('that are held start nothing and have no room, until they are let go', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    const claimed = deliveries('1', 3);
    const others = deliveries('2', 1);
    admit(lanes, claimed);
    for (const delivery of startAll(lanes)) lanes.ended(delivery, 'answered', 0);
    expect(lanes.hold('1')).to.deep.equal([claimed[2]]);
    expect(lanes.hold('1'), 'held already').to.equal(undefined);
    expect(lanes.room().lanes[0]?.room).to.equal(0);
    admit(lanes, [], 700_000);
    const late = deliveries('1', 1);
    admit(lanes, [...late, ...others]);
    expect(startAll(lanes), 'nor is it forgotten that they are held').to.deep.equal(others);
    expect(lanes.letGo('1')).to.deep.equal(late);
    expect(startAll(lanes)).to.deep.equal([]);
    expect(lanes.room().lanes.find((lane) => lane.endpointId === '1')?.room).to.be.greaterThan(0);
    const [again] = deliveries('1', 1);
    admit(lanes, [again!]);
    expect(startAll(lanes)).to.deep.equal([again]);
  });

  it('that are held count for nothing when there is room for more', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    admit(lanes, deliveries('1', 12));
    expect(startAll(lanes)).to.have.length(2);
    lanes.giveBack(lanes.hold('1') ?? []);
    expect(lanes.runsLow, 'the last claim did not get to all endpoints').to.equal(true);
  });

  it('are forgotten when nothing happens on them', () => {
    const lanes = new Lanes({ concurrency: 4, perEndpoint: 2 });
    admit(lanes, deliveries('1', 1));
    lanes.giveBack(lanes.takeQueued());
    admit(lanes, deliveries('2', 1), 600_000);
    expect(lanes.room().lanes).to.have.length(2);
    admit(lanes, [], 600_001);
    expect(lanes.room().lanes.map((lane) => lane.endpointId)).to.deep.equal(['2']);
  });
});
