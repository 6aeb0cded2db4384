import { RowhookError } from '../errors.ts';
import type { OldSecret } from '../wire/secrets.ts';
import type { SealedColumn, Sealer } from './sealer.ts';

/** What of an endpoint may be sealed: as it is stored, or opened. */
export interface SealedTexts {
  readonly secret: string | null;
  /** The newest first. */
  readonly oldSecrets: readonly OldSecret[];
  /** A JSON array of [name, value]. */
  readonly headers: string | null;
  readonly clientKey: string | null;
  readonly proxy: string | null;
}

/** The expressions that read them, for a select from rowhook.endpoint. */
export const sealedTextColumns = `secret, old_secrets as "oldSecrets", headers, client_key as "clientKey", proxy`;

/** Opened texts, which remember how each was stored. */
export interface OpenedTexts {
  readonly texts: SealedTexts;
  /** By column and text. */
  readonly stored: ReadonlyMap<string, string>;
}

/**
 * @param replaced columns whose texts will be replaced: one that cannot be opened is left out, for nobody will miss it
 * @throws RowhookError `secret_sealed`
 */
export function openTexts(
  stored: SealedTexts,
  sealer: Sealer,
  endpointId: string,
  replaced: readonly SealedColumn[] = [],
): OpenedTexts {
  const known = new Map<string, string>();
  const texts = each(stored, (text, column) => {
    try {
      const opened = sealer.open(text, { endpointId, column });
      known.set(nameOf(column, opened), text);
      return opened;
    } catch (error) {
      if (replaced.includes(column) && error instanceof RowhookError && error.code === 'secret_sealed')
        return null;
      throw error;
    }
  });
  return { texts, stored: known };
}

/**
 * Opened texts as they are to be stored.
 * @param before a text that has not changed stays as it was stored, so that a change of one thing is no change of another
 */
export function sealTexts(
  texts: SealedTexts,
  sealer: Sealer,
  endpointId: string,
  before?: OpenedTexts,
): SealedTexts {
  return each(
    texts,
    (text, column) => before?.stored.get(nameOf(column, text)) ?? sealer.seal(text, { endpointId, column }),
  );
}

const nameOf = (column: SealedColumn, text: string): string => `${column} ${text}`;

/**
 * The same secrets, each as the sealer would store it now.
 * @throws RowhookError `secret_sealed`
 */
export function resealTexts(stored: SealedTexts, sealer: Sealer, endpointId: string): SealedTexts {
  return each(stored, (text, column) => {
    const place = { endpointId, column };
    return sealer.isCurrent(text) ? text : sealer.seal(sealer.open(text, place), place);
  });
}

/** Every text that there is, with its column. */
export function* textsOf(texts: SealedTexts): Generator<readonly [SealedColumn, string]> {
  const { secret, oldSecrets, headers, clientKey, proxy } = texts;
  if (secret !== null) yield ['secret', secret];
  for (const old of oldSecrets) yield ['old_secrets', old.secret];
  if (headers !== null) yield ['headers', headers];
  if (clientKey !== null) yield ['client_key', clientKey];
  if (proxy !== null) yield ['proxy', proxy];
}

/** What becomes null is left out. */
function each(
  texts: SealedTexts,
  change: (text: string, column: SealedColumn) => string | null,
): SealedTexts {
  const orNull = (text: string | null, column: SealedColumn): string | null =>
    text === null ? null : change(text, column);
  return {
    secret: orNull(texts.secret, 'secret'),
    oldSecrets: texts.oldSecrets.flatMap((old) => {
      const secret = change(old.secret, 'old_secrets');
      return secret === null ? [] : [{ ...old, secret }];
    }),
    headers: orNull(texts.headers, 'headers'),
    clientKey: orNull(texts.clientKey, 'client_key'),
    proxy: orNull(texts.proxy, 'proxy'),
  };
}
