import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { RowhookError } from '../../src/errors.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { type EndpointInput, endpointValues } from '../../src/wire/endpoint-input.ts';
import { parsePrivateKey } from '../../src/wire/pem.ts';
import { selfSigned } from '../delivery/self-signed.ts';

const catalog = siteStacker();

function refusal(given: Record<string, unknown>): RowhookError {
  try {
    endpointValues(catalog, { url: 'https://hooks.example.net/', events: ['*'], ...given } as EndpointInput);
  } catch (error) {
    if (error instanceof RowhookError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('what an endpoint is told', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const strange = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  const clientCertificate = selfSigned.cert;
  const clientKey = selfSigned.key;
  for (const [what, given, where, message] of [
    ['no request at a time', { concurrency: 0 }, 'concurrency', '>=1'],
    ['half a request at a time', { concurrency: 1.5 }, 'concurrency', 'int'],
    ['too many at a time', { concurrency: 1_001 }, 'concurrency', '<=1000'],
    ['a rate of 0', { rate: 0 }, 'rate', '>0'],
    ['a rate that no column takes', { rate: 1e-300 }, 'rate', '>=0.001'],
    ['no number as rate', { rate: Number.NaN }, 'rate', 'NaN'],
    ['a timeout of 5 ms', { timeoutMs: 5 }, 'timeoutMs', '>=100'],
    ['a timeout of two minutes', { timeoutMs: 120_000 }, 'timeoutMs', '<=60000'],
    ['a retry at once', { schedule: [0] }, 'schedule.0', '>=1000'],
    ['a retry in a month', { schedule: [5_000, 2_592_000_000] }, 'schedule.1', '<=604800000'],
    ['51 retries', { schedule: new Array(51).fill(1_000) }, 'schedule', '<=50'],
    ['an ordering of another kind', { ordering: 'all' }, 'ordering', 'none'],
    ['a header of ours', { headers: [['Content-Type', 'hunter2']] }, 'headers', 'Content-Type'],
    ['a line end in a header', { headers: [['X-Key', 'hunter2\r\nHost: x']] }, 'headers', 'X-Key'],
    ['a header without value', { headers: [['X-Key']] }, 'headers.0', ''],
    ['a key without certificate', { clientKey }, 'clientCertificate', 'without a certificate'],
    ['a certificate without key', { clientCertificate }, 'clientKey', 'without its key'],
    ['another key', { clientCertificate, clientKey: strange }, 'clientKey', 'is not that of'],
    ['a locked key', { clientCertificate, clientKey: locked }, 'clientKey', 'passphrase'],
    ['two keys', { clientCertificate, clientKey: `${clientKey}\n${strange}` }, 'clientKey', 'more than one'],
    ['a broken key', { clientCertificate, clientKey: broken(clientKey) }, 'clientKey', 'cannot be read'],
    [
      'a certificate as key',
      { clientCertificate, clientKey: clientCertificate },
      'clientKey',
      'no private key',
    ],
    [
      'a key as certificate',
      { clientCertificate: clientKey, clientKey },
      'clientCertificate',
      'no certificate',
    ],
    ['no PEM as CA', { ca: 'hunter2' }, 'ca', 'no certificate in PEM'],
    ['a broken CA behind a good one', { ca: selfSigned.cert + broken(selfSigned.cert) }, 'ca', 'the 2. of 2'],
    ['a CA that is too long', { ca: selfSigned.cert.repeat(40) }, 'ca', '<=20000'],
    ['a CA without TLS', { url: 'http://a.example/', ca: selfSigned.cert }, 'ca', 'http'],
    [
      'mTLS without TLS',
      { url: 'http://a.example/', clientCertificate, clientKey },
      'clientCertificate',
      'http',
    ],
    ['a proxy of another scheme', { proxy: 'socks5://me:hunter2@p.example/' }, 'proxy', 'socks5'],
    ['a proxy with a path', { proxy: 'http://me:hunter2@p.example/way' }, 'proxy', 'behind the host'],
    ['a proxy that is no URL', { proxy: 'hunter2' }, 'proxy', 'absolute URL'],
    ['a proxy with a line end', { proxy: 'http://p.example\r\n' }, 'proxy', 'control character'],
    ['a password that is no text', { proxy: 'http://me:hunter2%@p.example' }, 'proxy', '%25'],
    ['a secret like a sealed one', { secret: 'sealed:v1:hunter2' }, 'secret', 'sealed'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      const error = refusal(given);
      expect(error).to.include({ code: 'endpoint_invalid', where });
      expect(error.message).to.include(message);
      expect(JSON.stringify([error, error.message])).not.to.include('hunter2');
    });
  }

  it('may be a key in any form that has no passphrase, whatever stands around it', () => {
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
        type,
        format: 'pem',
      });
      expect(parsePrivateKey(`Bag Attributes\r\n${String(rsa).replaceAll('\n', '\r\n')}`)).to.include({
        pem: rsa,
      });
    }
    expect(parsePrivateKey(rsaKeyOf(4_096))).to.have.property('key');
    const sec1 = privateKey.export({ type: 'sec1', format: 'pem' });
    expect(parsePrivateKey(String(sec1))).to.include({ pem: sec1 });
    const old = privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' });
    expect(parsePrivateKey(String(old)))
      .to.have.property('problem')
      .that.includes('passphrase');
  });

  it('may not be a key that takes too long to sign with', () => {
    expect(parsePrivateKey(rsaKeyOf(4_104))).to.deep.equal({
      problem: 'has an RSA key of more than 4096 bits, which takes too long to sign with',
    });
  });
});

/** No real one, which would take a while to find. */
function rsaKeyOf(bits: number): string {
  const number = (bytes: number): string => Buffer.alloc(bytes, 0xff).toString('base64url');
  const [whole, half] = [number(bits / 8), number(bits / 16)];
  const parts = { n: whole, e: 'AQAB', d: whole, p: half, q: half, dp: half, dq: half, qi: half };
  const key = createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...parts } });
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

function broken(pem: string): string {
  return pem.replace(/\n[^-\n]{20}/, '\nAAAAAAAAAAAAAAAAAAAA');
}
