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
/** However busy the process is, of a backlog one starts in this time, and one for so many fresh ones. */
const atLeastEveryMs = 5;
const creditOfFresh = 1 / 4;
const creditMax = 16;
/** Between two times that something had to wait at most so much counts as waiting. */
const waitMaxMs = 100;
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
  /** How many of a backlog may start for the fresh ones that have. */
  #credit = 0;
  #startedAt = Number.NEGATIVE_INFINITY;
  #burst = { at: Number.NEGATIVE_INFINITY, count: 0 };
  /** How long something has given way by now, and when it last did. */
  #waitedMs = 0;
  #latest = Number.NEGATIVE_INFINITY;

  /** The process was at work for so long since this was said last, and had nothing to do for so long. */
  spent(busyMs: number, idleMs: number): void {
    const share = this.#share;
    const debt = this.#debtMs + busyMs * (1 - share) - idleMs * share;
    this.#debtMs = Math.min(debtMaxMs, Math.max(0, debt));
  }

  /** A delivery starts: a fresh one, or one of a backlog that may have to give way. */
  started(endpointId: string, isBacklog: boolean, now: number): void {
    if (!isBacklog) {
      if (now - this.#fresh.at > freshForMs) this.#credit = 0;
      if (this.#fresh.endpointId !== endpointId) this.#otherFreshAt = this.#fresh.at;
      this.#fresh = { endpointId, at: now };
      this.#credit = Math.min(creditMax, this.#credit + creditOfFresh);
    } else if (this.isOwed(endpointId, now)) {
      if (this.#debtMs > slackMs && now - this.#startedAt < atLeastEveryMs)
        this.#credit = Math.max(0, this.#credit - 1);
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
    if (this.#debtMs <= slackMs || this.#credit >= 1) return Math.max(now, afterBurst);
    const paidAt = now + (this.#debtMs - slackMs) / this.#share;
    return Math.max(now, Math.min(paidAt, this.#startedAt + atLeastEveryMs));
  }

  /** Something has to wait. */
  gaveWay(now: number): void {
    if (this.#debtMs <= slackMs) return;
    if (now - this.#latest > forgottenAfterMs) this.#waitedMs = 0;
    else this.#waitedMs += Math.min(now - this.#latest, waitMaxMs);
    this.#latest = now;
  }

  get #share(): number {
    const patience = Math.min(1, this.#waitedMs / patienceMs);
    return firstShare + (lastShare - firstShare) * patience;
  }
}
