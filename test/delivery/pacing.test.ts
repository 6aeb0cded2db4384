import { expect } from 'chai';
import fc from 'fast-check';
import { Pacing } from '../../src/delivery/lanes/pacing.ts';

/** When the starts come of one who always has something to start, asked at these times only. */
function startsOf(rate: number, asked: readonly number[]): number[] {
  const pacing = new Pacing();
  const starts: number[] = [];
  for (const now of asked) {
    while (pacing.may(rate, now)) {
      pacing.started(rate, now, true);
      starts.push(now);
    }
  }
  return starts;
}

/** The most that come within a second. */
function mostInASecond(starts: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [index, at] of starts.entries()) {
    while (at - (starts[from] as number) > 1_000) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

describe('pacing', () => {
  it('lets no more than rate + 1 start in any second, however late the timers come', () => {
    const rates = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0.2, max: 50, noNaN: true }));
    const gaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3_000 })), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(rates, gaps, (rate, steps) => {
        let now = 0;
        const asked = steps.map((step) => {
          now += step;
          return now;
        });
        expect(mostInASecond(startsOf(rate, asked))).to.be.at.most(rate + 1);
      }),
    );
  });

  it('keeps to the rate, within a fiftieth, with timers that come up to 15 ms late', () => {
    for (const rate of [3, 50, 500]) {
      const asked = Array.from({ length: 10_000 }, (_, index) => index * 10 + (index % 5));
      const starts = startsOf(rate, asked);
      expect(starts.length / 100).to.be.within(rate * 0.97, rate + 0.01);
    }
  });

  it('spaces starts', () => {
    const starts = startsOf(
      10,
      Array.from({ length: 1_001 }, (_, now) => now),
    );
    expect(starts).to.deep.equal([0, 102, 204, 306, 408, 510, 612, 714, 816, 918]);
  });

  it('does not make up for a pause', () => {
    const pacing = new Pacing();
    expect(pacing.may(10, 0)).to.equal(true);
    pacing.started(10, 0, true);
    expect(pacing.may(10, 50), 'one waits').to.equal(false);
    expect(pacing.may(10, 102)).to.equal(true);
    pacing.started(10, 102, false);
    expect(pacing.may(10, 60_000)).to.equal(true);
    pacing.started(10, 60_000, true);
    expect(pacing.startsAt(10)).to.equal(60_102);
    expect(pacing.may(10, 60_101)).to.equal(false);
  });

  it('takes up another rate at once', () => {
    const pacing = new Pacing();
    pacing.started(0.01, 0, true);
    expect(pacing.startsAt(0.01)).to.equal(102_000);
    expect(pacing.startsAt(100)).to.be.closeTo(10.2, 1e-9);
  });

  it('tells how many may start within a time', () => {
    const pacing = new Pacing();
    expect(pacing.within(10, 0, 2_000)).to.equal(20);
    pacing.started(10, 0, true);
    expect(pacing.within(10, 0, 2_000)).to.equal(19);
    expect(pacing.within(0.1, 0, 2_000)).to.equal(0);
    expect(pacing.within(0.1, 9_000, 2_000)).to.equal(1);
  });
});
