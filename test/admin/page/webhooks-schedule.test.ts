import { expect } from 'chai';
import {
  parseSchedule,
  plainDuration,
  scheduleText,
  shortDuration,
} from '../../../admin/pages/webhooks/form/schedule.ts';
import { webhookForm } from '../../../admin/texts/webhook-form.ts';
import { settingsShape } from '../../../src/wire/endpoint-settings.ts';
import { defaultRetryDelayMs } from '../../../src/wire/schedule.ts';

const s = 1_000;
const min = 60 * s;
const h = 60 * min;

describe('a schedule as text', () => {
  for (const [text, delaysMs] of [
    ['5s, 30s, 2m, 1h', [5 * s, 30 * s, 2 * min, h]],
    ['5s 30s;2m', [5 * s, 30 * s, 2 * min]],
    ['3 x 1m', [min, min, min]],
    ['3x1m, 2 × 1 h', [min, min, min, h, h]],
    ['1.5h', [90 * min]],
    ['5000ms', [5 * s]],
    ['7D', [7 * 24 * h]],
    ['', []],
  ] as const) {
    it(`reads "${text}"`, () => {
      expect(parseSchedule(text)).to.deep.equal({ delaysMs });
    });
  }

  for (const [text, kind, part] of [
    ['5', 'form', '5'],
    ['5s, soon', 'form', 'soon'],
    ['0 x 5s', 'form', '0x5s'],
    ['-5s', 'form', '-5s'],
    ['999ms', 'short', '999ms'],
    ['0s', 'short', '0s'],
    ['8d', 'long', '8d'],
    ['51 x 1m', 'many', '51x1m'],
    ['49 x 1m, 1h, 2h', 'many', '2h'],
  ] as const) {
    it(`says what is wrong with "${text}"`, () => {
      expect(parseSchedule(text)).to.deep.equal({ problem: { kind, part } });
    });
  }

  it('takes what the server takes, to the ends of its ranges', () => {
    for (const text of ['1s', '7d', '50 x 1m']) {
      const read = parseSchedule(text);
      expect('delaysMs' in read && settingsShape.schedule.safeParse(read.delaysMs).success, text).to.equal(
        true,
      );
    }
    const tooMany = settingsShape.schedule.safeParse(Array(51).fill(min));
    expect(tooMany.success).to.equal(false);
  });

  it('is written as it is read, with what repeats told once', () => {
    for (const delaysMs of [[5 * s, 30 * s, 30 * s, h], Array<number>(10).fill(min), [90 * s, 24 * h]]) {
      expect(parseSchedule(scheduleText(delaysMs))).to.deep.equal({ delaysMs });
    }
    expect(scheduleText(Array<number>(10).fill(min))).to.equal('10 x 1m');
    expect(scheduleText([5 * s, 30 * s, 30 * s])).to.equal('5s, 30s, 30s');
  });

  it('writes each pause in the largest unit that it is a whole number of', () => {
    expect([90 * s, 24 * h, 36 * h, 1_500].map(shortDuration)).to.deep.equal(['90s', '1d', '36h', '1500ms']);
  });

  it('says durations as people do', () => {
    expect([500, 90 * s, 12 * h, 48 * h, 72 * h].map(plainDuration)).to.deep.equal([
      '500 ms',
      '1.5 min',
      '12 h',
      '48 h',
      '3 days',
    ]);
  });
});

describe('a schedule in words', () => {
  it('tells how often, when and how long', () => {
    expect(webhookForm.scheduleWords(Array<number>(10).fill(min))).to.equal(
      '10 retries, 1 min apart: 11 attempts within 10 min.',
    );
    expect(webhookForm.scheduleWords([5 * s])).to.equal('1 retry, after 5 s: 2 attempts within 5 s.');
    expect(webhookForm.scheduleWords([])).to.match(/No retry/);
  });

  it('tells the default schedule', () => {
    const delays = Array.from({ length: 12 }, (_, index) => defaultRetryDelayMs(index + 1) ?? 0);
    expect(webhookForm.scheduleWords(delays)).to.match(
      /^12 retries, after 5 s, 30 s, 2 min, .*24 h: 13 attempts within 3 days\.$/,
    );
  });
});
