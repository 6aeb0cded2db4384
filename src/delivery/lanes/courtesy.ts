/** The part of the time for which the process may be at work, while a backlog is sent beside what is fresh: at first, and at last. */
const firstShare = 0.4;
const lastShare = 0.9;
/** In so long it goes from the one to the other: what is fresh may come for ever, and the backlog must end. */
const patienceMs = 600_000;
/** Nothing had to give way for so long: then it begins anew. */
const forgottenAfterMs = 10_000;
/** So much more work than that is not yet too much: it comes in pieces. */
const slackMs = 2;
/** What is longer ago is not made up for. */
const debtMaxMs = 50;
/** Something fresh was sent within this time: more of it will come. */
const freshForMs = 1_000;
/** However busy the process is, of a backlog one starts in this time, and one for each fresh one. */
const atLeastEveryMs = 5;
const creditMax = 64;
/** Within a millisecond at most so many, as what they cost shows only afterwards. */
const burstMax = 4;

/**
 * Keeps a backlog from slowing what is fresh (invariant 7): a process that sends as fast as it can is late for everything else, and each
 * of the few round trips from a commit to its receiver waits behind what it has in hand. So while fresh deliveries of other endpoints come,
 * what has been due for long starts only as long as the process has time to spare. When nothing fresh comes a backlog has all the time
 * there is. Pure, as Lanes is.
 */
export class Courtesy {
  /** By how much the process was busier than it may be. */
  #debtMs = 0;
  #fresh = { endpointId: '', at: Number.NEGATIVE_INFINITY };
  /** The latest one of another endpoint than that. */
  #otherFreshAt = Number.NEGATIVE_INFINITY;
  /** Fresh ones for which none of a backlog has started. */
  #credit = 0;
  #startedAt = Number.NEGATIVE_INFINITY;
  #burst = { at: Number.NEGATIVE_INFINITY, count: 0 };
  /** Since when something gives way, and when it last did. */
  #since = Number.NEGATIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;

  /** The process was at work for so long since this was said last, and had nothing to do for so long. */
  spent(busyMs: number, idleMs: number): void {
    const share = this.#share;
    const debt = this.#debtMs + busyMs * (1 - share) - idleMs * share;
    this.#debtMs = Math.min(debtMaxMs, Math.max(0, debt));
  }

  /** A delivery starts. */
  started(endpointId: string, isBacklog: boolean, now: number): void {
    if (!isBacklog) {
      if (this.#fresh.endpointId !== endpointId) this.#otherFreshAt = this.#fresh.at;
      this.#fresh = { endpointId, at: now };
      this.#credit = Math.min(creditMax, this.#credit + 1);
    } else if (this.isOwed(endpointId, now)) {
      if (this.#debtMs > slackMs && now - this.#startedAt < atLeastEveryMs) this.#credit -= 1;
      this.#startedAt = now;
      this.#burst =
        now - this.#burst.at < 1 ? { ...this.#burst, count: this.#burst.count + 1 } : { at: now, count: 1 };
    }
  }

  /** Whether a backlog of this endpoint has anyone to give way to. */
  isOwed(endpointId: string, now: number): boolean {
    const freshAt = this.#fresh.endpointId === endpointId ? this.#otherFreshAt : this.#fresh.at;
    return now - freshAt <= freshForMs;
  }

  /** When something of this endpoint's backlog may start, if the process has nothing to do until then. */
  backlogAt(endpointId: string, now: number): number {
    if (!this.isOwed(endpointId, now)) return now;
    const afterBurst = this.#burst.count < burstMax ? now : this.#burst.at + 1;
    if (this.#debtMs <= slackMs || this.#credit > 0) return Math.max(now, afterBurst);
    const paidAt = now + (this.#debtMs - slackMs) / this.#share;
    return Math.max(now, Math.min(paidAt, this.#startedAt + atLeastEveryMs));
  }

  /** Something has to wait. */
  gaveWay(now: number): void {
    if (now - this.#latest > forgottenAfterMs) this.#since = now;
    this.#latest = now;
  }

  get #share(): number {
    const patience = Math.min(1, (this.#latest - this.#since) / patienceMs || 0);
    return firstShare + (lastShare - firstShare) * patience;
  }
}
