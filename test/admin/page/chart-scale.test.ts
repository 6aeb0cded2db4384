import { expect } from 'chai';
import { logRange, lonely, niceMax, powerAbove, stacked } from '../../../admin/ui/chart-scale.ts';

describe('the axes of a chart', () => {
  it('end at a round number above all values', () => {
    expect(niceMax([])).to.equal(1);
    expect(niceMax([null, 0])).to.equal(1);
    expect(niceMax([3, 117])).to.equal(200);
    expect(niceMax([230])).to.equal(250);
    expect(niceMax([1_000])).to.equal(1_000);
    expect(niceMax([0.4], 1)).to.equal(1);
  });

  it('of powers of ten hold all values, and at least two powers', () => {
    expect(logRange([null])).to.deep.equal([1, 1_000]);
    expect(logRange([12, 15, null])).to.deep.equal([10, 1_000]);
    expect(logRange([0.4, 4_000, 0])).to.deep.equal([0.1, 10_000]);
    expect(powerAbove([null, 0])).to.equal(10);
    expect(powerAbove([101])).to.equal(1_000);
  });

  it('stack bars upon each other, a missing one as nothing', () => {
    expect(
      stacked([
        [1, 2, null],
        [3, null, 5],
      ]),
    ).to.deep.equal([
      [1, 2, 0],
      [4, 2, 5],
    ]);
  });

  it('give a point to a value between gaps', () => {
    expect(lonely([1, null, 2, null, 3, 4, null, 0])).to.deep.equal([0, 2, 7]);
    expect(lonely([])).to.deep.equal([]);
  });
});
