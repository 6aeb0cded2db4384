import { CommanderError } from 'commander';
import { RowhookError } from '../errors.ts';

/** What is left to do when a command failed: what to write on stderr, if anything, and the exit code. */
export interface Failure {
  readonly text: string;
  /** 1: it could not be done. 2: it was called wrongly. 0: only help or the version was wanted. */
  readonly exitCode: number;
}

/** Ends a command with exit code 1 that has said on stdout all there is to say. */
export class Unsuccessful extends Error {
  override readonly name = 'Unsuccessful';
}

/** Pure. Of wrong usage commander has written its own message already, unless JSON is wanted. */
export function describeFailure(error: unknown, json: boolean): Failure {
  if (error instanceof Unsuccessful) return { text: '', exitCode: 1 };
  if (error instanceof CommanderError) return wrongUsage(error, json);
  if (!(error instanceof RowhookError)) return unexpected(error, json);
  const { code, message, where, fix, mistakes } = error;
  if (json) {
    return { text: `${JSON.stringify({ error: { code, message, where, fix, mistakes } })}\n`, exitCode: 1 };
  }
  return { text: `error ${code}: ${message}\n${fix === undefined ? '' : `  → ${fix}\n`}`, exitCode: 1 };
}

function wrongUsage({ exitCode, code, message }: CommanderError, json: boolean): Failure {
  if (exitCode === 0) return { text: '', exitCode: 0 };
  if (!json) return { text: '', exitCode: 2 };
  const said = code === 'commander.help' ? 'no command was named' : message.replace(/^error: /, '');
  const told = { code: 'usage', message: said, fix: 'Run it with --help for what there is.' };
  return { text: `${JSON.stringify({ error: told })}\n`, exitCode: 2 };
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
