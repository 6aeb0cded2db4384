#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { describeFailure } from './failure.ts';
import { createProgram } from './program.ts';

/*
 * The one file that touches the process: arguments, environment, streams, signals, exit code. 0: done. 1: it could not be
 * done. 2: called wrongly.
 */

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// Whoever reads our output may have had enough (`rowhook deliveries list | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

// Not only where commander has got to it: whoever asked for JSON gets JSON of wrong usage too.
const args = process.argv.slice(2);
const json = args.includes('--json');

try {
  const program = await createProgram(args, {
    version,
    json,
    cwd: process.cwd(),
    env: process.env,
    terminal:
      process.stdin.isTTY === true && process.stdout.isTTY === true
        ? { input: process.stdin, output: process.stdout }
        : undefined,
    errorsSeen: process.stderr.isTTY === true,
    now: () => new Date(),
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    signals: {
      onStop(listener) {
        const stopSignals = ['SIGTERM', 'SIGINT'] as const;
        for (const signal of stopSignals) process.on(signal, listener);
        return () => {
          for (const signal of stopSignals) process.off(signal, listener);
        };
      },
    },
  });
  await program.parseAsync(args, { from: 'user' });
} catch (error) {
  const { text, exitCode } = describeFailure(error, json);
  process.stderr.write(text);
  // Not process.exit: what was written may still be on its way through a pipe.
  process.exitCode = exitCode;
}
