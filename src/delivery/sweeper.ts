import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import { fullSpeed, type Pace } from '../pace.ts';
import { pruneAudit } from '../store/audit.ts';
import { type DailyTable, dailyTables } from '../store/daily-tables.ts';
import type { Log } from '../store/log.ts';
import { dayMs } from '../uuid-time.ts';
import { doBulkJobs } from './bulk/bulk.ts';
import { Duties } from './duties.ts';
import { bringStrays, bringUnordered, type RecordPlace } from './queue/behind.ts';
import { withClient } from './queue/out-of-pool.ts';
import { dropPartitions, makePartition, pruneRest, retentionBounds } from './queue/partitions.ts';
import { deleteOrphans, moveDueRetries, retryBatch } from './queue/retries.ts';
import { emptySlot, lookAtSlots, turnSlot } from './queue/slots.ts';

export interface SweeperParts {
  readonly pool: Pool;
  readonly log: Log;
  /** Tells the dispatcher that deliveries have become due. */
  wake(): void;
  /** Default: full speed. */
  readonly pace?: Pace;
  readonly options?: {
    /** Events, attempts and counts of them older than this are deleted, by whole days. Default 30. */
    readonly retentionDays?: number;
    /** Ms from one round of a duty to the next. Default: retries and bulk jobs a second, slots and behind ten. */
    readonly every?: {
      readonly retries?: number;
      readonly bulk?: number;
      readonly slots?: number;
      readonly behind?: number;
    };
    /** When the others come round, as cron expressions with seconds. Default: every hour. */
    readonly cron?: {
      readonly partitions?: string;
      readonly orphans?: string;
    };
  };
}

const daysAhead = 3;
/** Retries that became due so long before the last sweep were moved by it or an earlier one, unless their commit took longer. */
const overlapMs = 60_000;
const lockTries = 5;
const behindBatch = 1_000;

/** The duties that come round again and again. */
export function createSweeper({ pool, log, wake, pace = fullSpeed, options = {} }: SweeperParts): Lifetime {
  const { retentionDays = 30, every = {}, cron = {} } = options;
  const stopping = new AbortController();
  const sweeping = new Sweeping({ pool, log, wake, pace, retentionDays, stopping: stopping.signal });
  const duties = new Duties(log);
  const partitions = () => sweeping.partitions();

  return createLifetime({
    async start() {
      const { retries = 1_000, bulk = 1_000, slots = 10_000, behind = 10_000 } = every;
      // Half a round apart, so that two that take long do not begin together.
      duties.every('retries', retries, retries / 2, () => sweeping.retries());
      duties.every('bulk', bulk, bulk, () => sweeping.bulk());
      duties.every('behind', behind, behind / 2, () => sweeping.behind());
      duties.every('slots', slots, slots, () => sweeping.slots());
      duties.at('partitions', cron.partitions ?? '0 7 * * * *', partitions);
      duties.at('orphans', cron.orphans ?? '0 37 * * * *', () => sweeping.orphans());
      await duties.round('partitions', partitions);
    },
    async drain() {
      stopping.abort();
      await duties.stop();
    },
    abort() {},
  });
}

class Sweeping {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #wake: () => void;
  readonly #pace: Pace;
  readonly #retentionDays: number;
  readonly #stopping: AbortSignal;
  /** Everything that was due before is moved. */
  #sweptUntil = new Date(0);
  #allSweptAt = Number.NEGATIVE_INFINITY;
  /** Which of the retries that are due are next. */
  #first: 'oldest' | 'newest' = 'oldest';
  /** Where the look for strays is among the records. */
  #lookedUntil: RecordPlace | undefined;

  constructor(
    parts: Required<Omit<SweeperParts, 'options'>> & { retentionDays: number; stopping: AbortSignal },
  ) {
    this.#pool = parts.pool;
    this.#log = parts.log;
    this.#wake = () => parts.wake();
    this.#pace = parts.pace;
    this.#retentionDays = parts.retentionDays;
    this.#stopping = parts.stopping;
  }

