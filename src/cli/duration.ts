import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a text like `800ms`, `90s`, `30m`, `24h`, `7d` or `0`, at most a hundred years.
 * @throws InvalidArgumentError, which commander tells with the option's name
 */
export function durationMs(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,10})(ms|[smhd])$/.exec(text) ?? [];
  const ms = text === '0' ? 0 : Number(count || Number.NaN) * (unitMs[unit] ?? Number.NaN);
  if (ms <= 36_525 * unitMs.d!) return ms;
  throw new InvalidArgumentError('Give a duration like 30m, 24h or 7d, or 0.');
}

/**
 * A time like `2026-05-04T10:00:00Z`, or a duration before now in milliseconds.
 * @throws InvalidArgumentError, as `durationMs`
 */
export function moment(text: string): number | Date {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const at = new Date(text);
    if (!Number.isNaN(at.getTime())) return at;
    throw new InvalidArgumentError('Give a time like 2026-05-04T10:00:00Z, or a duration like 1h.');
  }
  return durationMs(text);
}
