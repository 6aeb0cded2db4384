import { setMaxListeners } from 'node:events';
import { v4 } from 'uuid';
import { type Pace, rest } from '../pace.ts';
import type { Log } from '../store/log.ts';
import { logAttempt } from './attempt-log.ts';
import { Claiming } from './claiming.ts';
import type { DatabaseClock } from './database-clock.ts';
import { Wellbeing, type WellbeingParts } from './health/wellbeing.ts';
import { Lanes, type LanesOptions } from './lanes/lanes.ts';
import { createLoopTime } from './loop-time.ts';
import { Outdated } from './outdated.ts';
import type { Claimed } from './queue/claim.ts';
import { giveBack } from './queue/give-back.ts';
import type { Finished, Recorded } from './queue/record.ts';
import { Recorder } from './queue/recorder.ts';
import type { Session } from './queue/session.ts';
import { Returns } from './returns.ts';
import { type SendingParts, send } from './sending.ts';
import { Waiting } from './waiting.ts';

export interface DispatchingParts {
  readonly claims: Session;
  readonly results: Session;
  /** For what is seldom: health, and the starts of suspicious deliveries. Takes several statements at a time. */
  readonly seldom: Session;
  /** Milliseconds that they waited for the database since this was last asked. */
  readonly spentMs: () => number;
  readonly pace: Pace;
  readonly clock: DatabaseClock;
  readonly sending: SendingParts;
  readonly log: Log;
  /** Called once for each attempt that is written down. */
  readonly onRecorded: (finished: Finished, recorded: Recorded) => void;
  /** Makes a delivery's endpoint inactive. Never rejects. */
  readonly disable: WellbeingParts['disable'];
  readonly limits: LanesOptions & {
    readonly timeoutMs: number;
    readonly pollMs: number;
    readonly disableAfterDays: number;
  };
}

/** Between a claim and the start of a request at most this passes, and as much is left after its end to write it down. */
const marginMs = 5_000;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

/**
 * One run of a dispatcher. Several things go on side by side and meet in the lanes: the loop that claims, the requests, the
 * recorder, and what follows for endpoints that are not well. Nothing is locked in the database while a request is under way.
 */
export class Dispatching {
  readonly #parts: DispatchingParts;
  readonly #lanes: Lanes;
  readonly #claiming: Claiming;
  readonly #recorder: Recorder;
  readonly #wellbeing: Wellbeing;
  readonly #waiting = new Waiting();
  readonly #loopTime = createLoopTime();
  readonly #requests = new Set<Promise<void>>();
  readonly #returns: Returns;
  readonly #outdated: Outdated;
  /** Something is to be given back at once: others wait for it. */
  #urgent = false;
  #loop: Promise<void> = Promise.resolve();
  /** Aborted when it is time to stop. */
  readonly #hurry = new AbortController();
  #woken = false;
  #paceTimer: NodeJS.Timeout | undefined;

