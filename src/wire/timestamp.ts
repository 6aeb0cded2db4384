import type { TimestampForm } from '../catalog/types.ts';

/**
 * The moment in UTC, to the second, as a JSON value: `2018-04-04T11:39:57+00:00` (iso), `2018-04-04 11:39:57` (sql) or
 * `1522841997` (unix, a number).
 */
export function timestampValue(at: Date, form: TimestampForm): string | number {
  if (form === 'unix') return Math.floor(at.getTime() / 1_000);
  const text = at.toISOString().slice(0, 19);
  return form === 'iso' ? `${text}+00:00` : text.replace('T', ' ');
}
