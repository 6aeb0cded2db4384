import { now } from '../data/clock.ts';
import { clockTime, exactTime, relativeTime } from '../data/time.ts';

export interface TimeProps {
  /** ISO 8601; null or undefined: a dash. */
  at: string | null | undefined;
  /** `relative` (default): "3 min ago"; `clock`: "14:05:09", with the date when it is of another day; `exact`: all of it. */
  form?: 'relative' | 'clock' | 'exact' | undefined;
}

/** A time, that tells it exactly, in the viewer's zone, on hover and to screen readers. Relative ones grow older by themselves. */
export function Time({ at, form = 'relative' }: TimeProps) {
  if (at === null || at === undefined) return <span class="dim">–</span>;
  const ms = Date.parse(at);
  const exact = exactTime(ms);
  if (form === 'exact') return <time dateTime={at}>{exact}</time>;
  const short = form === 'clock' ? clockTime(ms, now.value) : relativeTime(ms, now.value);
  return (
    <time dateTime={at} title={exact} class="time">
      <span aria-hidden="true">{short}</span>
      <span class="unseen">{exact}</span>
    </time>
  );
}
