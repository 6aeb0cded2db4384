import { expect } from 'chai';
import { mergeRows } from '../../../admin/data/merge-rows.ts';
import { withSample } from '../../../admin/data/queue-course.ts';
import { isCommand } from '../../../admin/pages/overview/command.ts';
import { figuresOf, formatRate, sharesOf } from '../../../admin/pages/overview/figures.ts';

const point = (succeeded: number, retried: number, exhausted: number, p50: number | null = null) => ({
  at: '2026-11-23T12:00:00Z',
  succeeded,
  retried,
  exhausted,
  delayMs: p50 === null ? null : { p50, p95: 2 * p50, p99: 3 * p50 },
  durationMs: null,
});

describe('the figures of the overview', () => {
  it('are of all buckets together; the latency of the last one that has some', () => {
    const points = [point(60, 0, 0, 9), point(30, 5, 5, 12), point(0, 0, 0)];
    expect(figuresOf(points, 60)).to.deep.equal({
      succeeded: 90,
      attempts: 100,
      share: 0.9,
      perSecond: 0.5,
      delay: { p50: 12, p95: 24, p99: 36 },
    });
    expect(sharesOf(points)).to.deep.equal([1, 0.75, null]);
  });

  it('are none where nothing was sent', () => {
    expect(figuresOf([], 60)).to.deep.equal({
      succeeded: 0,
      attempts: 0,
      share: null,
      perSecond: 0,
      delay: null,
    });
  });

  it('tell a rate with as many digits as tell something', () => {
    expect([0, 0.004, 0.123, 3.44, 99.96, 1_234.5].map(formatRate)).to.deep.equal([
      '0',
      '< 0.01',
      '0.12',
      '3.4',
      '100',
      '1,235',
    ]);
  });
});

describe('what mends something', () => {
  for (const fix of [
    'npx rowhook start',
    'npx rowhook sync --table crm.person\nnpx rowhook status',
    'ALTER TABLE a ENABLE TRIGGER b;',
  ]) {
    it(`can be copied: ${fix.split('\n')[0]}`, () => {
      expect(isCommand(fix)).to.equal(true);
    });
  }
  for (const fix of [
    'See to its receiver.',
    'Set the secrets anew.',
    'Wait; where it does not get less, see the log.',
    'npx rowhook status\nThen ask.',
    '',
  ]) {
    it(`is to be read: ${fix}`, () => {
      expect(isCommand(fix)).to.equal(false);
    });
  }
});

describe('the course of the queue', () => {
  const sample = (at: number) => ({ at, due: 1, retry: 0, changes: 0, oldest: 0 });

  it('keeps the last sample of each second, for ten minutes', () => {
    let course = [sample(1_000_100)];
    course = withSample(course, sample(1_000_700));
    expect(course.map((one) => one.at)).to.deep.equal([1_000_700]);
    course = withSample(course, sample(1_001_100));
    expect(course.map((one) => one.at)).to.deep.equal([1_000_700, 1_001_100]);
    course = withSample(course, sample(1_601_000));
    expect(course.map((one) => one.at)).to.deep.equal([1_001_100, 1_601_000]);
  });
});

describe('rows that change', () => {
  const id = (row: { id: string }) => row.id;

  it('stay in their places; new ones come in front, and what does not belong there goes', () => {
    const before = [
      { id: 'b', state: 'due' },
      { id: 'a', state: 'due' },
    ];
    const changed = [
      { id: 'c', state: 'due' },
      { id: 'a', state: 'sent' },
      { id: 'd', state: 'sent' },
    ];
    expect(mergeRows(before, changed, id, () => true).map(id)).to.deep.equal(['c', 'd', 'b', 'a']);
    expect(mergeRows(before, changed, id, (row) => row.state === 'due').map(id)).to.deep.equal(['c', 'b']);
    expect(mergeRows(before, changed, id, () => true)[3]).to.deep.equal({ id: 'a', state: 'sent' });
  });
});
