import { expect } from 'chai';
import { clockTime, exactTime, relativeTime } from '../../../admin/data/time.ts';

const at = Date.parse('2026-11-23T13:05:09.042Z');

describe('a time', () => {
  for (const [later, words] of [
    [0, 'just now'],
    [2_400, 'just now'],
    [12_000, '12 s ago'],
    [59_400, '59 s ago'],
    [60_000, '1 min ago'],
    [3_599_000, '59 min ago'],
    [3_600_000, '1 h ago'],
    [86_400_000, '1 d ago'],
    [30 * 86_400_000, '30 d ago'],
    [31 * 86_400_000, '2026-11-23'],
    [-1_000, 'now'],
    [-93_000, 'in 1 min'],
    [-7_200_000, 'in 2 h'],
  ] as const) {
    it(`is "${words}" seen from ${later / 1_000} s later`, () => {
      expect(relativeTime(at, at + later)).to.equal(words);
    });
  }

  it('is told exactly in a zone, with its name', () => {
    expect(exactTime(at, 'UTC')).to.equal('2026-11-23 13:05:09.042 UTC');
    expect(exactTime(at, 'Asia/Kolkata')).to.equal('2026-11-23 18:35:09.042 GMT+5:30');
  });

  it('is told without its date on its own day in that zone only', () => {
    expect(clockTime(at, at + 3_600_000, 'UTC')).to.equal('13:05:09');
    expect(clockTime(at, at + 86_400_000, 'UTC')).to.equal('11-23 13:05:09');
    expect(clockTime(Date.parse('2026-11-23T23:30:00Z'), at, 'Asia/Tokyo')).to.equal('11-24 08:30:00');
  });
});
