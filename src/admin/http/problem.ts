import { type ErrorCode, errorCodes, RowhookError } from '../../errors.ts';
import { sqlState } from '../../store/connect.ts';
import type { Problem } from '../shapes/common.ts';

/** The HTTP status of codes whose ending does not say it. */
const statuses: Partial<Record<ErrorCode, number>> = {
  not_signed_in: 401,
  not_allowed: 403,
  request_forged: 403,
  body_too_large: 413,
  media_type_wrong: 415,
  request_invalid: 400,
  tries_exceeded: 429,
  version_missing: 428,
  host_wrong: 421,
  live_full: 503,
  page_missing: 503,
  database_unreachable: 503,
  database_busy: 503,
  bulk_running: 409,
  secret_sealed: 409,
  // Always of what was asked for: events that there are, and were made, have ids.
  event_unknown: 422,
  ping_unsupported: 409,
  // The dialect that an endpoint names: the file itself was read long ago.
  config_invalid: 422,
};

/** What a code means as an answer over HTTP. */
export function statusOf(code: ErrorCode): number {
  const known = statuses[code];
  if (known !== undefined) return known;
  if (code.endsWith('_unknown')) return 404;
  if (code.endsWith('_conflict')) return 412;
  if (code.endsWith('_pending')) return 409;
  if (code.endsWith('_invalid')) return 422;
  return 500;
}

/** Signing in was tried too often; it may be tried again in so many milliseconds. */
export class TriesExceeded extends RowhookError {
  readonly waitMs: number;

  constructor(waitMs: number) {
    const seconds = Math.ceil(waitMs / 1_000);
    super('tries_exceeded', 'signing in was tried too often from here', {
      fix: `Try again in ${seconds} s.`,
    });
    this.waitMs = waitMs;
  }
}

/** RFC 9457. Pure: its title is what the code means, its detail what happened. */
export function problemOf(error: RowhookError): Problem {
  const { code, message, fix, where } = error;
  return {
    type: `urn:rowhook:problem:${code}`,
    title: errorCodes[code],
    status: statusOf(code),
    detail: message,
    code,
    ...(fix === undefined ? {} : { fix }),
    ...(where === undefined ? {} : { where }),
  };
}

/** Of whatever else was thrown: nothing of it is told but that it was, the log has the rest. */
export const unexpectedProblem: Problem = {
  type: 'about:blank',
  title: 'It failed.',
  status: 500,
  detail: 'It failed in a way that was not foreseen; the log of the server says how.',
  code: 'unexpected',
};

/** An error as this API tells it: a lost or busy database as what it is, the unforeseen as undefined. */
export function knownError(error: unknown): RowhookError | undefined {
  if (error instanceof RowhookError) return error;
  const state = sqlState(error) ?? '';
  const lost =
    /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/.test(state) ||
    (error instanceof Error &&
      /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/.test(
        error.message,
      ));
  if (lost) {
    return new RowhookError('database_unreachable', 'the database does not answer', {
      fix: 'Ask again in a moment; where it goes on, see to the database.',
      cause: error,
    });
  }
  // lock_not_available, query_canceled: somebody else is in the way, or it took longer than it may.
  if (state === '55P03' || state === '57014') {
    return new RowhookError('database_busy', 'the database was too busy for it', {
      fix: 'Ask again in a moment.',
      cause: error,
    });
  }
  return undefined;
}

/** The problem as a response. @param headers more headers, such as Retry-After */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
  });
}
