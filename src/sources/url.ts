import type { RecordKey } from '../catalog/source.ts';

/**
 * The address of a record: `{column}` stands for a column of its key, percent-encoded (RFC 3986). Pure.
 *
 * Undefined where it would be the address of something else: an empty key asks for the list of all records, and the segments `.`
 * and `..` lead out of the folder, percent-encoded or not (WHATWG URL, "path state").
 */
export function addressOf(template: string, key: RecordKey): URL | undefined {
  if (Object.values(key).includes('')) return undefined;
  const filled = template.replaceAll(/\{([^{}]*)\}/g, (_, column: string) =>
    encodeURIComponent(key[column] ?? ''),
  );
  return /^[^?#]*\/\.{1,2}([/?#]|$)/.test(filled) ? undefined : new URL(filled);
}

/** Whether a key decides which server is asked. Whoever writes a row must not. Pure. */
export function keyNamesServer(template: string): boolean {
  // A URL is read without them.
  const plain = template.replaceAll(/[\t\n\r]/g, '');
  // However many slashes there are, the server stands behind them (WHATWG URL, "special authority ignore slashes state").
  const server = /^[^:]*:[/\\]{2,}[^/\\?#]*/.exec(plain)?.[0] ?? plain;
  return server.includes('{');
}

/** An address for people to read: without credentials, and without a query, where secrets may be. Pure. */
export const shownAddress = (url: URL): string => `${url.origin}${url.pathname}`;
