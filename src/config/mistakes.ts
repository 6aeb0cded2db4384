import type { z } from 'zod';
import { mistakesOf } from '../catalog/issues.ts';
import type { Mistake } from '../catalog/mistake.ts';
import { type ErrorCode, RowhookError } from '../errors.ts';

/** What zod found in a config. Values below `database` and `secrets` are not repeated: passwords and keys are among them. */
export const configMistakes = (issues: readonly z.core.$ZodIssue[], config: unknown): Mistake[] =>
  mistakesOf(issues, config, (path) => path[0] === 'database' || path[0] === 'secrets');

/** One error for all mistakes; its code is `catalog_invalid` where they all lie in the catalog. */
export function invalid(name: string, mistakes: readonly Mistake[]): RowhookError {
  const code: ErrorCode = mistakes.every(({ path }) => path.startsWith('catalog.'))
    ? 'catalog_invalid'
    : 'config_invalid';
  const lines =
    mistakes.length === 1 ? ` ${mistakes[0]?.text}` : mistakes.map(({ text }) => `\n  ${text}`).join('');
  return new RowhookError(code, `${name}:${lines}`, { where: name, fix: 'Correct the config.', mistakes });
}
