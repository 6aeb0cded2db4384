import { expect } from 'chai';
import { openedSecrets } from '../../src/delivery/opened-secrets.ts';
import type { EndpointSettings } from '../../src/delivery/queue/claim.ts';
import { createSealer, plainSealer, type SealedColumn } from '../../src/store/sealer.ts';

const sealer = createSealer([{ id: 'k', bytes: Buffer.alloc(32, 1) }]);
const lost = createSealer([{ id: 'lost', bytes: Buffer.alloc(32, 2) }]);
const now = new Date('2026-11-23T12:00:00Z');
const valid = '2026-11-23T12:00:00.001Z';
const over = '2026-11-23T12:00:00.000Z';
const settings: EndpointSettings = {
  concurrency: null,
  rate: null,
  timeoutMs: null,
  schedule: null,
  ordering: 'none',
  headers: null,
  clientCertificate: null,
  clientKey: null,
  ca: null,
  proxy: null,
};
const of = (column: SealedColumn, text: string, by = sealer): string =>
  by.seal(text, { endpointId: '7', column });
const endpoint = { endpointId: '7', secret: null, oldSecrets: [], settings };

describe('the secrets of a claimed delivery', () => {
  it('are opened, the present one first, and plain ones are as they are', () => {
    const oldSecrets = [
      { secret: of('old_secrets', 'before'), validUntil: valid },
      { secret: 'plain', validUntil: valid },
    ];
    const own = {
      headers: of('headers', '[]'),
      clientKey: of('client_key', 'PEM'),
      proxy: of('proxy', 'http://p/'),
    };
    const claimed = {
      ...endpoint,
      secret: of('secret', 'now'),
      oldSecrets,
      settings: { ...settings, ...own },
    };
    expect(openedSecrets(claimed, sealer, now)).to.deep.equal({
      secrets: ['now', 'before', 'plain'],
      headers: '[]',
      clientKey: 'PEM',
      proxy: 'http://p/',
    });
    const plain = { ...endpoint, secret: 'now', settings: { ...settings, proxy: 'http://p/' } };
    expect(openedSecrets(plain, plainSealer, now)).to.deep.equal({
      secrets: ['now'],
      headers: null,
      clientKey: null,
      proxy: 'http://p/',
    });
    expect(openedSecrets(endpoint, plainSealer, now)).to.deep.include({ secrets: [] });
  });

  it('need not be openable once their time is over', () => {
    const oldSecrets = [{ secret: of('old_secrets', 'before', lost), validUntil: over }];
    const claimed = { ...endpoint, secret: of('secret', 'now'), oldSecrets };
    expect(openedSecrets(claimed, sealer, now)).to.deep.include({ secrets: ['now'] });
    const still = { ...claimed, oldSecrets: [{ ...oldSecrets[0]!, validUntil: valid }] };
    expect(openedSecrets(still, sealer, now)).to.include({ problem: 'secret_sealed' });
  });

  for (const column of ['secret', 'headers', 'client_key', 'proxy'] as const) {
    it(`are missed where the key of ${column} is: said with endpoint and key, and without the secret`, () => {
      const text = of(column, 'hunter2', lost);
      const name = column === 'client_key' ? 'clientKey' : column;
      const claimed =
        column === 'secret'
          ? { ...endpoint, secret: text }
          : { ...endpoint, settings: { ...settings, [name]: text } };
      expect(openedSecrets(claimed, sealer, now)).to.deep.equal({
        problem: 'secret_sealed',
        detail: `${column} of endpoint 7 is sealed with the key "lost" (configured: k)`,
      });
      // That of another endpoint is none of this one.
      expect(openedSecrets({ ...claimed, endpointId: '8' }, lost, now)).to.include({
        problem: 'secret_sealed',
      });
      expect(openedSecrets(claimed, lost, now)).not.to.have.property('problem');
    });
  }
});
