/** A secret that was replaced, and signs beside the present one for a while. */
export interface OldSecret {
  readonly secret: string;
  /** ISO 8601. */
  readonly validUntil: string;
}

/** So many are kept: each makes the header longer, and nobody rotates more often within an overlap on purpose. */
export const oldSecretsMax = 4;

/** What an endpoint's deliveries are signed with at this moment: the present secret, then old ones that are still valid. */
export function secretsAt(secret: string | null, old: readonly OldSecret[], now: Date): string[] {
  if (secret === null) return [];
  return [secret, ...old.filter((each) => isValid(each, now)).map((each) => each.secret)];
}

/**
 * The old secrets of an endpoint that gets a new one: the present one is added, valid for the overlap. None stays valid for
 * longer than that, so that with an overlap of 0 nothing but the new one signs.
 * @param next the secret that replaces the present one: it is old no more
 */
export function rotated(
  present: { readonly secret: string | null; readonly oldSecrets: readonly OldSecret[] },
  next: string,
  overlapMs: number,
  now: Date,
): OldSecret[] {
  const end = new Date(now.getTime() + overlapMs).toISOString();
  const replaced = present.secret === null ? [] : [{ secret: present.secret, validUntil: end }];
  return [...replaced, ...present.oldSecrets]
    .map(({ secret, validUntil }) => ({ secret, validUntil: validUntil < end ? validUntil : end }))
    .filter((each) => each.secret !== next && isValid(each, now))
    .slice(0, oldSecretsMax);
}

function isValid({ validUntil }: OldSecret, now: Date): boolean {
  return Date.parse(validUntil) > now.getTime();
}
