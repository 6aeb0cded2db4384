import { RowhookError } from '../errors.ts';
import type { SealedColumn, Sealer } from '../store/sealer.ts';
import { secretsAt } from '../wire/secrets.ts';
import type { Claimed } from './queue/claim.ts';

/** What of an endpoint the database may keep sealed, as it is used. Belongs into no log, error or attempt. */
export interface OpenedSecrets {
  /** What signs: the present one first, then old ones that are still valid; none: it is not signed. */
  readonly secrets: readonly string[];
  /** A JSON array of [name, value]. */
  readonly headers: string | null;
  readonly clientKey: string | null;
  readonly proxy: string | null;
}

/**
 * Opens what a request to a delivery's endpoint needs.
 *
 * Where the key is missing nothing is wrong with the delivery, so no attempt is made of it and none is counted; nor with the endpoint,
 * which another daemon may have the key for, so nothing is written of that either. The dispatcher gives it back, and leaves
 * the endpoint alone for a while.
 * @returns a problem that names the column, the endpoint and the key, and no secret, where one cannot be opened
 */
export function openedSecrets(
  {
    endpointId,
    secret,
    oldSecrets,
    settings,
  }: Pick<Claimed, 'endpointId' | 'secret' | 'oldSecrets' | 'settings'>,
  sealer: Sealer,
  now: Date,
): OpenedSecrets | { readonly problem: 'secret_sealed'; readonly detail: string } {
  const open = (column: SealedColumn, text: string): string => sealer.open(text, { endpointId, column });
  const orNull = (column: SealedColumn, text: string | null): string | null =>
    text === null ? null : open(column, text);
  try {
    // An old one whose time is over need not be openable.
    const secrets = secretsAt(secret, oldSecrets, now).map((each, index) =>
      open(index === 0 ? 'secret' : 'old_secrets', each),
    );
    return {
      secrets,
      headers: orNull('headers', settings.headers),
      clientKey: orNull('client_key', settings.clientKey),
      proxy: orNull('proxy', settings.proxy),
    };
  } catch (error) {
    if (!(error instanceof RowhookError && error.code === 'secret_sealed')) throw error;
    return { problem: 'secret_sealed', detail: error.message };
  }
}
