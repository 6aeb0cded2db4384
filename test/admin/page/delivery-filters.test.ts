import { expect } from 'chai';
import {
  askedOf,
  type Filters,
  filtersOf,
  isBelow,
  isWanted,
  queryOf,
  withFilter,
} from '../../../admin/pages/deliveries/filters.ts';
import { type DeliveryView, deliveryFilter } from '../../../src/admin/shapes/delivery.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const delivery: DeliveryView = {
  id: '019b0000-0000-7000-8000-00000000abcd',
  endpointId: '7',
  eventId: '019b0000-0000-7000-8000-0000000012ef',
  state: 'waiting',
  eventName: 'person_update',
  resource: 'person',
  recordKey: '4:12',
  attempts: 2,
  lastStatus: 503,
  lastReason: 'http_503',
  lastAttemptAt: '2026-11-23T11:30:00Z',
  dueAt: null,
  createdAt: '2026-11-23T09:00:00Z',
};

describe('filters of deliveries', () => {
  it('come back from the URL as they went in', () => {
    const filters: Filters = {
      event: 'a&b=c',
      record: 'person:4 1+2',
      status: '5xx',
      since: '24h',
      text: 'é',
    };
    expect(filtersOf(queryOf(filters))).to.deep.equal(filters);
    expect(queryOf({})).to.equal('');
    expect(queryOf(withFilter(filters, 'text', ''))).to.equal(
      queryOf({ since: '24h', status: '5xx', record: 'person:4 1+2', event: 'a&b=c' }),
    );
  });

  it('leave out of a URL what cannot be asked for', () => {
    const query =
      '?state=nonsense&status=600&since=yesterday&until=2026-99-01T00:00&endpoint=x&undelivered=1&text=%20';
    expect(filtersOf(query)).to.deep.equal({});
    expect(filtersOf(`?event=${'x'.repeat(201)}&__proto__=1&since=__proto__`)).to.deep.equal({});
  });

  it('are asked of the API in its own form, spans of time as moments', () => {
    const filters = filtersOf('?state=exhausted&status=none&since=1h&until=2026-11-23T11:59&record=person:1');
    const asked = askedOf(filters, now);
    expect(asked.since).to.equal('2026-11-23T11:00:00.000Z');
    expect(deliveryFilter.safeParse(asked).success).to.equal(true);
  });

  it('say which of those that have just happened belong into the list', () => {
    const wanted: Filters[] = [
      {},
      { endpoint: '7', event: 'person_update', state: 'waiting' },
      { record: 'person:4:12' },
      { record: 'person' },
      { status: '503' },
      { status: '5xx' },
      { since: '1h' },
      { until: '2026-11-23T11:30:00Z' },
      { text: 'ABCD' },
      { text: '12ef' },
    ];
    const unwanted: Filters[] = [
      { endpoint: '8' },
      { event: 'person' },
      { state: 'due' },
      { record: 'person:4' },
      { record: 'persons:4:12' },
      { record: 'persons' },
      { status: '500' },
      { status: '2xx' },
      { status: 'none' },
      { since: '2026-11-23T11:30:01Z' },
      { until: '2026-11-23T11:29:59Z' },
      { text: '7-8001' },
    ];
    for (const each of wanted) expect(isWanted(each, delivery, now), queryOf(each)).to.equal(true);
    for (const each of unwanted) expect(isWanted(each, delivery, now), queryOf(each)).to.equal(false);
  });

  it('know an attempt without an answer from one that was not made', () => {
    const filters = { status: 'none' };
    expect(isWanted(filters, { ...delivery, lastStatus: null }, now)).to.equal(true);
    expect(isWanted(filters, { ...delivery, lastStatus: null, attempts: 0 }, now)).to.equal(false);
    expect(isWanted({ status: '1xx' }, { ...delivery, lastStatus: null }, now)).to.equal(false);
  });

  it('go by the creation before the first attempt', () => {
    const made = { ...delivery, attempts: 0, lastAttemptAt: null };
    expect(isWanted({ since: '1h' }, made, now)).to.equal(false);
    expect(isWanted({ until: '2026-11-23T10:00:00Z' }, made, now)).to.equal(true);
  });

  it('leaves what was never sent to its page, where that is an older one', () => {
    const [older, next] = ['01a206ef-0000-7000-8000-000000000001', '01a206ef-0000-7000-8000-000000000002'];
    expect(isBelow({ id: older, attempts: 0 }, next)).to.equal(true);
    expect(isBelow({ id: next, attempts: 0 }, next)).to.equal(false);
    expect(isBelow({ id: older, attempts: 1 }, next)).to.equal(false);
    expect(isBelow({ id: older, attempts: 0 }, null)).to.equal(false);
  });
});
