import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { standard } from '../../src/wire/standard.ts';
import { publicKeyOf, signerOf, standardSecretProblem, verifierOf } from '../../src/wire/standard-secret.ts';

const secretOf = (bytes: number, fill = 7): string => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;

describe('the dialect standard', () => {
  const event = {
    name: 'person.updated',
    payload: '{ "name": "Zoë \\u0000", "total": 1.50, "id": 12345678901234567890 }',
    changedAt: new Date('2026-03-14T09:26:53.589Z'),
  };
  const message = {
    deliveryId: '0190a3b4-0000-7000-8000-000000000001',
    eventName: event.name,
    body: Buffer.from(standard.body(event)),
    secrets: [secretOf(32)],
    requestId: 'abc-123',
    sentAt: new Date(),
  };
  // The packages look at the clock, and the suite is longer than what they allow.
  beforeEach(() => {
    message.sentAt = new Date();
  });
  const headersOf = (more: Partial<typeof message> = {}): Record<string, string> =>
    Object.fromEntries(standard.headers({ ...message, ...more }));

  it('has type, timestamp and data in its body, the payload untouched', () => {
    expect(standard.body(event)).to.equal(
      `{"type":"person.updated","timestamp":"2026-03-14T09:26:53.589Z","data":${event.payload}}`,
    );
    expect(JSON.parse(standard.body({ ...event, name: 'say "hi"' }))).to.include({ type: 'say "hi"' });
  });

  it('sends its headers in this order, the request id last', () => {
    expect(standard.headers(message).map(([name]) => name)).to.deep.equal([
      'Content-Type',
      'User-Agent',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
      'Request-Id',
    ]);
    expect(headersOf()).to.include({
      'Content-Type': 'application/json',
      'User-Agent': 'rowhook',
      'webhook-id': message.deliveryId,
      'webhook-timestamp': String(Math.floor(message.sentAt.getTime() / 1_000)),
      'Request-Id': 'abc-123',
    });
    expect(standard.headers({ ...message, requestId: null })).to.have.length(5);
  });

  it('pings with the endpoint as data', () => {
    const at = new Date('2026-03-14T09:26:53Z');
    const view = {
      id: '6',
      url: 'https://hooks.example.net/',
      active: true,
      events: ['*'],
      createdAt: at,
      updatedAt: at,
      deliveryCount: 0,
    };
    expect(JSON.parse(standard.ping(view, () => 1_773_480_413) ?? '')).to.deep.equal({
      id: '6',
      url: 'https://hooks.example.net/',
      events: ['*'],
      active: true,
      created_at: 1_773_480_413,
      updated_at: 1_773_480_413,
    });
  });

  describe('signs', () => {
    for (const [name, Verifier] of [
      ['standardwebhooks', Webhook],
      ['svix', SvixWebhook],
    ] as const) {
      it(`so that the package ${name} verifies it`, () => {
        fc.assert(
          fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), fc.json(), (bytes, payload) => {
            const secret = `whsec_${Buffer.from(bytes).toString('base64')}`;
            const body = standard.body({ ...event, payload });
            const headers = headersOf({ secrets: [secret], body: Buffer.from(body) });
            expect(new Verifier(secret).verify(body, headers)).to.deep.equal(JSON.parse(body));
            expect(() => new Verifier(secretOf(24, 9)).verify(body, headers)).to.throw();
            expect(() => new Verifier(secret).verify(`${body} `, headers)).to.throw();
          }),
          { numRuns: 30 },
        );
      });

      it(`with several secrets, so that ${name} verifies it with each`, () => {
        const secrets = [secretOf(24, 1), secretOf(32, 2), `whsk_${Buffer.alloc(32, 3).toString('base64')}`];
        const headers = headersOf({ secrets });
        expect(headers['webhook-signature']).to.match(/^v1,\S{44} v1,\S{44} v1a,\S{88}$/);
        for (const secret of secrets.slice(0, 2)) {
          expect(new Verifier(secret).verify(message.body, headers)).to.include({ type: 'person.updated' });
        }
      });
    }

    it('as the reference implementations of ed25519 do', () => {
      const content = Buffer.from('msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}');
      expect(signerOf('whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=')?.sign(content)).to.equal(
        'tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==',
      );
      expect(signerOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')?.sign(content)).to.equal(
        'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      );
    });

    it('not with what is none of its secrets', () => {
      expect(() => headersOf({ secrets: ['topsecret'] })).to.throw('not one of Standard Webhooks');
    });
  });

  describe('takes as a secret', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const own = (...parts: Uint8Array[]): string => `whsk_${Buffer.concat(parts).toString('base64')}`;

    for (const [what, secret, taken] of [
      ['24 bytes', secretOf(24), true],
      ['64 bytes', secretOf(64), true],
      ['23 bytes', secretOf(23), false],
      ['65 bytes', secretOf(65), false],
      ['nothing', 'whsec_', false],
      ['an empty text', '', false],
      ['another prefix', secretOf(32).replace('whsec_', 'whsek_'), false],
      ['no prefix', secretOf(32).slice(6), false],
      ['base64url', `whsec_${Buffer.alloc(32, 0xff).toString('base64url')}`, false],
      ['no padding', secretOf(32).replace('=', ''), false],
      ['bits that do not count', `whsec_${'A'.repeat(42)}B=`, false],
      ['space around', ` ${secretOf(32)}`, false],
      ['a line end', `${secretOf(32)}\n`, false],
      ['a seed', own(seed), true],
      ['a seed and its public key', own(seed, point), true],
      ['a seed and another public key', own(seed, Buffer.alloc(32, 1)), false],
      ['31 bytes of a key', own(seed.subarray(1)), false],
      ['33 bytes of a key', own(seed, Buffer.of(0)), false],
      ['a public key', `whpk_${point.toString('base64')}`, false],
    ] as const) {
      it(`${what}: ${taken ? 'yes' : 'no'}`, () => {
        const problem = standardSecretProblem(secret);
        expect(problem === undefined).to.equal(taken);
        if (problem) {
          expect(problem).to.match(/^is not "whsec_" and 24 to 64 bytes in base64, nor "whsk_"/);
          if (secret.length > 8) expect(problem).not.to.include(secret.slice(6).trim());
        }
        expect(standard.secretProblem(secret)).to.equal(problem);
      });
    }

    it('not none at all: what is not signed is refused by every receiver', () => {
      expect(standard.secretProblem(null)).to.equal('is missing: it signs everything');
    });

    it('a new one, of the kind that it replaces', () => {
      const bytes = (size: number): Uint8Array => Buffer.alloc(size, 7);
      expect(standard.newSecret(bytes, null)).to.equal(secretOf(32));
      expect(standard.newSecret(bytes, secretOf(24))).to.equal(secretOf(32));
      expect(standard.newSecret(bytes, own(seed))).to.equal(own(Buffer.alloc(32, 7)));
    });

    it('a private key, whose public one is told', () => {
      const told = `whpk_${point.toString('base64')}`;
      expect(publicKeyOf(own(seed))).to.equal(told);
      expect(publicKeyOf(own(seed, point))).to.equal(told);
      expect(publicKeyOf(secretOf(32))).to.equal(undefined);
      const content = Buffer.from('content');
      const verifier = verifierOf(told);
      const signature = signerOf(own(seed))?.sign(content) ?? '';
      expect(verifier && 'fits' in verifier && verifier.fits(content, signature)).to.equal(true);
    });
  });
});
