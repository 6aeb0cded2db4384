import { RowhookError } from '../errors.ts';
import { amplo } from './amplo.ts';
import type { Dialect } from './dialect.ts';
import { type DialectProblem, prefixedNamed } from './prefixed.ts';
import { siteStacker } from './site-stacker.ts';
import { standard } from './standard.ts';

/** Every dialect by its name, which is what endpoints and catalogs say. Those with a prefix of one's own come besides. */
const dialects: ReadonlyMap<string, Dialect> = new Map(
  [siteStacker, amplo, standard].map((dialect) => [dialect.name, dialect]),
);

/** The names of those that need no prefix. */
export const dialectNames: readonly string[] = [...dialects.keys()];

/**
 * Returns the dialect of this name.
 * @throws RowhookError `config_invalid` naming those there are, or saying what a prefix may be
 */
export function dialectNamed(name: string): Dialect {
  const found = find(name);
  if (!('message' in found)) return found;
  throw new RowhookError('config_invalid', found.message, { fix: found.fix });
}

/** Why there is no dialect of this name, with what to do about it, or undefined where there is one. */
export function dialectProblem(name: string): string | undefined {
  const found = find(name);
  return 'message' in found ? `${found.message}. ${found.fix}` : undefined;
}

function find(name: string): Dialect | DialectProblem {
  const prefixed = typeof name === 'string' ? prefixedNamed(name) : undefined;
  return (
    dialects.get(name) ??
    prefixed ?? {
      message: `unknown dialect ${JSON.stringify(name)}`,
      fix: `Use one of: ${[...dialects.keys()].join(', ')}, or prefix:Acme for headers of your own.`,
    }
  );
}
