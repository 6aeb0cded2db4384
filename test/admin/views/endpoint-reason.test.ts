import { expect } from 'chai';
import { endpointView } from '../../../src/admin/views/endpoint-view.ts';
import type { Endpoint } from '../../../src/store/endpoints.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const ill = { failures: 3, failingSince: now, openUntil: null, pausedUntil: null, throttle: null };
const well = { ...ill, failures: 0, failingSince: null };

const reasonOf = (known: object, lastReason: string | null) =>
  endpointView(
    {
      ...{
        id: '1',
        state: 'active',
        events: ['*'],
        headers: [],
        clientCertificate: null,
        ca: null,
        schedule: null,
      },
      ...{ createdAt: now, updatedAt: now, stateSince: null, disabledReason: null, health: ill, ...known },
    } as unknown as Endpoint,
    lastReason,
    now,
  ).statusReason;

describe('the reason code of an endpoint that fails', () => {
  it('is that of its latest attempt', () => {
    expect(reasonOf({}, 'http_500')).to.equal('http_500');
    expect(reasonOf({}, null)).to.equal(null);
  });

  it('is left out where that is not why it stands as it does', () => {
    expect(reasonOf({ health: well }, 'http_500')).to.equal(null);
    expect(reasonOf({ state: 'paused' }, 'http_500')).to.equal(null);
    expect(reasonOf({}, 'success')).to.equal(null);
    expect(reasonOf({ health: { ...ill, throttle: 2 } }, 'http_429')).to.equal(null);
    expect(reasonOf({ health: { ...ill, pausedUntil: now } }, 'http_503')).to.equal(null);
  });
});
