import { createHmac, timingSafeEqual } from 'node:crypto';

/** Lowercase hex HMAC SHA-256 (RFC 2104) of the body's exact bytes, keyed with the secret's UTF-8 bytes. */
export function signatureOf(body: Uint8Array, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/**
 * For receivers: whether a signature header belongs to these bytes. Takes the same time wherever the two differ.
 * @param signature the header's value as it came; anything but a string of the right length is false
 */
export function verifySignature(body: Uint8Array, secret: string, signature: unknown): boolean {
  if (typeof signature !== 'string') return false;
  const expected = Buffer.from(signatureOf(body, secret), 'latin1');
  const given = Buffer.from(signature, 'utf8');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
