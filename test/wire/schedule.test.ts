import { expect } from 'chai';
import fc from 'fast-check';
import { amplo } from '../../src/wire/amplo.ts';
import { defaultRetryDelayMs, longestDelayMs, ownRetryDelayMs } from '../../src/wire/schedule.ts';
import { standard } from '../../src/wire/standard.ts';

describe('the default schedule', () => {
  const delays = (random?: number): (number | undefined)[] =>
    Array.from({ length: 14 }, (_, index) => defaultRetryDelayMs(index + 1, random));
  const total = (random?: number): number => delays(random).reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  const hour = 3_600_000;

  it('begins with seconds and ends with a day, after twelve retries', () => {
    expect(delays()).to.deep.equal([
      5_000,
      30_000,
      120_000,
      600_000,
      1_800_000,
      hour,
      2 * hour,
      4 * hour,
      8 * hour,
      12 * hour,
      20 * hour,
      24 * hour,
      undefined,
      undefined,
    ]);
    expect(longestDelayMs).to.equal(24 * hour);
  });

  it('takes about three days, a fifth more or less', () => {
    expect(total() / hour).to.be.within(71, 72);
    expect(total(0) / total()).to.be.closeTo(0.8, 1e-6);
    expect(total(0.999_999) / total()).to.be.closeTo(1.2, 1e-5);
  });

  it('spreads each delay by a fifth, to whole milliseconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempts, random) => {
          const plain = defaultRetryDelayMs(attempts) as number;
          const delay = defaultRetryDelayMs(attempts, random) as number;
          expect(delay).to.be.within(0.8 * plain, 1.2 * plain);
          expect(Number.isInteger(delay)).to.equal(true);
        },
      ),
    );
    expect(defaultRetryDelayMs(1, 0)).to.equal(4_000);
    expect(defaultRetryDelayMs(1, 0.75)).to.equal(5_500);
  });

  it('is that of standard and amplo', () => {
    for (const dialect of [standard, amplo]) expect(dialect.retryDelayMs(3, 0.25)).to.equal(108_000);
  });
});

describe('the schedule of an endpoint', () => {
  it('ends with its last delay; an empty one has no retry', () => {
    expect([1, 2, 3].map((attempts) => ownRetryDelayMs([1_000, 60_000], attempts, 0.5))).to.deep.equal([
      1_000,
      60_000,
      undefined,
    ]);
    expect(ownRetryDelayMs([], 1, 0.5)).to.equal(undefined);
  });

  it('is spread as the default one, or kept to the millisecond', () => {
    expect(ownRetryDelayMs([1_001], 1, 0)).to.equal(801);
    expect(ownRetryDelayMs([1_001], 1, 0.75)).to.equal(1_101);
    expect(ownRetryDelayMs([1_001], 1, undefined)).to.equal(1_001);
  });
});
