/** What a receiver imports as `rowhook/verify`. Needs nothing but Node itself. */
import { dialectNamed } from './wire/dialects.ts';
import { failed, type Verified } from './wire/received.ts';

export type { Verified, VerifyStep } from './wire/received.ts';

export interface VerifyInput {
  /** What the sender's endpoint has: `site-stacker`, `amplo`, `standard`, `prefix:Acme`. */
  readonly dialect: string;
  /** The endpoint's secret; for ed25519 the public key (`whpk_…`). */
  readonly secret?: string | undefined;
  /** While it is changed: the old one and the new one. Either may have signed. */
  readonly secrets?: readonly string[] | undefined;
  /** Those of Node's requests, a `Headers`, or any object of names and values. */
  readonly headers:
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes or the text as they came. Parsed and written again they would be others. */
  readonly body: Uint8Array | string;
  /** Default: the present. */
  readonly now?: Date;
  /** How far the time of a request may be from now, in dialects that tell it. Default 300,000 (5 minutes). */
  readonly toleranceMs?: number;
}

const defaultToleranceMs = 5 * 60_000;

/**
 * For receivers: whether a request comes from who has the secret, and what it says of itself; or which step failed. Takes the
 * same time wherever a signature differs. Never throws for what came over the wire, nor for a secret that is not set.
 * @throws RowhookError `config_invalid` for a dialect that does not exist
 */
export function verify({ dialect, secret, secrets, headers, body, now, toleranceMs }: VerifyInput): Verified {
  const { verify: verifyAs } = dialectNamed(dialect);
  // A text that is taken for a list would be many secrets of one letter.
  const given = Array.isArray(secrets ?? []) ? [secret ?? [], secrets ?? []].flat() : [];
  // An empty one would make everybody's signatures fit.
  if (given.length === 0 || given.some((each) => typeof each !== 'string' || each === '')) {
    return failed('secret', 'no secret was given, or one that is empty or no text');
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    return failed('body', 'the body is neither bytes nor text: give it as it came, before it is parsed');
  }
  return verifyAs({
    header: (name) => headerOf(headers, name),
    body: typeof body === 'string' ? Buffer.from(body) : body,
    secrets: given,
    now: now ?? new Date(),
    toleranceMs: toleranceMs ?? defaultToleranceMs,
  });
}

/** Undefined where it is missing, empty, or there more than once. Objects may write its name in any case. */
function headerOf(headers: VerifyInput['headers'], name: string): string | undefined {
  if (isHeaders(headers)) {
    const value: unknown = headers.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }
  const [value, ...more] = Object.entries(headers ?? {}).flatMap(([key, found]) =>
    found !== undefined && key.toLowerCase() === name ? found : [],
  );
  return more.length === 0 && typeof value === 'string' && value !== '' ? value : undefined;
}

function isHeaders(headers: VerifyInput['headers']): headers is { get(name: string): string | null } {
  return typeof headers?.get === 'function';
}
