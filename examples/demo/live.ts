import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';
import { dialectNamed } from '../../src/wire/dialects.ts';
import type { Application } from './application.ts';
import type { Wishes } from './arguments.ts';
import { nowAndThen } from './failures.ts';
import type { Entry } from './ledger.ts';
import type { Arrival } from './receiver.ts';
import { onStage, type Stage } from './stage.ts';
import type { System } from './system.ts';
import { Counting } from './totals.ts';
import { footerLines, headerLines, shortHeaderLines, totalsLines } from './view/frame.ts';
import { arrivalLines, titleLine } from './view/lines.ts';
import { plainScreen, type Screen, terminalScreen } from './view/screen.ts';
import { clip, clockText } from './view/text.ts';

export interface LiveSurroundings {
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
  readonly progress: (text: string) => void;
}

/** Milliseconds between changes, at random. */
const pauseMs = { least: 150, most: 750 };
/** Changes that fail one after the other, until the demo gives up. */
const mostFailures = 5;
const windDownMs = 5_000;
/** Below that the header would leave too little room. */
const leastHeight = 22;

/** Makes changes and shows what arrives, until the signal or the end of the duration. @returns the exit code */
export async function playLive(
  system: System,
  wishes: Wishes,
  { signal, output, progress }: LiveSurroundings,
): Promise<number> {
  const counting = new Counting();
  const dialect = dialectNamed(system.dialect);
  const isTerminal = output.isTTY === true && process.env.TERM !== 'dumb';
  const c = pc.createColors(isTerminal && !process.env.NO_COLOR);
  let status =
    wishes.durationMs === undefined ? 'Ctrl-C ends it' : `ends after ${wishes.durationMs / 1000} s`;
  let screen: Screen | undefined;
  let application: Application | undefined;
  const early: Array<() => void> = [];

  const open = (stage: Stage): Screen => {
    const top = (width: number, height: number) => [
      ...(height < leastHeight ? shortHeaderLines(stage, width, c) : headerLines(stage, width, c)),
      titleLine(width, c),
    ];
    const bottom = (width: number) => footerLines(counting.totals(), status, width, c);
    return isTerminal ? terminalScreen(output, { top, bottom }) : plainScreen(output, { top, bottom });
  };

  const show = (arrival: Arrival, entry: Entry | undefined): void => {
    const at = new Date();
    const delayMs = arrival.fate === 'failed' ? dialect.retryDelayMs(arrival.attempt) : undefined;
    const retryAt = delayMs === undefined ? undefined : new Date(at.getTime() + delayMs);
    // Somebody's curl: all that is known is when the API ended a transaction last.
    const guessedAt = arrival.attempt === 1 ? application?.apiCommitBefore(arrival.at) : undefined;
    const latencyMs = counting.arrived(arrival, entry?.committedAt ?? guessedAt, retryAt);
    const record = arrival.body === undefined ? 'not to be trusted' : recordOf(arrival, entry);
    const seen = { at, retryAt, latencyMs, record };
    const add = () => screen?.add((width) => arrivalLines(arrival, entry, seen, width, c));
    if (screen) add();
    else early.push(add);
  };
  const recordOf = ({ event, body }: Arrival, entry: Entry | undefined): string =>
    system.recordText(entry?.event ?? event, body!);
  const note = (text: string): void =>
    screen?.add((width) => [c.yellow(clip(`${clockText(new Date())} ${text}`, width))]);

  const options = {
    system,
    wishes,
    signal,
    answer: nowAndThen(),
    onArrival: show,
    onChange: () => {
      counting.changes += 1;
    },
    // Written into the frame, it would tear it.
    progress: (text: string) => (screen && isTerminal ? undefined : progress(text)),
  };
  const { unseen, totals } = await onStage(options, async (stage) => {
    counting.begin();
    screen = open(stage);
    application = stage.application;
    for (const add of early) add();
    const ticking = setInterval(() => screen?.refresh(), 1_000);
    try {
      await keepChanging(stage, until(stage.ended, wishes.durationMs), note);
      status = 'stopping';
      // What has just been changed may be on its way. After Ctrl-C nobody wants to wait for it.
      if (!stage.ended.aborted) await stage.ledger.settled(windDownMs, 'attempted');
      return { totals: counting.totals(), unseen: stage.ended.aborted ? 0 : stage.ledger.unseen.length };
    } finally {
      clearInterval(ticking);
      screen.close();
      screen = undefined;
    }
  });
  // A terminal shows them in the frame already.
  if (!isTerminal) output.write(`${totalsLines(totals).join('\n')}\n`);
  if (unseen > 0) progress(`${unseen} expected events have not arrived`);
  return unseen + totals.refused + totals.repeats > 0 ? 1 : 0;
}

/** Aborted with the signal, or when the time is over. */
function until(signal: AbortSignal, durationMs: number | undefined): AbortSignal {
  const end = new AbortController();
  // Not AbortSignal.any with a timeout: in Node 20 the garbage collector may take that, and then it never ends.
  const timer = durationMs === undefined ? undefined : setTimeout(() => end.abort(), durationMs);
  const stop = () => {
    clearTimeout(timer);
    end.abort();
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return end.signal;
}

async function keepChanging(
  { system, application }: Stage,
  end: AbortSignal,
  note: (text: string) => void,
): Promise<void> {
  const changeSomething = system.changesAtRandom();
  let failures = 0;
  while (!end.aborted) {
    try {
      await changeSomething(application);
      failures = 0;
    } catch (error) {
      // Somebody may have deleted the very record with curl; but a database that is gone is no demo.
      failures += 1;
      if (failures === mostFailures) throw error;
      note(`a change has failed: ${(error as Error).message}`);
    }
    const pause = pauseMs.least + Math.random() * (pauseMs.most - pauseMs.least);
    await sleep(pause, undefined, { signal: end }).catch(() => {});
  }
}