  constructor(parts: DispatchingParts) {
    // As many endpoints may be gone at once as there are.
    setMaxListeners(0, this.#hurry.signal);
    this.#parts = parts;
    const { claims, results, seldom, log, limits, pace } = parts;
    this.#lanes = new Lanes(limits);
    this.#claiming = new Claiming({
      session: claims,
      lanes: this.#lanes,
      pace,
      clock: parts.clock,
      keeper: v4(),
      timeoutMs: limits.timeoutMs,
      marginMs,
    });
    this.#returns = new Returns({
      session: claims,
      lanes: this.#lanes,
      log,
      claimed: () => this.#claiming.underWay(),
      onLetGo: () => this.#waiting.poke(),
    });
    this.#outdated = new Outdated({
      session: seldom,
      lanes: this.#lanes,
      returns: this.#returns,
      log,
      marginMs,
      onFound: () => {
        this.#urgent = true;
        this.#waiting.poke();
      },
    });
    this.#recorder = new Recorder({
      session: results,
      log,
      onDone: (finished, recorded) => this.#done(finished, recorded),
      onBrought: () => this.wake(),
    });
    this.#wellbeing = new Wellbeing({
      session: seldom,
      log,
      lanes: this.#lanes,
      returns: this.#returns,
      disableAfterDays: limits.disableAfterDays,
      disable: parts.disable,
      hurry: this.#hurry.signal,
      onClosed: () => this.wake(),
    });
  }

  get #stopping(): boolean {
    return this.#hurry.signal.aborted;
  }

  async start(): Promise<void> {
    this.#outdated.start();
    this.#loop = this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#waiting.poke();
  }

  async drain(): Promise<void> {
    this.#hurry.abort();
    clearTimeout(this.#paceTimer);
    this.#waiting.end();
    const looking = this.#outdated.end();
    await this.#loop;
    this.#returns.add(this.#lanes.takeQueued());
    await this.#returns.giveBack();
    await Promise.all(this.#requests);
    await this.#recorder.drain(2 * marginMs);
    await this.#wellbeing.drain();
    await this.#returns.letGo();
    await this.#returns.giveBack();
    await this.#claiming.release().catch((error) => {
      this.#parts.log.warn({ err: error }, 'endpoints not let go: others wait until their time is over');
    });
    await this.#parts.sending.sender.close();
    await looking;
    this.#parts.claims.close();
    this.#parts.results.close();
  }

  abort(): void {
    this.#parts.sending.sender.abort();
    this.#recorder.abort();
  }

  async #run(): Promise<void> {
    const { claims, clock, log, pace, spentMs, limits } = this.#parts;
    let pauseMs = firstPauseMs;
    await this.#recorder.warmUp();
    while (!this.#stopping) {
      try {
        await clock.keep(claims);
        await this.#claim();
        pauseMs = firstPauseMs;
      } catch (error) {
        log.warn({ err: error, pauseMs }, 'deliveries cannot be claimed');
        await this.#breathe(pauseMs);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        continue;
      }
      await rest(
        pace,
        spentMs(),
        (ms) => this.#breathe(ms),
        () => this.#stopping,
      );
      const worthIt = (): boolean =>
        (this.#woken && this.#lanes.hasRoomForFresh) || this.#lanes.runsLow(performance.now());
      await this.#breathe(Math.min(limits.pollMs, this.#claiming.fullInMs()), worthIt);
    }
  }

  /** Waits between two claims, and then gives back what is not to be sent; sooner where others wait for it. */
  async #breathe(ms: number, worthIt = (): boolean => false): Promise<void> {
    await this.#wait(ms, () => this.#urgent || worthIt());
    this.#urgent = false;
    await this.#returns.giveBackLate();
  }

  async #claim(): Promise<void> {
    if (!this.#lanes.hasRoom) return;
    this.#woken = false;
    const { deliveries, surplus } = await this.#claiming.claim();
    this.#wellbeing.claimed(deliveries);
    this.#fill();
    await giveBack(this.#parts.claims, surplus);
  }

  /** Resolves after this time, or as soon as the condition holds when somebody pokes, or when stopping. */
  #wait(ms: number, condition: () => boolean): Promise<void> {
    return this.#stopping ? Promise.resolve() : this.#waiting.wait(ms, condition);
  }

  /** Starts as many requests as may start. */
  #fill(): void {
    if (this.#stopping) return;
    const now = performance.now();
    this.#lanes.spent(this.#loopTime.take());
    for (let delivery = this.#lanes.next(now); delivery; delivery = this.#lanes.next(now)) {
      const request = this.#send(delivery).finally(() => this.#requests.delete(request));
      this.#requests.add(request);
    }
    clearTimeout(this.#paceTimer);
    const startsAt = this.#lanes.startsAt(now);
    if (startsAt === undefined) return;
    this.#paceTimer = setTimeout(
      () => {
        this.#fill();
        this.#waiting.poke();
      },
      Math.max(1, Math.ceil(startsAt - now)),
    );
  }

  async #send(delivery: Claimed): Promise<void> {
    const ending = await send(this.#parts.sending, delivery);
    const answer = 'answer' in ending ? ending.answer : undefined;
    this.#lanes.ended(delivery, answer, performance.now());
    this.#wellbeing.ended(delivery, ending);
    if ('finished' in ending) this.#recorder.add(ending.finished);
    else this.#returns.add([ending.unsent]);
    this.#fill();
    this.#waiting.poke();
  }

  #done(finished: Finished, recorded: Recorded | undefined): void {
    this.#lanes.release(finished.delivery);
    this.#waiting.poke();
    logAttempt(this.#parts.log, finished, recorded);
    if (recorded) this.#parts.onRecorded(finished, recorded);
  }
}
