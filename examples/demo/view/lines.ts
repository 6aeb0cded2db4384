import type { Colors } from 'picocolors/types.js';
import { durationText } from '../latency.ts';
import type { Entry } from '../ledger.ts';
import type { Arrival } from '../receiver.ts';
import { clip, clockText, fill } from './text.ts';

/** Where the columns are. Widths without the blanks between them. */
interface Layout {
  readonly event: number;
  readonly record: number;
  /** Who made the change; 0 where there is no room to say it. */
  readonly by: number;
}

const fixed = { time: 8, latency: 8, status: 6, attempt: 3 };
const longestEvent = 'contribution_batch_update'.length;
const indent = ' '.repeat(fixed.time + 2);

/** The record gets what the others leave, up to a comfortable width; beyond that there is room for the change. */
function layoutOf(width: number): Layout {
  const rest =
    width - (fixed.time + 1 + longestEvent + 1 + 1 + fixed.latency + 2 + fixed.status + 1 + fixed.attempt);
  const record = Math.min(Math.max(rest, 8), 38);
  return { event: longestEvent, record, by: rest - record >= 14 ? rest - record - 1 : 0 };
}

/** The titles above the columns. */
export function titleLine(width: number, c: Colors): string {
  return c.dim(columns(width, ['time', 'event', 'record', 'latency', 'status', 'try', 'changed by']));
}

/** What is shown of an arrival beside itself. */
export interface Seen {
  readonly at: Date;
  readonly latencyMs: number | undefined;
  readonly retryAt: Date | undefined;
  /** What it speaks of, for people. */
  readonly record: string;
}

/** One line for an arrival; after a failure and after a retry one more, which says so. */
export function arrivalLines(
  arrival: Arrival,
  entry: Entry | undefined,
  seen: Seen,
  width: number,
  c: Colors,
): string[] {
  const { answer, attempt, fate } = arrival;
  const event = entry?.event ?? arrival.event;
  const by = entry ? `${entry.change.by}: ${entry.change.what}` : 'somebody else';
  const latency = seen.latencyMs === undefined ? '-' : durationText(seen.latencyMs);
  const line = columns(
    width,
    [clockText(seen.at), event, seen.record, latency, String(answer), String(attempt), by],
    fate === 'taken' ? c.green : c.red,
  );
  const note = (text: string) => c.yellow(clip(`${indent}↳ ${text}`, width));
  if (fate === 'failed' && seen.retryAt) {
    const how = answer === 'closed' ? 'closed the connection' : `answered ${answer}`;
    return [line, note(`${how} on purpose: attempt ${attempt + 1} is due at ${clockText(seen.retryAt)}`)];
  }
  if (fate === 'taken' && attempt > 1) return [line, note(`the retry: taken at attempt ${attempt}`)];
  if (fate === 'refused') return [line, note('refused: its signature is wrong')];
  if (fate === 'repeat') return [line, note('a repeat: it had been taken before')];
  return [line];
}

function columns(
  width: number,
  [time = '', event = '', record = '', latency = '', status = '', attempt = '', by = '']: string[],
  colorStatus: (text: string) => string = (text) => text,
): string {
  const layout = layoutOf(width);
  return [
    fill(time, fixed.time),
    fill(event, layout.event),
    `${fill(record, layout.record)} ${fill(latency, fixed.latency, 'right')} `,
    colorStatus(fill(status, fixed.status)),
    fill(attempt, fixed.attempt),
    ...(layout.by > 0 ? [clip(by, layout.by)] : []),
  ]
    .join(' ')
    .trimEnd();
}
