import { expect } from 'chai';
import {
  intervalOf,
  isBlind,
  type Load,
  observe,
  restAfter,
  smallBatch,
  unknownLoad,
} from '../../src/governor/rule.ts';
import { fullSpeed, rest } from '../../src/pace.ts';

/** Samples every 100 ms of a load that was known to be quiet: so many sessions, for so many samples each. */
function following(...phases: [backends: number, samples: number][]): Load {
  let load = observe(unknownLoad(0), 0, 0, 4);
  let now = 0;
  for (const [backends, samples] of phases) {
    for (let i = 0; i < samples; i++) {
      now += 100;
      load = observe(load, backends, now, 4);
    }
  }
  return load;
}

describe('the rule of the governor', () => {
  it('gives way when the average reaches the limit, within a second or so', () => {
    expect(following([8, 5]).givesWay).to.equal(false);
    expect(following([8, 8]).givesWay).to.equal(true);
    expect(following([16, 3]).givesWay).to.equal(true);
    expect(following([3.9, 200]).givesWay).to.equal(false);
    expect(following([4.1, 50]).givesWay).to.equal(true);
  });

  it('does not mind one sample of many', () => {
    expect(following([20, 1]).givesWay).to.equal(false);
    expect(following([1, 100]).givesWay).to.equal(false);
  });

  it('is at full speed again below half the limit, within two seconds of silence', () => {
    expect(following([8, 30], [0, 10]).givesWay).to.equal(true);
    expect(following([8, 30], [0, 16]).givesWay).to.equal(false);
    expect(following([16, 30], [0, 22]).givesWay).to.equal(false);
  });

  it('changes nothing between half the limit and the limit', () => {
    expect(following([8, 30], [3, 200]).givesWay).to.equal(true);
    expect(following([3, 200]).givesWay).to.equal(false);
    expect(following([8, 30], [1.9, 200]).givesWay).to.equal(false);
  });

  it('lets a late sample count for a quarter of a second only', () => {
    const quiet = observe(unknownLoad(0), 0, 0, 4);
    expect(observe(quiet, 12, 2_500, 4)).to.deep.include({ givesWay: false });
    expect(observe(quiet, 12, 2_500, 4).level).to.be.closeTo(12 * (1 - Math.exp(-0.25)), 1e-9);
  });

  it('knows nothing before the first sample and when samples stay away, and takes the next one as it is', () => {
    expect(isBlind(unknownLoad(50), 50)).to.equal(true);
    const known = observe(unknownLoad(0), 0, 0, 4);
    expect(isBlind(known, 2_999)).to.equal(false);
    expect(isBlind(known, 3_000)).to.equal(true);
    expect(observe(known, 4, 3_000, 4)).to.deep.equal({ level: 4, givesWay: true, at: 3_000 });
    expect(observe(unknownLoad(0), 3, 0, 4)).to.deep.equal({ level: 3, givesWay: false, at: 0 });
  });

  it('looks ten times a second while there is load, and twice while there is none', () => {
    expect(intervalOf({ level: 0, givesWay: false, at: 0 }, 4)).to.equal(500);
    expect(intervalOf({ level: 0.9, givesWay: false, at: 0 }, 4)).to.equal(500);
    expect(intervalOf({ level: 1, givesWay: false, at: 0 }, 4)).to.equal(100);
    expect(intervalOf({ level: 0.1, givesWay: true, at: 0 }, 4)).to.equal(100);
  });

  it('takes on a quarter, and at least one', () => {
    expect([2_000, 192, 20, 8, 3, 1].map(smallBatch)).to.deep.equal([500, 48, 5, 2, 1, 1]);
  });

  it('works 6% of the time, between 20 ms and 10 s: nothing ever stops', () => {
    expect([0, 1, 10, 100, 1_000, Number.POSITIVE_INFINITY].map(restAfter).map(Math.round)).to.deep.equal([
      20, 20, 157, 1_567, 10_000, 10_000,
    ]);
  });
});

describe('a rest', () => {
  it('lasts as long as it should, however often somebody rings', async () => {
    const pace = { ...fullSpeed, givesWay: true, restMs: () => 60 };
    const startedAt = performance.now();
    let waits = 0;
    await rest(
      pace,
      1,
      () => {
        waits += 1;
        return new Promise((resolve) => setImmediate(resolve));
      },
      () => false,
    );
    expect(performance.now() - startedAt).to.be.at.least(60);
    expect(waits).to.be.greaterThan(1);
  });

  it('ends when it is full speed again, or when stopped', async () => {
    const pace = { ...fullSpeed, givesWay: true, restMs: () => 3_600_000 };
    const wait = () => new Promise((resolve) => setImmediate(resolve));
    let stopped = false;
    setImmediate(() => {
      stopped = true;
    });
    await rest(pace, 1, wait, () => stopped);
    await rest({ ...pace, givesWay: false }, 1, wait, () => false);
  });
});
