import { expect } from 'chai';
import { allHeld, isNone, sumOf } from '../../../admin/pages/webhooks/held.ts';
import {
  appended,
  begun,
  type ListRows,
  partToAsk,
  refreshed,
} from '../../../admin/pages/webhooks/list-rows.ts';
import { plainWords } from '../../../admin/pages/webhooks/plain-words.ts';
import { signingSample } from '../../../admin/pages/webhooks/signing-sample.ts';
import { headerForm } from '../../../src/wire/prefixed.ts';
import { anEndpoint } from './webhooks-kit.ts';

const rows = (...ids: number[]) => ids.map((id) => anEndpoint({ id: String(id) }));
const page = (ids: number[], next: number | null = null, total = ids.length) => ({
  endpoints: rows(...ids),
  next: next === null ? null : String(next),
  total,
});
const idsOf = (list: ListRows) => list.rows.map(({ id }) => Number(id));

describe('the list of webhooks', () => {
  it('grows at its end, with no row twice', () => {
    const list = appended(begun(page([1, 2, 3], 3, 5)), page([3, 9, 10], null, 5));
    expect(idsOf(list)).to.deep.equal([1, 2, 3, 9, 10]);
    expect(list).to.include({ next: null, total: 5 });
  });

  it('asks about the rows that are seen, and not about more than the server tells at once', () => {
    const list = begun(page([1, 2, 3, 4, 5], 5));
    expect(partToAsk(list, 0, 2)).to.deep.equal({ after: undefined, limit: 2 });
    expect(partToAsk(list, 2, 50)).to.deep.equal({ after: '2', limit: 3 });
    expect(partToAsk(list, 1, 5, 2)).to.deep.equal({ after: '1', limit: 2 });
    expect(partToAsk(list, 5, 9)).to.equal(null);
  });

  it('asks for what is new behind the last row where that one is seen', () => {
    const list = begun(page([1, 2, 3], null));
    expect(partToAsk(list, 1, 3)).to.deep.equal({ after: '1', limit: 22 });
    expect(partToAsk(list, 1, 2)).to.deep.equal({ after: '1', limit: 1 });
    expect(partToAsk(begun(page([])), 0, 0)).to.deep.equal({ after: undefined, limit: 20 });
  });

  it('changes rows where they stand, and no others', () => {
    const list = begun(page([1, 2, 3], null));
    const now = {
      endpoints: [anEndpoint({ id: '2', status: 'paused' })],
      next: '2',
      total: 3,
    };
    const after = refreshed(list, '1', now);
    expect(after.rows.map(({ status }) => status)).to.deep.equal(['active', 'paused', 'active']);
    expect([...after.gone]).to.deep.equal([]);
  });

  it('keeps the place of a row that is gone, and says so until it is there again', () => {
    const list = begun(page([8, 9, 10, 11], null));
    const without = refreshed(list, '8', page([10, 11], null, 3));
    expect(idsOf(without)).to.deep.equal([8, 9, 10, 11]);
    expect([...without.gone]).to.deep.equal(['9']);
    expect([...refreshed(without, '8', page([9, 10, 11])).gone]).to.deep.equal([]);
  });

  it('compares ids as numbers', () => {
    const list = begun(page([8, 9, 10, 11], null));
    expect([...refreshed(list, '9', page([11], null, 3)).gone]).to.deep.equal(['10']);
  });

  it('does not take rows behind the part that was asked for as gone', () => {
    const list = begun(page([1, 2, 3, 4], null));
    expect([...refreshed(list, undefined, page([1, 2], 2, 4)).gone]).to.deep.equal([]);
  });

  it('shows what is new at once where that is behind all others', () => {
    const list = begun(page([1, 2], null));
    const after = refreshed(list, '1', page([2, 3], null, 3));
    expect(idsOf(after)).to.deep.equal([1, 2, 3]);
    expect(after).to.include({ total: 3, outdated: false });
  });

  it('lets nothing jump for what is new between others, and offers to load anew', () => {
    const list = begun(page([1, 5], null));
    const after = refreshed(list, undefined, page([1, 3, 5], null, 3));
    expect(idsOf(after)).to.deep.equal([1, 5]);
    expect(after.outdated).to.equal(true);
  });

  it('leaves to the next page what is behind the last row while there is one', () => {
    const list = begun(page([1, 2], 2, 4));
    const after = refreshed(list, '1', page([2, 3], 3, 4));
    expect(idsOf(after)).to.deep.equal([1, 2]);
    expect(after).to.include({ next: '2', outdated: false });
  });

  it('shows the first webhook that somebody makes', () => {
    expect(idsOf(refreshed(begun(page([])), undefined, page([1])))).to.deep.equal([1]);
  });
});

describe('what waits for a webhook', () => {
  const count = (value: number, atLeast = false) => ({ count: value, atLeast });
  it('is the sum of its queues, and bounded where one of them is', () => {
    expect(sumOf(count(2), count(3, true))).to.deep.equal({ count: 5, atLeast: true });
    expect(allHeld({ due: count(1), behind: count(2), waiting: count(3) })).to.deep.equal(count(6));
    expect(isNone(count(0))).to.equal(true);
    expect(isNone(count(0, true))).to.equal(false);
  });
});

describe('why a webhook stands as it does', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  it('is told without the time of the next try, which stands beside it', () => {
    expect(
      plainWords('its last 12 requests failed; next try at 2026-11-23T12:00:06.972Z', now, 'UTC'),
    ).to.equal('its last 12 requests failed');
  });

  it('is told with times in the viewer’s zone', () => {
    const words = 'the receiver asked for a pause until 2026-11-23T13:30:00.000Z';
    expect(plainWords(words, now, 'Asia/Tokyo')).to.equal('the receiver asked for a pause until 22:30:00');
  });
});

describe('how a receiver verifies', () => {
  it('names the headers that the dialect really sends', () => {
    const acme = headerForm({
      name: 'prefix:Acme',
      prefix: 'Acme',
      userAgent: 'Acme',
      retryDelayMs: () => undefined,
      spreadsRetries: true,
      heedsReceiver: true,
    });
    const sent = acme
      .headers({
        deliveryId: 'd',
        eventName: 'e',
        body: new Uint8Array(),
        secrets: ['s'],
        requestId: null,
        sentAt: new Date(0),
      })
      .map(([name]) => name);
    expect(sent).to.include.members([...signingSample('prefix:Acme Agent/2').headers]);
    expect(signingSample('amplo')).to.include({ form: 'standard', status: 200 });
    expect(signingSample('standard').headers).to.include('webhook-signature');
    expect(signingSample('site-stacker').headers).to.include('SiteStacker-Signature');
  });

  it('writes a dialect into the code so that nothing of it can end its text', () => {
    expect(signingSample("prefix:A it's").code).to.include("dialect: 'prefix:A it\\'s'");
  });
});
