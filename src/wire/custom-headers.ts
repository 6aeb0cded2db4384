import { RowhookError } from '../errors.ts';
import type { HeaderList } from './dialect.ts';
import { isFieldValue } from './header-value.ts';

/** So many headers of its own may an endpoint have. */
export const customHeadersMax = 20;
/** Names and values together: receivers bound the size of all headers, often at 8 KiB. */
export const customHeadersMaxLength = 8_000;

/** What is shown and recorded in place of a value that may be a credential. */
export const hiddenValue = '[hidden]';

/** A token (RFC 9110, 5.6.2). */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What belongs to the message, the connection or us: a second one would make receivers and proxies read another request. */
const ours: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'request-id',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);
const ourPrefixes = ['content-', 'proxy-', 'sitestacker-', 'webhook-'];
/** Dialects with a prefix of their own name their headers so (`Acme-Event`), whichever the prefix is by then. */
const ourSuffixes = ['-event', '-signature', '-delivery'];
/** What metadata services of clouds ask for, so that a forged request cannot reach them: the second line behind the guard. */
const ofMetadata = /^(?:metadata|metadata-flavor|x-google-metadata-request|x-aws-ec2-metadata-token.*)$/;
/** What servers behind a proxy believe of where a request came from, or take for its method: towards listed hosts a forged origin. */
const ofProxies =
  /^(?:forwarded|x-forwarded-.*|x-real-ip|x-original-.*|x-rewrite-url|x-http-method(?:-override)?)$/;

const credentials: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
]);
const credentialLengths: ReadonlySet<number> = new Set([...credentials].map((name) => name.length));

/**
 * Whether a header of this name is ours to set, in whatever case it is written, and with underscores or hyphens: in variables as of
 * CGI (PHP, WSGI, Rack) `Webhook_Signature` and `Webhook-Signature` are one.
 */
export function isOurHeader(name: string): boolean {
  const lower = name.toLowerCase().replaceAll('_', '-');
  return (
    ours.has(lower) ||
    ourPrefixes.some((prefix) => lower.startsWith(prefix)) ||
    ourSuffixes.some((suffix) => lower.endsWith(suffix))
  );
}

/**
 * Checks the headers that an endpoint is to have of its own: names are tokens, none is ours, none is there twice; values are
 * visible ASCII with spaces within only, so that none can end its line (CR, LF) or be read in two ways.
 * @returns the headers, or why they cannot be, as a clause that repeats no value: `the value of "X-Key" has …`
 */
export function parseCustomHeaders(
  input: readonly (readonly [name: string, value: string])[],
): HeaderList | { readonly problem: string } {
  if (input.length > customHeadersMax) return { problem: `there are more than ${customHeadersMax}` };
  const seen = new Set<string>();
  let length = 0;
  for (const [name, value] of input) {
    const problem = problemOf(name, value);
    if (problem) return { problem };
    const lower = name.toLowerCase();
    if (seen.has(lower)) return { problem: `"${name}" is there twice` };
    seen.add(lower);
    length += name.length + value.length;
  }
  return length > customHeadersMaxLength
    ? { problem: `they are longer than ${customHeadersMaxLength} characters together` }
    : input.map(([name, value]) => [name, value] as const);
}

function problemOf(name: string, value: string): string | undefined {
  if (name.length > 100) return 'a name is longer than 100 characters';
  if (!token.test(name)) return `${JSON.stringify(name)} cannot be the name of a header`;
  if (isOurHeader(name)) return `"${name}" is a header of the request itself, which is ours to set`;
  const lower = name.toLowerCase().replaceAll('_', '-');
  if (ofMetadata.test(lower)) return `"${name}" is what metadata services ask for`;
  if (ofProxies.test(lower)) return `"${name}" is what servers take from their own proxies`;
  if (!isFieldValue(value)) {
    return `the value of "${name}" is empty, or has a character other than visible ASCII and spaces within`;
  }
  return undefined;
}

/**
 * The headers of its own that an endpoint has, from the JSON that is stored (opened, where it was sealed); null: none.
 * @throws RowhookError `endpoint_invalid` for what `parseCustomHeaders` would not have let in; no value is repeated
 */
export function customHeaders(stored: string | null): HeaderList {
  if (stored === null) return none;
  const read = pairsOf(stored);
  const parsed = read && parseCustomHeaders(read);
  if (parsed && !('problem' in parsed)) return parsed;
  throw new RowhookError(
    'endpoint_invalid',
    `the endpoint's own headers cannot be sent: ${parsed?.problem ?? 'they are no list of names and values'}`,
    { where: 'headers', fix: 'Set them again.' },
  );
}

const none: HeaderList = [];

function pairsOf(stored: string): [string, string][] | undefined {
  let read: unknown;
  try {
    read = JSON.parse(stored);
  } catch {
    // Its message would repeat some of the text.
    return undefined;
  }
  const isPair = (pair: unknown): pair is [string, string] =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string');
  return Array.isArray(read) && read.every(isPair) ? read : undefined;
}

/**
 * The dialect's headers, then those of the endpoint. Ours stay as they are: one of the same name is left out, which only a
 * dialect that came after its registration can bring about.
 */
export function withCustomHeaders(dialectHeaders: HeaderList, custom: HeaderList): HeaderList {
  if (custom.length === 0) return dialectHeaders;
  const taken = new Set(dialectHeaders.map(([name]) => name.toLowerCase()));
  return [...dialectHeaders, ...custom.filter(([name]) => !taken.has(name.toLowerCase()))];
}

/**
 * Headers as an attempt keeps them: the values of all that the endpoint has of its own are hidden, since nobody can tell which of
 * them are credentials; and those of names that are always credentials.
 */
export function withoutCredentials(headers: HeaderList, custom: HeaderList = none): HeaderList {
  // Most have none, and each attempt asks.
  if (custom.length === 0 && !headers.some(([name]) => isCredential(name))) return headers;
  const hidden = new Set(custom.map(([name]) => name.toLowerCase()));
  const isHidden = (name: string): boolean => isCredential(name) || hidden.has(name.toLowerCase());
  return headers.map(([name, value]) => [name, isHidden(name) ? hiddenValue : value] as const);
}

function isCredential(name: string): boolean {
  // Told apart by their lengths, as far as that goes: a text in lower case would have to be made for each name.
  return credentialLengths.has(name.length) && credentials.has(name.toLowerCase());
}
