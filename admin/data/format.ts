import type { CountView } from '../../src/admin/shapes/common.ts';

const whole = new Intl.NumberFormat('en-US');

/** `12,345`; a count that was ended early: `10,000+`. */
export function formatCount(count: number | CountView): string {
  if (typeof count === 'number') return whole.format(count);
  return whole.format(count.count) + (count.atLeast ? '+' : '');
}

/** `1,234` · `12.3k` · `1.2M`: four characters or so, for axes and narrow places. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_950) return `${trimmed(value / 1e6)}M`;
  if (size >= 10_000) return `${trimmed(value / 1e3)}k`;
  return Number.isInteger(value) ? whole.format(value) : trimmed(value);
}

/** A share from 0 to 1 in percent: never 100 % (or 0 %) unless it is all (or none). Null: `–`. */
export function formatShare(share: number | null): string {
  if (share === null) return '–';
  if (share === 0 || share === 1) return `${share * 100} %`;
  const percent = Math.min(99.9, Math.max(0.1, share * 100));
  return `${percent.toFixed(percent > 99 || percent < 1 ? 1 : 0)} %`;
}

/** The share of what succeeded, from 0 to 1; null where there was nothing. */
export function shareOf(succeeded: number, failed: number): number | null {
  const all = succeeded + failed;
  return all === 0 ? null : succeeded / all;
}

/** Milliseconds in the unit that suits: `0.4 ms` · `87 ms` · `1.24 s` · `3 min 20 s` · `5 h 3 min` · `2 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${trimmed(ms)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 59_950) return `${trimmed(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return two(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return two(minutes, 60, 'h', 'min');
  return two(Math.round(minutes / 60), 24, 'd', 'h');
}

/** The same for an axis: one number and its unit, with no more room than `100 ms`. */
export function formatDurationShort(ms: number): string {
  if (ms < 1_000) return `${trimmed(ms)} ms`;
  if (ms < 120_000) return `${trimmed(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${trimmed(ms / 60_000)} min`;
  return `${trimmed(ms / 3_600_000)} h`;
}

function two(value: number, step: number, large: string, small: string): string {
  const rest = value % step;
  return `${Math.floor(value / step)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** `512 B` · `1.2 kB` · `3.4 MB`, in thousands. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 999_950) return `${trimmed(bytes / 1e3)} kB`;
  return `${trimmed(bytes / 1e6)} MB`;
}

/** At most one digit after the point, and none that is 0. */
function trimmed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** `1 delivery`, `3 deliveries`. */
export function plural(count: number | CountView, one: string, many: string): string {
  const exactlyOne = count === 1 || (typeof count !== 'number' && count.count === 1 && !count.atLeast);
  return `${formatCount(count)} ${exactlyOne ? one : many}`;
}
