import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/*
 * The secrets of Standard Webhooks, "Signature scheme": `whsec_` and 24 to 64 random bytes, which both sides have; or an ed25519
 * key pair, of which the sender has `whsk_` and receivers have `whpk_`. All in base64, with its padding.
 */
const shared = 'whsec_';
const privateKey = 'whsk_';
const publicKey = 'whpk_';
const shortest = 24;
const longest = 64;
const ed25519Bytes = 32;

/** What precedes a bare ed25519 key in DER: PKCS #8 with the seed, and SubjectPublicKeyInfo (RFC 8410, 7 and 4). */
const pkcs8Start = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiStart = Buffer.from('302a300506032b6570032100', 'hex');

/** What signatures begin with: made with a shared secret, or with a private key. */
export type SignatureVersion = 'v1' | 'v1a';

export interface Signer {
  readonly version: SignatureVersion;
  /** In base64. */
  sign(content: Uint8Array): string;
}

/** What a sender's secret signs with, or undefined where it is none. */
export function signerOf(secret: string): Signer | undefined {
  const key = sharedKey(secret);
  if (key) {
    return {
      version: 'v1',
      sign: (content) => createHmac('sha256', key).update(content).digest('base64'),
    };
  }
  const own = privateKeyOf(secret);
  return own && { version: 'v1a', sign: (content) => sign(null, content, own).toString('base64') };
}

/** What a receiver's secret verifies: a shared one signs anew, to compare; with a public key it can be told. */
export type Verifier =
  | Signer
  | { readonly version: 'v1a'; fits(content: Uint8Array, signature: string): boolean };

/** Undefined where it is none. The sender's private key is not for receivers. */
export function verifierOf(secret: string): Verifier | undefined {
  if (secret.startsWith(shared)) return signerOf(secret);
  const bytes = bytesAfter(publicKey, secret);
  if (bytes?.length !== ed25519Bytes) return undefined;
  const key = createPublicKey({ key: Buffer.concat([spkiStart, bytes]), format: 'der', type: 'spki' });
  return {
    version: 'v1a',
    fits: (content, signature) => verify(null, content, key, Buffer.from(signature, 'base64')),
  };
}

/** Why this cannot be a sender's secret, as a clause that does not repeat it. */
export function standardSecretProblem(secret: string): string | undefined {
  return signerOf(secret)
    ? undefined
    : `is not "${shared}" and ${shortest} to ${longest} bytes in base64, nor "${privateKey}" and an ed25519 key in base64`;
}

/** A new secret of the kind that it replaces: shared, unless that one was a private key. */
export function newStandardSecret(randomBytes: (size: number) => Uint8Array, present: string | null): string {
  const kind = present?.startsWith(privateKey) ? privateKey : shared;
  return kind + Buffer.from(randomBytes(ed25519Bytes)).toString('base64');
}

/** What receivers need to verify signatures of this private key (`whsk_…`): `whpk_…`. Undefined for every other secret. */
export function publicKeyOf(secret: string): string | undefined {
  const own = privateKeyOf(secret);
  return own && publicKey + publicBytes(own).toString('base64');
}

function sharedKey(secret: string): Buffer | undefined {
  const bytes = bytesAfter(shared, secret);
  return bytes && bytes.length >= shortest && bytes.length <= longest ? bytes : undefined;
}

/** Written as the 32 bytes of its seed, or with those of the public key behind them, as other software has it. */
function privateKeyOf(secret: string): KeyObject | undefined {
  const bytes = bytesAfter(privateKey, secret);
  if (bytes?.length !== ed25519Bytes && bytes?.length !== 2 * ed25519Bytes) return undefined;
  const seed = bytes.subarray(0, ed25519Bytes);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Start, seed]), format: 'der', type: 'pkcs8' });
  const rest = bytes.subarray(ed25519Bytes);
  return rest.length === 0 || rest.equals(publicBytes(key)) ? key : undefined;
}

function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-ed25519Bytes);
}

/** Undefined unless it is the one way in which RFC 4648 writes these bytes: others read the rest in ways of their own. */
function bytesAfter(start: string, secret: string): Buffer | undefined {
  if (!secret.startsWith(start)) return undefined;
  const text = secret.slice(start.length);
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
