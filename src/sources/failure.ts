import { RowhookError } from '../errors.ts';

/** Why a record has no payload, where it fails by itself and others do not. */
export interface Unshown {
  readonly reason: 'source_failed' | 'source_invalid' | 'source_refused' | 'no_address';
  /** For whoever looks into it; nothing of what the record holds. */
  readonly detail: string;
  /** False: it failed with others, and nobody has asked which of them it is. */
  readonly proven: boolean;
}

/** Nobody can say what the payload is, for now. The relay tries the page again. */
export function sourceFailed(resourceName: string, found: string, cause?: unknown): RowhookError {
  return new RowhookError('source_failed', `payloads of "${resourceName}" cannot be had: ${found}`, {
    where: `resources.${resourceName}.source`,
    fix: 'See to the application. Its changes wait meanwhile, and nothing is lost.',
    cause,
  });
}

/** What was given is no payload, and the same question will hardly be answered better. The relay tries the page again. */
export function sourceInvalid(resourceName: string, found: string, cause?: unknown): RowhookError {
  return new RowhookError('source_invalid', `"${resourceName}" was given what is no payload: ${found}`, {
    where: `resources.${resourceName}.source`,
    fix: 'Correct the application, or the source in the catalog. Changes wait meanwhile, and nothing is lost.',
    cause,
  });
}

/** What an error says, in a line; one of several connections that failed says nothing but its code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' && !error.message.includes(code) ? code : '';
  return [known, error.message].filter((part) => part !== '').join(': ') || error.name;
}
