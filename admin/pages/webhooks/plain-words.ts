import { clockTime } from '../../data/time.ts';

/**
 * Why a webhook stands as it does, as the page says it: times in the viewer's zone. The next try is left out, as it stands beside the words
 * and counts down. Pure.
 * @param now milliseconds since 1970
 * @param zone default: the viewer's
 */
export function plainWords(statusWords: string, now: number, zone?: string): string {
  return statusWords
    .replace(/; next try at \d{4}-\d\d-\d\dT[\d:.]+Z/, '')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => clockTime(Date.parse(time), now, zone));
}
