import type { HeaderList } from '../wire/dialect.ts';
import { longestDelayMs } from '../wire/schedule.ts';

const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const time = '\\d\\d:\\d\\d:\\d\\d';

/** The three forms of RFC 9110, 5.6.7. Date.parse alone would make a date of nearly everything: of "-5", the year 2001. */
const dateForms: readonly RegExp[] = [
  new RegExp(`^${day}, \\d\\d ${month} \\d{4} ${time} GMT$`),
  new RegExp(`^${day}[a-z]{3,6}, \\d\\d-${month}-\\d\\d ${time} GMT$`),
  new RegExp(`^${day} ${month} [ \\d]\\d ${time} \\d{4}$`),
];

/** The header of this name, without white space around it; '' where there is none. */
function fieldOf(headers: HeaderList, name: string): string {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1].trim() ?? '';
}

/**
 * How long a receiver asks us to wait (RFC 9110, 10.2.3: seconds or a date), at most 24 hours: it may put its deliveries off, but
 * not for ever. A date is taken by the receiver's own clock, where the answer tells its time: ours may be wrong.
 * @returns milliseconds from now; 0 where it does not ask, or says what nobody understands
 */
export function retryAfterMs(headers: HeaderList, now: Date): number {
  const text = fieldOf(headers, 'retry-after');
  const saidAt = dateOf(fieldOf(headers, 'date'));
  const asked = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : dateOf(text) - (Number.isNaN(saidAt) ? now.getTime() : saidAt);
  return asked > 0 ? Math.min(asked, longestDelayMs) : 0;
}

/** Milliseconds since 1970, or NaN. */
function dateOf(text: string): number {
  if (!dateForms.some((form) => form.test(text))) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
