import { CommanderError } from 'commander';
import { RowhookError } from '../errors.ts';

/** What is left to do when a command failed: what to write on stderr, if anything, and the exit code. */
export interface Failure {
  readonly text: string;
  /** 1: it could not be done. 2: it was called wrongly. 0: only help or the version was wanted. */
  readonly exitCode: number;
}

/** Pure. Commander has written its own message already. */
export function describeFailure(error: unknown, json: boolean): Failure {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode === 0 ? 0 : 2 };
  if (!(error instanceof RowhookError)) return unexpected(error, json);
  const { code, message, where, fix } = error;
  if (json) return { text: `${JSON.stringify({ error: { code, message, where, fix } })}\n`, exitCode: 1 };
  return { text: `error ${code}: ${message}\n${fix === undefined ? '' : `  → ${fix}\n`}`, exitCode: 1 };
}

/** A fault of ours, or of the world in a way that we did not think of: with the stack, for a report. */
function unexpected(error: unknown, json: boolean): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  const text = json
    ? JSON.stringify({ error: { code: 'unexpected', message, stack } })
    : `error unexpected: ${stack}`;
  return { text: `${text}\n`, exitCode: 1 };
}
