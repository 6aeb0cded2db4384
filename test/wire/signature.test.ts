import { expect } from 'chai';
import { signatureOf, verifySignature } from '../../src/wire/signature.ts';

describe('signature', () => {
  const body = Buffer.from('{"name":"Zoë"}');

  it('is the lowercase hex HMAC SHA-256 of the bytes (RFC 4231, test case 2)', () => {
    expect(signatureOf(Buffer.from('what do ya want for nothing?'), 'Jefe')).to.equal(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('is verified with the secret it was made with, and no other', () => {
    const signature = signatureOf(body, 'secret');
    expect(verifySignature(body, 'secret', signature)).to.equal(true);
    expect(verifySignature(body, 'Secret', signature)).to.equal(false);
    expect(verifySignature(Buffer.from('{"name":"Zoe"}'), 'secret', signature)).to.equal(false);
  });

  for (const [what, signature] of [
    ['a shortened one', (right: string) => right.slice(0, 63)],
    ['upper case', (right: string) => right.toUpperCase()],
    ['a lengthened one', (right: string) => `${right}0`],
    ['64 characters that are more bytes', () => 'é'.repeat(64)],
    ['an empty text', () => ''],
    ['no header', () => undefined],
    ['a repeated header', (right: string) => [right, right]],
  ] as const) {
    it(`does not verify ${what}`, () => {
      expect(verifySignature(body, 'secret', signature(signatureOf(body, 'secret')))).to.equal(false);
    });
  }
});
