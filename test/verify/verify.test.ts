import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { RowhookError } from '../../src/errors.ts';
import { type VerifyInput, verify } from '../../src/verify.ts';
import { dialectNamed } from '../../src/wire/dialects.ts';
import { publicKeyOf } from '../../src/wire/standard-secret.ts';

const now = new Date('2026-03-14T09:26:53.589Z');
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const payload = '{"id":"412","name":"Zoë"}';

/** What a receiver has in hand after a sender with these secrets has sent. Names in lower case, as Node has them. */
function sent(dialect: string, secrets: readonly string[], more: { requestId?: string } = {}) {
  const form = dialectNamed(dialect);
  const body = Buffer.from(form.body({ name: 'person_update', payload, changedAt: now }));
  const headers = form.headers({
    deliveryId: '0190a3b4-0000-7000-8000-000000000001',
    eventName: 'person_update',
    body,
    secrets,
    requestId: more.requestId ?? null,
    sentAt: now,
  });
  return {
    dialect,
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body,
    now,
  };
}

describe('verify', () => {
  for (const dialect of ['site-stacker', 'prefix:Acme', 'prefix:Acme Acme/2', 'standard', 'amplo']) {
    describe(`of ${dialect}`, () => {
      const request = sent(dialect, [secret], { requestId: 'abc-123' });

      it('takes what was sent with this secret, and says what it is', () => {
        const verified = verify({ ...request, secret });
        expect(verified).to.include({ ok: true, deliveryId: '0190a3b4-0000-7000-8000-000000000001' });
        // Amplo sends neither.
        if (dialect !== 'amplo')
          expect(verified).to.include({ event: 'person_update', requestId: 'abc-123' });
      });

      for (const [what, input] of [
        ['a text as the body', { body: request.body.toString() }],
        ['a Uint8Array as the body', { body: new Uint8Array(request.body) }],
        ['a Headers', { headers: new Headers(request.headers) }],
        [
          'headers in other letters',
          {
            headers: Object.fromEntries(
              Object.entries(request.headers).map(([name, value]) => [name.toUpperCase(), value]),
            ),
          },
        ],
        ['a header that has no value', { headers: { ...request.headers, cookie: undefined } }],
        ['two secrets, the first of which fits', { secrets: [secret, other] }],
        ['two secrets, the second of which fits', { secrets: [other, secret] }],
      ] as const) {
        it(`takes ${what}`, () => {
          expect(verify({ ...request, ...('secrets' in input ? {} : { secret }), ...input }).ok).to.equal(
            true,
          );
        });
      }

      for (const [what, input, step] of [
        ['another secret', { secret: other }, 'signature'],
        ['another body', { body: `${request.body} ` }, 'signature'],
        ['no body', { body: '' }, 'signature'],
        ['a body that was parsed', { body: { id: '412' } as unknown as string }, 'body'],
        ['no body at all', { body: undefined as unknown as string }, 'body'],
        ['no headers', { headers: {} }, 'header'],
        ['no headers at all', { headers: undefined as unknown as Record<string, string> }, 'header'],
        ['no secret', { secret: undefined }, 'secret'],
        ['an empty secret', { secret: '' }, 'secret'],
        ['an empty secret besides', { secrets: [''] }, 'secret'],
        ['a secret that is no text', { secret: 5 as unknown as string }, 'secret'],
        ['a text for a list of secrets', { secrets: secret as unknown as string[] }, 'secret'],
        ['a number for a list of secrets', { secrets: 5 as unknown as string[] }, 'secret'],
      ] as const) {
        it(`fails with ${what}, and says where: ${step}`, () => {
          const verified = verify({ ...request, secret, ...(input as Partial<VerifyInput>) });
          expect(verified).to.include({ ok: false, step });
          expect(JSON.stringify(verified)).not.to.include(secret.slice(8));
        });
      }

      it('fails with a repeated signature, and says where', () => {
        const name = Object.keys(request.headers).find((each) => each.endsWith('-signature')) ?? '';
        const value = request.headers[name] ?? '';
        for (const repeated of [{ [name]: [value, value] }, { [name]: value, [name.toUpperCase()]: value }]) {
          const verified = verify({ ...request, headers: { ...request.headers, ...repeated }, secret });
          expect(verified).to.include({ ok: false, step: 'header' });
        }
      });

      it('never throws, whatever came', () => {
        const anything = fc.record({
          headers: fc.dictionary(
            fc.constantFrom(...Object.keys(request.headers)),
            fc.oneof(fc.string(), fc.constantFrom(...Object.values(request.headers)), fc.array(fc.string())),
          ),
          body: fc.oneof(fc.string(), fc.uint8Array()),
        });
        fc.assert(
          fc.property(anything, ({ headers, body }) => {
            const verified = verify({ dialect, secret, headers, body, now });
            expect(verified.ok).to.equal(false);
          }),
        );
      });
    });
  }

  for (const dialect of ['standard', 'amplo']) {
    describe(`of the time that ${dialect} signs`, () => {
      const request = sent(dialect, [secret]);
      const seconds = Math.floor(now.getTime() / 1_000) * 1_000;
      const at = (ms: number, toleranceMs?: number) =>
        verify({
          ...request,
          secret,
          now: new Date(seconds + ms),
          ...(toleranceMs === undefined ? {} : { toleranceMs }),
        });

      it('tells it', () => {
        expect(verify({ ...request, secret })).to.deep.include({ sentAt: new Date(seconds) });
      });

      for (const [ms, toleranceMs, ok] of [
        [0, undefined, true],
        [300_000, undefined, true],
        [300_001, undefined, false],
        [-300_000, undefined, true],
        [-300_001, undefined, false],
        [1_000, 1_000, true],
        [1_001, 1_000, false],
        [86_400_000, Number.POSITIVE_INFINITY, true],
        [0, Number.NaN, false],
      ] as const) {
        it(`${ok ? 'takes' : 'refuses'} one of ${ms} ms ago, with a tolerance of ${toleranceMs ?? 'five minutes'}`, () => {
          const verified = at(ms, toleranceMs);
          expect(verified.ok).to.equal(ok);
          if (!ok) expect(verified).to.include({ step: 'timestamp' });
        });
      }

      for (const text of ['x', '-1', '1e9', '0x5f5e100', '1773480413.5', ' 1773480413', '999999999999']) {
        it(`refuses "${text}"`, () => {
          const headers = { ...request.headers, 'webhook-timestamp': text };
          expect(verify({ ...request, headers, secret })).to.include({ ok: false, step: 'timestamp' });
        });
      }

      it('takes no other one for it', () => {
        const later = { ...request.headers, 'webhook-timestamp': String(seconds / 1_000 + 1) };
        expect(verify({ ...request, headers: later, secret })).to.include({ step: 'signature' });
        const renamed = { ...request.headers, 'webhook-id': '0190a3b4-0000-7000-8000-000000000002' };
        expect(verify({ ...request, headers: renamed, secret })).to.include({ step: 'signature' });
      });
    });
  }

  describe('of several signatures', () => {
    const own = `whsk_${generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64')}`;
    const publicKey = publicKeyOf(own) ?? '';
    const request = sent('standard', [secret, own, other]);

    for (const [what, known] of [
      ['the first', secret],
      ['the last', other],
      ['the public key of the ed25519 one', publicKey],
    ] as const) {
      it(`takes ${what}`, () => {
        expect(verify({ ...request, secret: known }).ok).to.equal(true);
      });
    }

    it('takes what other senders of Standard Webhooks sign, with versions that it does not know', () => {
      const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
      const signature = new Webhook(secret).sign(id, now, payload);
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': `v2,abc v1,AAAA v1 , ${signature}`,
      };
      expect(verify({ dialect: 'standard', headers, body: payload, secret, now })).to.include({
        ok: true,
        deliveryId: id,
        event: undefined,
      });
    });

    it('takes no signature of one kind for one of the other', () => {
      const signature = (request.headers['webhook-signature'] ?? '')
        .replace(/^v1,/, 'v1a,')
        .replace(' v1a,', ' v1,');
      const headers = { ...request.headers, 'webhook-signature': signature };
      for (const known of [secret, publicKey])
        expect(verify({ ...request, headers, secret: known })).to.include({ step: 'signature' });
    });

    it('takes no signature of a version that it does not know', () => {
      const signature = (request.headers['webhook-signature'] ?? '').replace(/^v1,/, 'v2,');
      const headers = { ...request.headers, 'webhook-signature': signature };
      expect(verify({ ...request, headers, secret })).to.include({ step: 'signature' });
    });

    it('looks at no more than a sender ever sends', () => {
      const signature = `${'v1,x '.repeat(16)}${request.headers['webhook-signature']}`;
      const headers = { ...request.headers, 'webhook-signature': signature };
      expect(verify({ ...request, headers, secret })).to.include({ step: 'signature' });
    });

    for (const [what, unusable] of [
      ['the private key of the sender', own],
      ['a secret of another form', 'topsecret'],
      ['a public key that is cut', publicKey.slice(0, -4)],
      ['one good and one of another form', ['topsecret', secret]],
    ] as const) {
      it(`says that it cannot verify with ${what}`, () => {
        const verified = verify({ ...request, secrets: [unusable].flat() });
        expect(verified).to.include({ ok: false, step: 'secret' });
      });
    }

    it('fails with a public key that is no point of the curve', () => {
      for (const fill of [0, 1, 2, 0xff]) {
        const known = `whpk_${Buffer.alloc(32, fill).toString('base64')}`;
        expect(verify({ ...request, secret: known }).ok).to.equal(false);
      }
    });
  });

  it('throws for a dialect that does not exist', () => {
    const call = () => verify({ ...sent('standard', [secret]), dialect: 'esperanto', secret });
    expect(call).to.throw('unknown dialect "esperanto"').that.includes({ code: 'config_invalid' });
  });

  it('says of wrong use what is wrong, and takes no header that is not one text', () => {
    for (const dialect of [undefined, null, 7, {}]) {
      expect(() => verify({ dialect: dialect as never, secret: 's', headers: {}, body: '' })).to.throw(
        RowhookError,
        'unknown dialect',
      );
    }
    const headers = { get: () => ['v1,a', 'v1,b'] as never };
    expect(verify({ dialect: 'prefix:Acme', secret: 's', headers, body: '' })).to.include({
      ok: false,
      step: 'header',
    });
  });
});
