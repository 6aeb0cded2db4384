import type { Answer } from './receiver.ts';

/** The first failure comes soon, so that a short look sees one; then one in so many first attempts is failed. */
const first = 6;
const every = 30;

/** Answers that fail a first attempt now and then, by turns with a 500 and by closing the connection. */
export function nowAndThen(): (event: string, attempt: number) => Answer {
  let seen = 0;
  return (event, attempt) => {
    if (event === 'ping' || attempt > 1) return 200;
    seen += 1;
    if (seen % every !== first) return 200;
    return Math.floor(seen / every) % 2 === 0 ? 500 : 'closed';
  };
}
