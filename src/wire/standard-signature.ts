import { timingSafeEqual } from 'node:crypto';
import type { HeaderList, Outgoing } from './dialect.ts';
import { failed, type Received, type Verified } from './received.ts';
import { signerOf, type Verifier, verifierOf } from './standard-secret.ts';

/** Senders rotate one secret at a time; an attacker's thousand would only cost the receiver its time. */
const signaturesMax = 16;

/**
 * `webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks, the last one with a signature for each secret;
 * nothing without a secret. The time is that of the attempt, and signed, so that a request cannot be replayed later.
 */
export function standardHeaders({ deliveryId, body, secrets, sentAt }: Outgoing): HeaderList {
  if (secrets.length === 0) return [];
  const timestamp = String(Math.floor(sentAt.getTime() / 1_000));
  const content = signedContent(deliveryId, timestamp, body);
  const signatures = secrets.map((secret) => {
    const signer = signerOf(secret);
    if (!signer) throw new Error('a secret is not one of Standard Webhooks');
    return `${signer.version},${signer.sign(content)}`;
  });
  return [
    ['webhook-id', deliveryId],
    ['webhook-timestamp', timestamp],
    ['webhook-signature', signatures.join(' ')],
  ];
}

/** Verifies these headers, as receivers of any Standard Webhooks would. */
export function verifyStandard({ header, body, secrets, now, toleranceMs }: Received): Verified {
  const verifiers = secrets.flatMap((secret) => verifierOf(secret) ?? []);
  if (verifiers.length < secrets.length) {
    return failed('secret', 'a secret is neither "whsec_" nor "whpk_" with what belongs to it in base64');
  }
  const deliveryId = header('webhook-id');
  if (deliveryId === undefined) return failed('header', 'webhook-id is missing or repeated');
  const timestamp = header('webhook-timestamp');
  if (timestamp === undefined) return failed('header', 'webhook-timestamp is missing or repeated');
  const given = header('webhook-signature');
  if (given === undefined) return failed('header', 'webhook-signature is missing or repeated');
  if (!/^\d{1,11}$/.test(timestamp)) {
    return failed('timestamp', 'webhook-timestamp is not a time in seconds since 1970');
  }
  const sentAt = new Date(Number(timestamp) * 1_000);
  const ageMs = now.getTime() - sentAt.getTime();
  // Not "greater than": whatever cannot be compared is not within.
  if (!(Math.abs(ageMs) <= toleranceMs)) {
    return failed('timestamp', `webhook-timestamp is ${Math.abs(ageMs)} ms ${ageMs > 0 ? 'ago' : 'ahead'}`);
  }
  const content = signedContent(deliveryId, timestamp, body);
  const signatures = given.split(' ').slice(0, signaturesMax);
  // All of them, so that the time does not tell which one it was.
  if (!verifiers.map((verifier) => fitsOne(verifier, content, signatures)).includes(true)) {
    return failed('signature', 'webhook-signature has none that was made with this secret for this body');
  }
  return { ok: true, deliveryId, sentAt, requestId: header('request-id') };
}

function fitsOne(verifier: Verifier, content: Uint8Array, signatures: readonly string[]): boolean {
  const start = `${verifier.version},`;
  const own = signatures.flatMap((text) => (text.startsWith(start) ? [text.slice(start.length)] : []));
  if ('fits' in verifier) return own.map((signature) => verifier.fits(content, signature)).includes(true);
  const expected = Buffer.from(verifier.sign(content));
  return own
    .map((signature) => Buffer.from(signature))
    .map((signature) => signature.length === expected.length && timingSafeEqual(signature, expected))
    .includes(true);
}

function signedContent(id: string, timestamp: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
}
