// `npm run demo`: see demo/arguments.ts for what it can be asked to do. The one file here that touches the process.
import { constants } from 'node:os';
import { amploSystem } from './amplo/demo/system.ts';
import { parseArguments, type SystemName, type Wishes } from './demo/arguments.ts';
import { playLive } from './demo/live.ts';
import { playOnce } from './demo/once.ts';
import type { System } from './demo/system.ts';
import { siteStackerSystem } from './site-stacker/demo/system.ts';

const systems: Readonly<Record<SystemName, () => System>> = {
  'site-stacker': siteStackerSystem,
  amplo: amploSystem,
};

/** A signal that comes again within this time is the same Ctrl-C, which npm and tsx have handed on as well. */
const sameMs = 1_000;
/** When all is stopped, what is left must not keep the process. */
const lingerMs = 3_000;

class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const ending = new AbortController();
let crashed = false;
const write = (text: string): void => void process.stdout.write(text);
const progress = (text: string): void => {
  process.stderr.write(`${text.replace(/^/gm, 'demo: ')}\n`);
};

const parsed = parseArguments(process.argv.slice(2));
if ('help' in parsed) {
  write(parsed.help);
} else if ('mistake' in parsed) {
  progress(`${parsed.mistake}\nsee npm run demo -- --help`);
  process.exitCode = 2;
} else {
  heedSignals();
  const exitCode = await play(parsed.wishes);
  process.exitCode = crashed ? 1 : exitCode;
  setTimeout(() => process.exit(), lingerMs).unref();
}

async function play(wishes: Wishes): Promise<number> {
  const { signal } = ending;
  const system = systems[wishes.system]();
  try {
    if (wishes.once) return await playOnce(system, wishes, { signal, progress, out: write });
    return await playLive(system, wishes, { signal, progress, output: process.stdout });
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    const { message, fix } = error as Error & { fix?: string };
    progress(fix === undefined ? message : `${message}\n${fix}`);
    return 1;
  }
}

/** The first signal ends the play, which takes everything down. Another one ends the process, and the guards do the rest. */
function heedSignals(): void {
  let firstAt: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now();
      const interrupted = new Interrupted(name);
      if (firstAt !== undefined && now - firstAt > sameMs) process.exit(interrupted.exitCode);
      firstAt ??= now;
      ending.abort(interrupted);
    });
  }
  process.on('uncaughtException', (error) => {
    progress(error.stack ?? String(error));
    crashed = true;
    ending.abort(error);
  });
  // Whoever reads our output may have had enough (`npm run demo | head`).
  process.stdout.on('error', () => ending.abort(new Interrupted('SIGPIPE')));
  // A terminal that was closed cannot be told so.
  process.stderr.on('error', () => {});
}
