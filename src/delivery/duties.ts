import cron, { type ScheduledTask } from 'node-cron';
import type { Log } from '../store/log.ts';

/** A duty's work. What fails is logged, and the next round tries again. */
export type Work = () => Promise<void>;

/** How often it is looked whether the machine's clock was set, and what counts as that: one that is slewed does not. */
const watchMs = 1_000;
const setMs = 2_000;

/**
 * What a process does again and again. A duty is never under way twice at once; a round that comes meanwhile is left out.
 *
 * Most come round by the monotonic clock, so that nothing stands still where the machine's clock is set back, and nothing is made up for
 * where it is set ahead or the machine was suspended. node-cron sleeps until the clock says what it said before, or goes through
 * every time that was missed: what it calls is scheduled anew when the clock was set.
 */
export class Duties {
  readonly #log: Log;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #byClock: Array<{ name: string; expression: string; work: Work; task: ScheduledTask }> = [];
  #stopped = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** One round; while one is under way that one. Never rejects. */
  round(name: string, work: Work): Promise<void> {
    const before = this.#underWay.get(name);
    if (before) return before;
    const run = work()
      .catch((error) => this.#log.warn({ err: error, duty: name }, 'duty failed; it will be tried again'))
      .finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, run);
    return run;
  }

  /** A round each so many ms, the first after `firstMs`. One that takes longer is followed by the next whose turn it is. */
  every(name: string, everyMs: number, firstMs: number, work: Work): void {
    const turn = async (): Promise<void> => {
      const begun = performance.now();
      await this.round(name, work);
      if (!this.#stopped) wait(everyMs - ((performance.now() - begun) % everyMs));
    };
    const wait = (ms: number): void => {
      this.#timers.set(name, setTimeout(turn, ms));
    };
    wait(firstMs);
  }

  /** Rounds at the times of a cron expression with seconds, by the machine's clock, whatever it is set to meanwhile. */
  at(name: string, expression: string, work: Work): void {
    if (this.#byClock.length === 0) this.#watchClock();
    this.#byClock.push({ name, expression, work, task: this.#schedule(name, expression, work) });
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const { task } of this.#byClock) await task.destroy();
    await Promise.all(this.#underWay.values());
  }

  #schedule(name: string, expression: string, work: Work): ScheduledTask {
    // Quiet: a round that comes late is no news, the next one does its work.
    const logger = {
      info() {},
      warn() {},
      debug() {},
      error: (message: string | Error) => this.#log.error({ duty: name }, String(message)),
    };
    const options = { name, suppressMissedWarning: true, logger };
    return cron.schedule(expression, () => this.round(name, work), options);
  }

  #watchClock(): void {
    const ahead = (): number => Date.now() - performance.now();
    let before = ahead();
    const look = async (): Promise<void> => {
      const bySet = ahead() - before;
      before += bySet;
      if (Math.abs(bySet) < setMs) return;
      this.#log.info({ byMs: Math.round(bySet) }, 'the clock of this machine was set');
      for (const duty of this.#byClock) {
        await duty.task.destroy();
        if (this.#stopped) return;
        duty.task = this.#schedule(duty.name, duty.expression, duty.work);
        // Its time may have been passed over: a machine that was suspended for days has no partitions for today.
        void this.round(duty.name, duty.work);
      }
    };
    this.every('clock', watchMs, watchMs, look);
  }
}
