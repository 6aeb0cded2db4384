import { expect } from 'chai';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatDurationShort,
  formatShare,
  formatShort,
  plural,
  shareOf,
} from '../../../admin/data/format.ts';

function table<T>(name: string, format: (value: T) => string, rows: readonly (readonly [T, string])[]): void {
  describe(name, () => {
    for (const [value, text] of rows) {
      it(`${JSON.stringify(value)} → ${text}`, () => {
        expect(format(value)).to.equal(text);
      });
    }
  });
}

table('a duration', formatDuration, [
  [0, '0 ms'],
  [0.42, '0.4 ms'],
  [87.4, '87 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [1_240, '1.24 s'],
  [9_994, '9.99 s'],
  [12_340, '12.3 s'],
  [59_960, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [18_180_000, '5 h 3 min'],
  [86_400_000, '1 d'],
  [187_200_000, '2 d 4 h'],
]);
table('a duration at an axis', formatDurationShort, [
  [100, '100 ms'],
  [1_000, '1 s'],
  [100_000, '100 s'],
  [600_000, '10 min'],
  [10_800_000, '3 h'],
]);
table('a share', formatShare, [
  [null, '–'],
  [0, '0 %'],
  [1, '100 %'],
  [0.99999, '99.9 %'],
  [0.00001, '0.1 %'],
  [0.954, '95 %'],
  [0.992, '99.2 %'],
]);
table('a count', formatCount, [
  [12_345, '12,345'],
  [{ count: 100_000, atLeast: true }, '100,000+'],
]);
table('a short count', formatShort, [
  [0, '0'],
  [0.5, '0.5'],
  [9_999, '9,999'],
  [12_340, '12.3k'],
  [100_000, '100k'],
  [999_960, '1M'],
]);
table('bytes', formatBytes, [
  [0, '0 B'],
  [999, '999 B'],
  [1_234, '1.2 kB'],
  [999_960, '1 MB'],
]);

describe('a number of things', () => {
  it('is one, or many', () => {
    expect(plural(1, 'delivery', 'deliveries')).to.equal('1 delivery');
    expect(plural(0, 'delivery', 'deliveries')).to.equal('0 deliveries');
    expect(plural({ count: 1, atLeast: true }, 'delivery', 'deliveries')).to.equal('1+ deliveries');
  });

  it('of which none were tried has no share', () => {
    expect(shareOf(0, 0)).to.equal(null);
    expect(shareOf(3, 1)).to.equal(0.75);
  });
});
