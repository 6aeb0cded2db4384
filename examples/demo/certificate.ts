import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** In PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 24 * 60 * 60 * 1_000;

/**
 * A fresh certificate (RFC 5280, version 3, ECDSA on P-256) for an IPv4 address, which nobody vouches for but itself: good for a day,
 * on a machine of one's own. Node makes keys and signatures; the few bytes of DER around them are made here, since not every machine
 * has an openssl to ask.
 */
export function selfSignedCertificate(address: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(objectId('550403'), utf8(`rowhook demo ${address}`)))); // 2.5.4.3 common name
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40; // positive, and of full length
  const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302')); // 1.2.840.10045.4.3.2
  const now = Date.now();
  const statement = sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    ecdsaWithSha256,
    name,
    sequence(utcTime(now - dayMs), utcTime(now + dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        sequence(objectId('551d11'), octets(sequence(element(0x87, addressBytes(address))))), // 2.5.29.17 subject alternative name
        sequence(objectId('551d13'), yes, octets(sequence(yes))), // 2.5.29.19 basic constraints: it may sign itself
      ),
    ),
  );
  const signed = sequence(statement, ecdsaWithSha256, bits(sign('sha256', statement, privateKey)));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: pem(signed),
  };
}

/** Tag, length, contents. */
function element(tag: number, ...contents: Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts: Uint8Array[]) => element(0x30, ...parts);
const set = (...parts: Uint8Array[]) => element(0x31, ...parts);
const explicit = (tag: number, part: Uint8Array) => element(0xa0 + tag, part);
const integer = (bytes: Uint8Array) => element(0x02, bytes);
const bits = (bytes: Uint8Array) => element(0x03, Buffer.from([0]), bytes);
const octets = (bytes: Uint8Array) => element(0x04, bytes);
const objectId = (hex: string) => element(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string) => element(0x0c, Buffer.from(text));
const yes = element(0x01, Buffer.from([0xff]));
/** `261122200000Z`. */
const utcTime = (ms: number) =>
  element(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
const addressBytes = (address: string) => Buffer.from(address.split('.').map(Number));

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g)!;
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
