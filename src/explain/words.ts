import type { Count } from '../store/status.ts';

/** A moment, in UTC. */
export const time = (at: Date): string => at.toISOString();

/** `1 attempt`, `2 attempts`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** `a`, `a and b`, `a, b and c`; or with `or`. */
export function listed(items: readonly string[], last: 'and' | 'or' = 'and'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;
}

/** The first few of many: `a, b and 7 others`; or `a, b or 7 others`. */
export function someOf(items: readonly string[], count: number, last: 'and' | 'or' = 'and'): string {
  const rest = count - items.length;
  return listed(rest > 0 ? [...items, counted(rest, 'other')] : items, last);
}

/** A record as the command line takes it: `person:412`. */
export const recordText = (resource: string, key: string): string => `${resource}:${key}`;

/** `endpoint 7 (https://a.example/hooks)`. The query string may hold a token of the receiver's. */
export const endpointText = ({ id, url }: { readonly id: string; readonly url: string }): string =>
  `endpoint ${id} (${url.split('?')[0]})`;

/** With an end, and a capital letter where it begins with a word and not with a name (`person_update`, `person:412`). */
export function sentence(words: string): string {
  const text = /^[a-z]+\b(?![:_])/.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** A duration for people: `15 s`, `3 min`, `2 h`, `5 days`. @param ms not negative */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}

/** `3 events`, `1,000 events or more`. */
export const eventsText = ({ count, atLeast }: Count): string =>
  `${counted(count, 'event')}${atLeast ? ' or more' : ''}`;