  async retries(): Promise<void> {
    // Once a minute from the beginning, for what was committed very late.
    if (performance.now() - this.#allSweptAt > 60_000) {
      this.#sweptUntil = new Date(0);
      this.#allSweptAt = performance.now();
    }
    for (let full = true; full && !this.#stopping.aborted; ) {
      const most = this.#pace.batch(retryBatch);
      const { taken, moved, at } = await moveDueRetries(this.#pool, this.#sweptUntil, most, this.#first);
      if (moved > 0) this.#wake();
      if (moved < taken)
        this.#log.warn(
          { dropped: taken - moved },
          'retries dropped: their endpoints are gone, or they are due already',
        );
      full = taken === most;
      // In turn, so that a million that were due before do not keep those waiting that have just become due (invariant 7).
      this.#first = this.#first === 'oldest' ? 'newest' : 'oldest';
      if (!full) this.#sweptUntil = new Date(at.getTime() - overlapMs);
      // A small batch each second goes on.
      else if (this.#pace.givesWay) return;
    }
  }

  bulk(): Promise<void> {
    return doBulkJobs({
      pool: this.#pool,
      log: this.#log,
      pace: this.#pace,
      wake: this.#wake,
      stopping: this.#stopping,
    });
  }

  async slots(): Promise<void> {
    let look = await lookAtSlots(this.#pool);
    if (await turnSlot(this.#pool, look)) look = await lookAtSlots(this.#pool);
    if (look.bytes[1 - look.current] === 0) return;
    const emptied = await emptySlot(this.#pool, look, this.#stopping);
    if (emptied) this.#log.debug({ slot: 1 - look.current }, 'slot of the queue emptied');
  }

  async behind(): Promise<void> {
    for (let full = true; full && !this.#stopping.aborted && !this.#pace.givesWay; ) {
      const brought = await bringUnordered(this.#pool, behindBatch);
      if (brought > 0) this.#wake();
      full = brought === behindBatch;
    }
    // So many of a round, and it goes on there the next time: strays are rare, and records may be many.
    for (let batch = 0; batch < 10 && !this.#stopping.aborted; batch += 1) {
      const { brought, next } = await bringStrays(this.#pool, this.#lookedUntil, behindBatch);
      this.#lookedUntil = next;
      if (brought > 0) {
        this.#wake();
        this.#log.warn({ brought }, 'deliveries brought back: the earlier ones of their records were gone');
      }
      if (!next || this.#pace.givesWay) return;
    }
  }

  async partitions(): Promise<void> {
    await withClient(this.#pool, async (client) => {
      const { now, keepFrom } = await retentionBounds(client, this.#retentionDays);
      for (const table of dailyTables) {
        for (let day = 0; day <= daysAhead; day += 1)
          await this.#try(() => this.#make(client, table, new Date(now.getTime() + day * dayMs)));
        await this.#try(async () => {
          const dropped = await dropPartitions(client, table, keepFrom);
          if (dropped.length > 0)
            this.#log.info({ dropped }, 'partitions dropped: older than what retention keeps');
        });
        await this.#try(async () => {
          // One batch an hour while the application goes first: there are few such rows.
          while (!this.#stopping.aborted && (await pruneRest(client, table, keepFrom)) > 0) {
            if (this.#pace.givesWay) break;
          }
        });
      }
    });
  }

  /** What fails keeps nothing else from being done. */
  async #try(work: () => Promise<void>): Promise<void> {
    await work().catch((error) =>
      this.#log.warn({ err: error, duty: 'partitions' }, 'duty failed in part; it will be tried again'),
    );
  }

  async orphans(): Promise<void> {
    const deleted = await deleteOrphans(this.#pool);
    if (deleted > 0) this.#log.warn({ deleted }, 'deliveries dropped: their endpoints are gone');
    await pruneAudit(this.#pool);
  }

  async #make(client: PoolClient, table: DailyTable, day: Date): Promise<void> {
    for (let tries = 1; !this.#stopping.aborted; tries += 1) {
      try {
        const outcome = await makePartition(client, table, day);
        const where = { table, day: day.toISOString().slice(0, 10) };
        if (outcome === 'made') this.#log.info(where, 'partition made');
        if (outcome === 'kept_in_rest') this.#log.debug(where, 'the day began in the default partition');
        return;
      } catch (error) {
        if ((error as { code?: unknown }).code !== '55P03' || tries === lockTries) throw error;
        await sleep(1_000, undefined, { signal: this.#stopping }).catch(() => {});
      }
    }
  }
}
