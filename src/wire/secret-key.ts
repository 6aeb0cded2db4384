import { RowhookError } from '../errors.ts';

/** What secrets are sealed with while the database keeps them. */
export interface SecretKey {
  /** Letters, digits, hyphens and underscores. Stands in every text that is sealed with it. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** What sealed texts begin with. Later forms will have another number. */
export const sealedMark = 'sealed:v1:';

const keyBytes = 32;
const legalId = /^[A-Za-z0-9_-]{1,40}$/;
/** Of at least 28 bytes: a nonce of 12, and a tag of 16 behind what is sealed. */
const sealedForm = /^sealed:v1:([A-Za-z0-9_-]{1,40}):[A-Za-z0-9_-]{38,}$/;

/** Whether a text begins as sealed ones do, of whatever version. No secret of anybody's own may: it could not be told from one. */
export function isSealed(text: string): boolean {
  return /^sealed:v\d+:/.test(text);
}

/** The id of the key that a text was sealed with; undefined where it is of no form that is known here. */
export function keyIdOf(sealed: string): string | undefined {
  return sealedForm.exec(sealed)?.[1];
}

/**
 * Reads a key like `2026-07:K7gN…=`, its id and 32 bytes in base64.
 * @returns why it is none, as a clause that does not repeat it, where it is none
 */
export function parseSecretKey(text: string): SecretKey | { readonly problem: string } {
  const colon = text.indexOf(':');
  const id = text.slice(0, Math.max(colon, 0)).trim();
  const written = text.slice(colon + 1).trim();
  if (!legalId.test(id)) {
    return { problem: 'does not begin with an id (letters, digits, hyphens, underscores) and a colon' };
  }
  const bytes = Buffer.from(written, 'base64');
  // Node skips what is no base64: half a key would pass for one.
  if (bytes.length !== keyBytes || bytes.toString('base64') !== written) {
    return { problem: `has no ${keyBytes} bytes in base64 behind the colon` };
  }
  return { id, bytes };
}

/**
 * Reads several keys. The first one seals, all of them open.
 * @returns what is wrong, as a clause that repeats no key, where one of them is none or two have the same id
 */
export function parseSecretKeys(
  texts: readonly string[],
): { readonly keys: readonly SecretKey[] } | { readonly problem: string } {
  const keys: SecretKey[] = [];
  for (const [index, text] of texts.entries()) {
    const key = parseSecretKey(text);
    if ('problem' in key) return { problem: `key ${index + 1} ${key.problem}` };
    if (keys.some(({ id }) => id === key.id)) return { problem: `two keys have the id "${key.id}"` };
    keys.push(key);
  }
  return { keys };
}

/**
 * The keys in a text such as an environment variable holds, with commas between: `2026-11:K7gN…=,2026-05:…`. For `createSealer`,
 * where there is no config.
 * @param text nothing but white space, or undefined: no key
 * @throws RowhookError `config_invalid`, which repeats no key
 */
export function secretKeys(text: string | undefined, name = 'ROWHOOK_SECRET_KEYS'): readonly SecretKey[] {
  if (text === undefined || text.trim() === '') return [];
  const parsed = parseSecretKeys(text.split(','));
  if ('keys' in parsed) return parsed.keys;
  throw new RowhookError('config_invalid', `${name}: ${parsed.problem}`, {
    where: name,
    fix: 'Give keys as `rowhook secrets new-key` prints them, with commas between.',
  });
}

/** A key in the form that `parseSecretKey` reads. */
export function writtenKey({ id, bytes }: SecretKey): string {
  return `${id}:${Buffer.from(bytes).toString('base64')}`;
}
