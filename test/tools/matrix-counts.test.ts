import { expect } from 'chai';
import { isGreen, lastCounts } from '../../tools/matrix-counts.ts';

describe('the outcome of a run on another Postgres', () => {
  for (const [output, counts, green] of [
    ['  ✔ a\n120 passed, 0 failed, 0 skipped\n', '120 passed, 0 failed, 0 skipped', true],
    [
      'said "7 passed, 0 failed, 0 skipped"\n1 passed, 2 failed, 0 skipped',
      '1 passed, 2 failed, 0 skipped',
      false,
    ],
    ['1 passed, 10 failed, 0 skipped', '1 passed, 10 failed, 0 skipped', false],
    ['0 passed, 0 failed, 0 skipped', '0 passed, 0 failed, 0 skipped', false],
    ['Error: No test files found', undefined, false],
  ] as const)
    it(`is ${green ? 'good' : 'bad'}: ${counts ?? 'no end'}`, () => {
      expect(lastCounts(output)).to.equal(counts);
      expect(isGreen(counts)).to.equal(green);
    });
});
