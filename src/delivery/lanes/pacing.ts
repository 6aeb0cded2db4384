/** Timers come late. So much lateness is made up for; longer pauses are not, that would be a burst. */
const slackMs = 20;

/**
 * Spaces the starts of an endpoint that has a rate: never more than rate + 1 in any second. Pure: all times are milliseconds of one
 * monotonic clock.
 *
 * n starts within a second were due within 1,000 + slackMs, and are due (1,000 + slackMs) / rate apart: n - 1 is at most the rate.
 */
export class Pacing {
  /** When the last start was due: at most slackMs before it came. */
  #last = Number.NEGATIVE_INFINITY;
  /** Something has been waiting since then, so that a start that comes late is not one that nobody wanted earlier. */
  #waiting = false;

  /** From when on the next may start, at so many a second. */
  startsAt(rate: number): number {
    return this.#last + spacingMs(rate);
  }

  /** Whether one may start now. One that may not is taken to wait for its time. */
  may(rate: number, now: number): boolean {
    if (now >= this.startsAt(rate)) return true;
    this.#waiting = true;
    return false;
  }

  /** One starts, which may; and others wait behind it, or none. */
  started(rate: number, now: number, othersWait: boolean): void {
    this.#last = this.#waiting ? Math.min(now, Math.max(this.startsAt(rate), now - slackMs)) : now;
    this.#waiting &&= othersWait;
  }

  /** How many may start within this time. */
  within(rate: number, now: number, ms: number): number {
    const first = Math.max(now, this.startsAt(rate));
    return Math.max(0, Math.floor((now + ms - first) / spacingMs(rate)) + 1);
  }
}

/** From the time that one start is due to that of the next. */
function spacingMs(rate: number): number {
  return (1_000 + slackMs) / rate;
}
