import type { TimestampForm } from '../catalog/types.ts';

/** The moment in UTC, to the second: `2018-04-04T11:39:57+00:00` (iso) or `2018-04-04 11:39:57` (sql). */
export function timestampText(at: Date, form: TimestampForm): string {
  const text = at.toISOString().slice(0, 19);
  return form === 'iso' ? `${text}+00:00` : text.replace('T', ' ');
}
