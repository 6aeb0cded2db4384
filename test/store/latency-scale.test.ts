import { expect } from 'chai';
import fc from 'fast-check';
import { classCount, classOf, middleOf, percentiles } from '../../src/store/latency-scale.ts';

const hourMs = 3_600_000;

describe('the scale of latencies', () => {
  const counted = (times: readonly number[]): number[] => {
    const counts = Array.from({ length: classCount }, () => 0);
    for (const ms of times) counts[classOf(ms)]! += 1;
    return counts;
  };
  /** By nearest rank. */
  const exact = (times: readonly number[], share: number): number =>
    [...times].sort((a, b) => a - b)[Math.ceil(share * times.length) - 1]!;

  it('tells each percentile with an error below 15%, from a millisecond to an hour', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: Math.log2(hourMs), noNaN: true }), {
          minLength: 1,
          maxLength: 300,
        }),
        (logs) => {
          const times = logs.map((log) => Math.min(hourMs, 2 ** log));
          const told = percentiles(counted(times))!;
          for (const [name, share] of [
            ['p50', 0.5],
            ['p95', 0.95],
            ['p99', 0.99],
          ] as const) {
            const ratio = told[name] / exact(times, share);
            expect(ratio, name).to.be.within(0.85, 1.15);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has a class for every time, and a longer one is in no lower class', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (a, b) => {
        expect(classOf(a)).to.be.within(0, classCount - 1);
        if (a <= b) expect(classOf(a)).to.be.at.most(classOf(b));
      }),
      { numRuns: 1_000 },
    );
    expect([Number.NaN, -5, 0, 0.9].map(classOf)).to.deep.equal([0, 0, 0, 0]);
    expect(classOf(1)).to.equal(1);
    expect(classOf(Number.MAX_VALUE)).to.equal(classCount - 1);
    expect(classOf(hourMs)).to.be.below(classCount - 1);
  });

  it('has the middle of each class in it', () => {
    for (let index = 0; index < classCount; index += 1) expect(classOf(middleOf(index))).to.equal(index);
  });

  it('tells nothing of nothing, and does not need the last classes', () => {
    expect(percentiles([])).to.equal(null);
    expect(percentiles([0, 0])).to.equal(null);
    expect(percentiles([0, 3])).to.deep.equal(percentiles(counted([1, 1, 1])));
  });
});
