import { v7 } from 'uuid';
import { type DeliveryStat, statsInsert } from '../../store/delivery-stats.ts';
import type { Log } from '../../store/log.ts';
import type { Finished, Recorded } from '../queue/record.ts';
import type { Session } from '../queue/session.ts';
import { Tallies } from './tallies.ts';
import type { Tally } from './tally.ts';

const minuteMs = 60_000;
/** Rows of a statement: ten thousand at once would hold up everything else while they are made ready. */
const slice = 500;

export interface DeliveryStatsParts {
  readonly session: Session;
  /** By the database's clock. */
  readonly now: () => Date;
  readonly log: Log;
}

/**
 * Counts the attempts of this process, and writes them at the ends of minutes: a row for all together each minute, and one for each
 * endpoint that had any, at once if it had none before, or else each five minutes. For charts: what cannot be written is kept
 * for the next minute's end, what a process counted last is lost when it is killed, and a row whose commit nobody heard of may come twice.
 */
export class DeliveryStats {
  readonly #parts: DeliveryStatsParts;
  readonly #tallies = new Tallies();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #abort = (): void => {};
  readonly #aborted = new Promise<void>((resolve) => {
    this.#abort = resolve;
  });

  constructor(parts: DeliveryStatsParts) {
    this.#parts = parts;
  }

  /** Counts an attempt that is recorded. */
  add({ delivery, verdict, startedAt, durationMs, status }: Finished, { number }: Recorded): void {
    const outcome = verdict.verdict;
    // changed_at is when the change's transaction began, as Postgres keeps no time of commits; the answer is by the database's clock too.
    const delayMs =
      number === 1 && outcome === 'succeeded' && delivery.event
        ? Math.max(0, startedAt.getTime() + durationMs - delivery.event.changedAt.getTime())
        : -1;
    // Of what was never sent there is no duration.
    const sentMs = status !== null || durationMs > 0 ? durationMs : -1;
    this.#tallies.add(delivery.endpointId, outcome, sentMs, delayMs, this.#minute);
  }

  start(): void {
    this.#arm();
  }

  /** Writes what there is. Resolves when it is written, or could not be. */
  async drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#writing = this.#writing.then(() => this.#write(true));
    await Promise.race([this.#writing, this.#aborted]);
  }

  /** Makes a drain end at once. */
  abort(): void {
    this.#abort();
  }

  /** At each end of a minute by the database's clock, however that is set meanwhile. */
  #arm(): void {
    const toEnd = minuteMs - (this.#parts.now().getTime() % minuteMs);
    this.#timer = setTimeout(() => {
      this.#writing = this.#writing.then(() => this.#write(false));
      this.#arm();
    }, toEnd);
    this.#timer.unref();
  }

  async #write(everything: boolean): Promise<void> {
    const now = this.#parts.now();
    const handed = this.#tallies.hand(performance.now(), everything);
    for (let done = 0; done < handed.length; done += slice) {
      const rows = handed
        .slice(done, done + slice)
        .map(([id, tally]) => rowOf(id, tally, now, this.#minute()));
      const { text, values } = statsInsert(rows);
      try {
        await this.#parts.session.query({ text }, values);
      } catch (error) {
        this.#tallies.takeBack(handed.slice(done));
        this.#parts.log.warn(
          { err: error, rows: handed.length - done },
          'counts of attempts cannot be written; kept',
        );
        return;
      }
    }
  }

  /** When the present minute began. */
  readonly #minute = (): number => Math.floor(this.#parts.now().getTime() / minuteMs) * minuteMs;
}

/** @param minute when the present one began: the clock may have been set back since the tally did */
function rowOf(endpointId: string, tally: Tally, now: Date, minute: number): DeliveryStat {
  return {
    endpointId,
    id: v7({ msecs: now.getTime() }),
    at: new Date(Math.min(tally.since, minute)),
    succeeded: tally.succeeded,
    retried: tally.retried,
    exhausted: tally.exhausted,
    durations: withoutTail(tally.durations),
    delays: withoutTail(tally.delays),
  };
}

/** The last ones that are 0 need no place. */
function withoutTail(counts: Uint32Array): number[] {
  let length = counts.length;
  while (length > 0 && counts[length - 1] === 0) length -= 1;
  return Array.from(counts.subarray(0, length));
}
