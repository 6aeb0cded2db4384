import { expect } from 'chai';
import { retryAfterMs } from '../../src/delivery/retry-after.ts';

describe('Retry-After', () => {
  const now = new Date('2026-11-06T08:49:37Z');
  const day = 86_400_000;

  for (const [text, ms] of [
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['86400', day],
    ['86401', day],
    ['9'.repeat(400), day],
    // The three forms of a date, an hour ahead.
    ['Fri, 06 Nov 2026 09:49:37 GMT', 3_600_000],
    ['Friday, 06-Nov-26 09:49:37 GMT', 3_600_000],
    ['Fri Nov  6 09:49:37 2026', 3_600_000],
    ['Sun, 06 Nov 2033 08:49:37 GMT', day],
    ['Fri, 06 Nov 2026 08:49:37 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    // Nothing that the standard knows.
    ['', 0],
    ['-5', 0],
    ['+5', 0],
    ['1.5', 0],
    ['1e3', 0],
    ['0x10', 0],
    ['5 minutes', 0],
    ['120, 60', 0],
    ['NaN', 0],
    ['Infinity', 0],
    ['soon 5', 0],
    ['2033', 2_033_000],
    ['2033-11-06T08:49:37Z', 0],
    ['Sun, 99 Nov 2033 08:49:37 GMT', 0],
    ['Nov 6 2033 08:49:37 GMT', 0],
    ['Sun, 6 Nov 2033 08:49:37 GMT', 0],
    ['Sun, 06 Nov 2033 08:49:37 CET', 0],
  ] as const) {
    it(`of ${JSON.stringify(text.slice(0, 40))} is ${ms} ms`, () => {
      expect(retryAfterMs([['Retry-After', text]], now)).to.equal(ms);
    });
  }

  it('is taken from the time that the receiver says it is, as our clock may be wrong', () => {
    const headers = (date: string): [string, string][] => [
      ['Date', date],
      ['Retry-After', 'Sat, 07 Nov 2037 10:00:00 GMT'],
    ];
    expect(retryAfterMs(headers('Sat, 07 Nov 2037 09:59:00 GMT'), now)).to.equal(60_000);
    expect(retryAfterMs(headers('Sat, 07 Nov 2037 10:01:00 GMT'), now)).to.equal(0);
    expect(retryAfterMs(headers('some time'), now)).to.equal(day);
  });

  it('is 0 without the header', () => {
    expect(retryAfterMs([['Date', 'Sun, 06 Nov 2033 08:49:37 GMT']], now)).to.equal(0);
  });
});
