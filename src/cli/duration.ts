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
