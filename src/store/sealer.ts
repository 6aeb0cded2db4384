import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { RowhookError } from '../errors.ts';
import { isSealed, keyIdOf, type SecretKey, sealedMark } from '../wire/secret-key.ts';

export type { SecretKey } from '../wire/secret-key.ts';

/**
 * Where a secret is kept. It is sealed for this place alone: whoever can write to the table cannot have the secret of one
 * endpoint sent to another, or shown as something that is no secret, by copying it there.
 */
export interface SealedPlace {
  readonly endpointId: string;
  readonly column: SealedColumn;
}

/** The columns of rowhook.endpoint that may hold secrets. */
export const sealedColumns = ['secret', 'old_secrets', 'headers', 'client_key', 'proxy'] as const;
export type SealedColumn = (typeof sealedColumns)[number];

/** Turns secrets into what the database keeps of them, and back. */
export interface Sealer {
  /** With the first key; without keys it is kept as it is. Never the same text twice. */
  seal(text: string, place: SealedPlace): string;
  /**
   * What was not sealed is opened already: it was written before there was a key.
   * @throws RowhookError `secret_sealed` naming the key that is missing, never the text
   */
  open(text: string, place: SealedPlace): string;
  /** Whether this is how `seal` would keep it: with the first key, or not at all where there is none. */
  isCurrent(text: string): boolean;
}

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals with AES-256-GCM (NIST SP 800-38D; random nonces, so one key is good for 2^32 texts), in the form
 * `sealed:v1:<key id>:<base64url of nonce, ciphertext, tag>`.
 * @param keys the first one seals, all of them open; none: nothing is sealed, and what was sealed cannot be opened
 */
export function createSealer(keys: readonly SecretKey[]): Sealer {
  const [first] = keys;
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    seal: (text, place) => (first ? sealed(text, first, place) : text),
    open(text, place) {
      if (!isSealed(text)) return text;
      const id = keyIdOf(text);
      const key = id === undefined ? undefined : byId.get(id);
      return key ? opened(text, key, place) : missing(id, keys, place);
    },
    isCurrent: (text) => (first ? keyIdOf(text) === first.id : !isSealed(text)),
  };
}

/** Seals nothing. What was sealed elsewhere it cannot open. */
export const plainSealer: Sealer = createSealer([]);

function sealed(text: string, key: SecretKey, place: SealedPlace): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key.bytes, nonce).setAAD(boundTo(key, place));
  const content = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return `${sealedMark}${key.id}:${Buffer.concat(content).toString('base64url')}`;
}

function opened(text: string, key: SecretKey, place: SealedPlace): string {
  const content = Buffer.from(text.slice(text.lastIndexOf(':') + 1), 'base64url');
  try {
    // Whoever calls has seen that there are a nonce and a whole tag, see keyIdOf.
    const decipher = createDecipheriv(algorithm, key.bytes, content.subarray(0, nonceBytes))
      .setAAD(boundTo(key, place))
      .setAuthTag(content.subarray(-tagBytes));
    const start = decipher.update(content.subarray(nonceBytes, -tagBytes));
    return Buffer.concat([start, decipher.final()]).toString('utf8');
  } catch {
    throw new RowhookError(
      'secret_sealed',
      `${nameOf(place)} cannot be opened with the key "${key.id}": that is another key of this name, or the text was changed or is from another place`,
      {
        where: place.column,
        fix: 'Configure the key that it was sealed with, or set it anew (endpoints update).',
      },
    );
  }
}

function missing(id: string | undefined, keys: readonly SecretKey[], place: SealedPlace): never {
  if (id === undefined) {
    throw new RowhookError(
      'secret_sealed',
      `${nameOf(place)} is sealed in a form that this program does not know`,
      {
        where: place.column,
        fix: 'Use the version of rowhook that wrote it, or set it anew (endpoints update).',
      },
    );
  }
  const known =
    keys.length === 0 ? 'no key is configured' : `configured: ${keys.map((key) => key.id).join(', ')}`;
  throw new RowhookError('secret_sealed', `${nameOf(place)} is sealed with the key "${id}" (${known})`, {
    where: place.column,
    fix: `Configure the key "${id}" (secrets.keys, or ROWHOOK_SECRET_KEYS), or set it anew (endpoints update).`,
  });
}

const nameOf = ({ endpointId, column }: SealedPlace): string => `${column} of endpoint ${endpointId}`;

/** Neither ids of keys nor of endpoints have a colon in them: no two places give the same bytes. */
const boundTo = (key: SecretKey, { endpointId, column }: SealedPlace): Buffer =>
  Buffer.from(`${sealedMark}${key.id}:${endpointId}:${column}`);
