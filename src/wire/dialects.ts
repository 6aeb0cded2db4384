import { RowhookError } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { siteStacker } from './site-stacker.ts';

/** Every dialect by its name, which is what endpoints and catalogs say. */
const dialects: ReadonlyMap<string, Dialect> = new Map(
  [siteStacker].map((dialect) => [dialect.name, dialect]),
);

/**
 * Returns the dialect of this name.
 * @throws RowhookError `config_invalid` naming those there are
 */
export function dialectNamed(name: string): Dialect {
  const dialect = dialects.get(name);
  if (dialect) return dialect;
  throw new RowhookError('config_invalid', `unknown dialect "${name}"`, {
    fix: `Use one of: ${[...dialects.keys()].join(', ')}.`,
  });
}
