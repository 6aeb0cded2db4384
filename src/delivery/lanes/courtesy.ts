/** The part of the time for which the process may be at work, while a backlog is sent beside what is fresh. */
const busyShare = 0.4;
/** So much more than that is not yet too much: work comes in pieces. */
const slackMs = 2;
/** What is longer ago is not made up for. */
const debtMaxMs = 50;
/** Something fresh was sent within this time: more of it will come. */
const freshForMs = 1_000;
/** However busy the process is, of a backlog one starts in this time. */
const atLeastEveryMs = 5;

/**
 * Keeps a backlog from slowing what is fresh (invariant 7): a process that sends as fast as it can is late for everything else, and each
 * of the few round trips from a commit to its receiver waits behind what it has in hand. So while fresh deliveries of other endpoints come,
 * what has been due for long starts only as long as the process has time to spare. Nothing of it is sent when nobody notices:
 * without anything fresh a backlog has all the time there is. Pure, as Lanes is.
 */
export class Courtesy {
  /** By how much the process was busier than it may be. */
  #debtMs = 0;
  #fresh = { endpointId: '', at: Number.NEGATIVE_INFINITY };
  /** The latest one of another endpoint than that. */
  #otherFreshAt = Number.NEGATIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;

  /** The process was at work for so long since this was said last, and had nothing to do for so long. */
  spent(busyMs: number, idleMs: number): void {
    const debt = this.#debtMs + busyMs * (1 - busyShare) - idleMs * busyShare;
    this.#debtMs = Math.min(debtMaxMs, Math.max(0, debt));
  }

  /** A delivery starts. */
  started(endpointId: string, isBacklog: boolean, now: number): void {
    if (isBacklog) {
      this.#startedAt = now;
      return;
    }
    if (this.#fresh.endpointId !== endpointId) this.#otherFreshAt = this.#fresh.at;
    this.#fresh = { endpointId, at: now };
  }

  /** When something of this endpoint's backlog may start, if the process has nothing to do until then. */
  backlogAt(endpointId: string, now: number): number {
    const freshAt = this.#fresh.endpointId === endpointId ? this.#otherFreshAt : this.#fresh.at;
    if (now - freshAt > freshForMs || this.#debtMs <= slackMs) return now;
    return Math.min(now + (this.#debtMs - slackMs) / busyShare, this.#startedAt + atLeastEveryMs);
  }
}
