import { longestMs } from './session-value.ts';

const most = 10_000;

/** Sessions that were signed out of, until they would be over anyway. */
export interface Ended {
  add(id: string, startedAt: number, now: number): void;
  has(id: string): boolean;
}

/** Bounded, and of this process: a cookie that was copied before lives on where there is another daemon, or after a restart, until it is over. */
export function createEnded(): Ended {
  const overAt = new Map<string, number>();
  return {
    add(id, startedAt, now) {
      for (const [each, over] of overAt) {
        if (over > now && overAt.size < most) break;
        overAt.delete(each);
      }
      overAt.set(id, startedAt + longestMs);
    },
    has: (id) => overAt.has(id),
  };
}
