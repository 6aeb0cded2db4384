import { expect } from 'chai';
import { localText, progressOf, spanOf } from '../../../admin/pages/bulk/span.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const input = { from: '', until: '' };

describe('the span of a bulk job', () => {
  it('is an hour, a day or a week back from when the dialog was opened', () => {
    expect(spanOf({ ...input, choice: 'hour' }, null, now)).to.deep.equal({
      since: '2026-11-23T11:00:00.000Z',
    });
    expect(spanOf({ ...input, choice: 'day' }, null, now)).to.deep.equal({
      since: '2026-11-22T12:00:00.000Z',
    });
    expect(spanOf({ ...input, choice: 'week' }, null, now)).to.deep.equal({
      since: '2026-11-16T12:00:00.000Z',
    });
  });

  it('is since the receiver began to fail', () => {
    const since = '2026-11-20T01:02:03.000Z';
    expect(spanOf({ ...input, choice: 'failing' }, since, now)).to.deep.equal({ since });
    expect(spanOf({ ...input, choice: 'failing' }, null, now)).to.equal('from_missing');
  });

  it('is exact, in the zone of who types it', () => {
    const from = localText(now - 7_200_000);
    const until = localText(now);
    expect(spanOf({ choice: 'exact', from, until }, null, now)).to.deep.equal({
      since: '2026-11-23T10:00:00.000Z',
      until: '2026-11-23T12:00:00.000Z',
    });
    expect(spanOf({ choice: 'exact', from, until: '' }, null, now)).to.deep.equal({
      since: '2026-11-23T10:00:00.000Z',
    });
  });

  it('has a beginning, and ends after it', () => {
    const from = localText(now);
    expect(spanOf({ choice: 'exact', from: '', until: '' }, null, now)).to.equal('from_missing');
    expect(spanOf({ choice: 'exact', from, until: from }, null, now)).to.equal('order_wrong');
    expect(spanOf({ choice: 'exact', from, until: 'soon' }, null, now)).to.equal('order_wrong');
  });
});

describe('the progress of a bulk job', () => {
  const job = { total: { count: 200 }, done: 90, skipped: 10, state: 'running' };

  it('counts what was skipped too', () => {
    expect(progressOf(job)).to.equal(0.5);
  });

  it('is not at its end before the job is, whatever was counted before', () => {
    expect(progressOf({ ...job, done: 500 })).to.equal(0.99);
    expect(progressOf({ ...job, total: { count: 0 }, done: 0, skipped: 0 })).to.equal(0);
    expect(progressOf({ ...job, state: 'done' })).to.equal(1);
    expect(progressOf({ ...job, state: 'cancelled' })).to.equal(0.5);
  });
});
