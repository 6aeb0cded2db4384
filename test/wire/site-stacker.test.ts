import { expect } from 'chai';
import { dialectNamed } from '../../src/wire/dialects.ts';
import { signatureOf } from '../../src/wire/signature.ts';
import { siteStacker } from '../../src/wire/site-stacker.ts';
import { timestampValue } from '../../src/wire/timestamp.ts';
import { shapeText } from '../fixtures/site-stacker.ts';

describe('the dialect site-stacker', () => {
  const body = Buffer.from('{"id":"412"}');
  const message = {
    deliveryId: '0190a3b4-0000-7000-8000-000000000001',
    eventName: 'person_update',
    body,
    secrets: ['topsecret', 'the one before'],
    requestId: 'abc-123',
    sentAt: new Date(0),
  };

  it('is found by its name', () => {
    expect(dialectNamed('site-stacker')).to.equal(siteStacker);
  });

  for (const name of ['sitestacker', '', 'constructor', '__proto__']) {
    it(`is not what "${name}" names`, () => {
      expect(() => dialectNamed(name))
        .to.throw(`unknown dialect "${name}"`)
        .that.includes({ code: 'config_invalid' })
        .and.has.property('fix')
        .that.includes('site-stacker');
    });
  }

  it('sends its headers in the order of the documentation', () => {
    expect(siteStacker.headers(message)).to.deep.equal([
      ['Content-Type', 'application/json'],
      ['User-Agent', 'SiteStacker'],
      ['SiteStacker-Event', 'person_update'],
      ['SiteStacker-Signature', signatureOf(body, 'topsecret')],
      ['SiteStacker-Delivery', message.deliveryId],
      ['Request-Id', 'abc-123'],
    ]);
  });

  it('leaves out the signature without a secret, and the request id without one', () => {
    expect(
      siteStacker.headers({ ...message, secrets: [], requestId: null }).map(([name]) => name),
    ).to.deep.equal(['Content-Type', 'User-Agent', 'SiteStacker-Event', 'SiteStacker-Delivery']);
  });

  it('sends the payload as it is', () => {
    const payload = '{ "b": "é", "a": 1.50 }';
    expect(siteStacker.body({ name: 'person_update', payload, changedAt: new Date() })).to.equal(payload);
  });

  it('pings with the configuration of the endpoint, as the shape shows it', async () => {
    const ping = siteStacker.ping(
      {
        id: '6',
        url: 'https://hooks.example.net/ss',
        active: true,
        events: ['*'],
        createdAt: new Date('2018-03-14T09:26:53Z'),
        updatedAt: new Date('2018-03-20T16:41:07Z'),
        deliveryCount: 0,
      },
      (at) => timestampValue(at, 'sql'),
    );
    expect(ping).to.equal(`{"hook":${await shapeText('webhook' as Parameters<typeof shapeText>[0])}}`);
  });

  for (const [status, succeeded] of [
    [200, true],
    [201, true],
    [204, true],
    [299, true],
    [199, false],
    [300, false],
    [304, false],
    [400, false],
    [410, false],
    [500, false],
  ] as const) {
    it(`takes ${status} as ${succeeded ? 'success' : 'failure'}`, () => {
      expect(siteStacker.succeeded(status)).to.equal(succeeded);
    });
  }

  it('retries ten times, a minute apart', () => {
    const delays = Array.from({ length: 12 }, (_, index) => siteStacker.retryDelayMs(index + 1));
    expect(delays).to.deep.equal([...Array(10).fill(60_000), undefined, undefined]);
  });
});

describe('timestamps', () => {
  it('are in UTC, to the second, in each form', () => {
    const at = new Date('2018-04-04T13:39:57.987+02:00');
    expect(timestampValue(at, 'iso')).to.equal('2018-04-04T11:39:57+00:00');
    expect(timestampValue(at, 'sql')).to.equal('2018-04-04 11:39:57');
    expect(timestampValue(at, 'unix')).to.equal(1522841997);
  });
});
