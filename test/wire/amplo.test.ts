import { expect } from 'chai';
import { amplo } from '../../src/wire/amplo.ts';
import { standard } from '../../src/wire/standard.ts';

describe('the dialect amplo', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const message = {
    deliveryId: '0190a3b4-0000-7000-8000-000000000001',
    eventName: 'donation_update',
    body: Buffer.from('{"data":{}}'),
    secrets: [],
    requestId: 'abc-123',
    sentAt: new Date('2026-03-14T09:26:53.589Z'),
  };

  it('needs TLS, and has no ping', () => {
    expect(amplo.requiresTls).to.equal(true);
    const at = new Date();
    const view = {
      id: '1',
      url: '',
      active: true,
      events: ['*'],
      createdAt: at,
      updatedAt: at,
      deliveryCount: 0,
    };
    expect(amplo.ping(view, () => '')).to.equal(undefined);
  });

  it('sends the document as it is, and says nothing about it', () => {
    const payload = '{"data":{"id":"7","attributes":{"amount":12.5}}}';
    expect(amplo.body({ name: 'donation_update', payload, changedAt: new Date() })).to.equal(payload);
    expect(amplo.headers(message)).to.deep.equal([['Content-Type', 'application/json']]);
  });

  it('signs as Standard Webhooks once there is a secret', () => {
    const signed = { ...message, secrets: [secret] };
    const ofStandard = standard.headers(signed).filter(([name]) => name.startsWith('webhook-'));
    expect(ofStandard).to.have.length(3);
    expect(amplo.headers(signed)).to.deep.equal([['Content-Type', 'application/json'], ...ofStandard]);
    expect(amplo.secretProblem(null)).to.equal(undefined);
    expect(amplo.secretProblem(secret)).to.equal(undefined);
    expect(amplo.secretProblem('topsecret')).to.match(/^is not "whsec_"/);
    expect(amplo.newSecret((size) => Buffer.alloc(size, 7), null)).to.equal(secret);
  });

  it('takes exactly 200 as success', () => {
    const taken = Array.from({ length: 500 }, (_, index) => index + 100).filter(amplo.succeeded);
    expect(taken).to.deep.equal([200]);
  });
});
