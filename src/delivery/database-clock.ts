import type { Session } from './queue/session.ts';

/** A machine's clock and the database's drift apart by less than a few milliseconds in this time. */
const goodForMs = 60_000;
/** An answer that took longer may be as far behind: it is asked for again soon. */
const quickMs = 100;
const doubtfulForMs = 1_000;

/**
 * What time it is by the database's clock: read once a minute, and from there on counted by a clock that nobody can set. So this
 * machine's date may be wrong, or jump, and attempts are dated, signed and put into their partitions as on all other machines. It is
 * behind by at most the time that the answer took, and never ahead.
 */
export class DatabaseClock {
  /** What to add to performance.now(). Until the database has been asked, this machine's date is all there is. */
  #offsetMs = performance.timeOrigin;
  #askAgainAt = 0;

  now(): Date {
    return new Date(this.#offsetMs + performance.now());
  }

  /** Asks the database, where it has not been asked for a minute. */
  async keep(session: Session): Promise<void> {
    const askedAt = performance.now();
    if (askedAt < this.#askAgainAt) return;
    const { rows } = await session.query<{ ms: number }>(
      { text: 'select extract(epoch from clock_timestamp())::float8 * 1000 as ms' },
      [],
    );
    const answeredAt = performance.now();
    // Read before the answer came. Never ahead: who asks about all until now must not overlook what was just recorded.
    this.#offsetMs = (rows[0] as { ms: number }).ms - answeredAt;
    this.#askAgainAt = answeredAt + (answeredAt - askedAt > quickMs ? doubtfulForMs : goodForMs);
  }
}
