import { setMaxListeners } from 'node:events';
import { v4 } from 'uuid';
import { type Pace, rest } from '../pace.ts';
import type { Log } from '../store/log.ts';
import type { Dialect } from '../wire/dialect.ts';
import { logAttempt } from './attempt-log.ts';
import { type Claimed, claim, giveBack } from './claim.ts';
import type { Sent } from './exchange.ts';
import { Lanes, type LanesOptions } from './lanes.ts';
import { finishedOf, outgoingOf, unsendableOf } from './outgoing.ts';
import type { Finished, Recorded } from './record.ts';
import { Recorder } from './recorder.ts';
import type { Sender } from './send.ts';
import type { Session } from './session.ts';
import type { Reason } from './verdict.ts';

export interface DispatchingParts {
  readonly claims: Session;
  readonly results: Session;
  /** Milliseconds that both waited for the database since this was last asked. */
  readonly spentMs: () => number;
  readonly pace: Pace;
  readonly sender: Sender;
  readonly log: Log;
  readonly dialectOf: (name: string | null) => Dialect;
  /** Makes a delivery's endpoint inactive. Never rejects. */
  disable(delivery: Claimed, reason: Reason, hurry: AbortSignal): Promise<void>;
  readonly limits: LanesOptions & { readonly timeoutMs: number; readonly pollMs: number };
}

/** Between a claim and the start of a request at most this passes, and as much is left after its end to write it down. */
const marginMs = 5_000;
const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** More leases than attempts by so many: a process may have died of this delivery. */
const suspiciousStarts = 3;

/**
 * One run of a dispatcher. Three things go on side by side and meet in the lanes: the loop that claims, the requests, and the
 * recorder. Nothing is locked in the database while a request is under way.
 */
export class Dispatching {
  readonly #parts: DispatchingParts;
  readonly #lanes: Lanes;
  readonly #recorder: Recorder;
  readonly #requests = new Set<Promise<void>>();
  /** Claimed but not sent: to be given back by the loop, which owns the session for claims. */
  readonly #unsent: Claimed[] = [];
  #loop: Promise<void> = Promise.resolve();
  #claiming: Promise<void> = Promise.resolve();
  #stopping = false;
  /** Aborted when it is time to stop. */
  readonly #hurry = new AbortController();
  #woken = false;
  /** Ends the loop's wait. */
  #proceed = (): void => {};
  /** The endpoint that was served last: they take turns. */
  #turn = '0';
  /** Until then, claims leave out what lies before the ones already made. */
  #fullClaimAt = 0;

  constructor(parts: DispatchingParts) {
    // As many endpoints may be gone at once as there are.
    setMaxListeners(0, this.#hurry.signal);
    this.#parts = parts;
    this.#lanes = new Lanes(parts.limits);
    this.#recorder = new Recorder({
      session: parts.results,
      log: parts.log,
      onDone: (finished, recorded) => this.#done(finished, recorded),
    });
  }

  async start(): Promise<void> {
    this.#loop = this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#poke();
  }

  async drain(): Promise<void> {
    this.#stopping = true;
    this.#hurry.abort();
    this.#proceed();
    await this.#loop;
    this.#unsent.push(...this.#lanes.takeQueued());
    await this.#giveBack();
    await Promise.all(this.#requests);
    await this.#recorder.drain(2 * marginMs);
    await this.#giveBack();
    await this.#parts.sender.close();
    this.#parts.claims.close();
    this.#parts.results.close();
  }

  abort(): void {
    this.#parts.sender.abort();
    this.#recorder.abort();
  }

  async #run(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!this.#stopping) {
      try {
        this.#claiming = this.#claim();
        await this.#claiming;
        pauseMs = firstPauseMs;
      } catch (error) {
        this.#parts.log.warn({ err: error, pauseMs }, 'deliveries cannot be claimed');
        await this.#wait(pauseMs, () => false);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        this.#unsent.push(...this.#lanes.takeQueued(performance.now()));
        if (this.#unsent.length > 0) await this.#giveBack();
        continue;
      }
      this.#fill();
      await rest(
        this.#parts.pace,
        this.#parts.spentMs(),
        (ms) => this.#wait(ms, () => false),
        () => this.#stopping,
      );
      await this.#wait(
        this.#parts.limits.pollMs,
        () => (this.#woken && this.#lanes.hasRoom) || this.#lanes.runsLow,
      );
      this.#unsent.push(...this.#lanes.takeQueued(performance.now()));
      if (this.#unsent.length > 0) await this.#giveBack();
    }
  }

  async #claim(): Promise<void> {
    if (!this.#lanes.hasRoom) return;
    this.#woken = false;
    const free = this.#lanes.room();
    const room = { ...free, limit: this.#parts.pace.batch(free.limit) };
    const startedAt = performance.now();
    const full = startedAt >= this.#fullClaimAt;
    const claimed = await claim(this.#parts.claims, {
      ...room,
      lanes: full ? room.lanes.map((lane) => ({ ...lane, after: null })) : room.lanes,
      lease: v4(),
      leaseMs: this.#parts.limits.timeoutMs + 2 * marginMs,
      sendBy: startedAt + marginMs,
      afterEndpoint: this.#turn,
    });
    const tookMs = performance.now() - startedAt;
    // A slow one has walked over dead rows that vacuum cannot take away (invariant 8): at most a twentieth of the time for that.
    if (full) this.#fullClaimAt = tookMs > 25 ? startedAt + 21 * tookMs : 0;
    this.#turn = claimed.at(-1)?.endpointId ?? '0';
    this.#lanes.admit(claimed, room, performance.now());
    for (const { id, starts, attempts } of claimed) {
      if (starts - attempts > suspiciousStarts) {
        this.#parts.log.warn(
          { delivery: id, starts, attempts },
          'delivery was begun more often than it ended',
        );
      }
    }
  }

  /** Resolves after this time, or as soon as the condition holds when somebody pokes, or when stopping. */
  #wait(ms: number, condition: () => boolean): Promise<void> {
    if (this.#stopping || condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#proceed(), ms);
      this.#waitsFor = condition;
      this.#proceed = () => {
        clearTimeout(timer);
        this.#proceed = () => {};
        this.#waitsFor = () => false;
        resolve();
      };
    });
  }

  #waitsFor = (): boolean => false;

  #poke(): void {
    if (this.#waitsFor()) this.#proceed();
  }

  /** Starts as many requests as may start. */
  #fill(): void {
    if (this.#stopping) return;
    const now = performance.now();
    for (let delivery = this.#lanes.next(now); delivery; delivery = this.#lanes.next(now)) {
      const request = this.#send(delivery).finally(() => this.#requests.delete(request));
      this.#requests.add(request);
    }
  }

  async #send(delivery: Claimed): Promise<void> {
    const outgoing = outgoingOf(delivery, this.#parts.dialectOf, new Date());
    if ('problem' in outgoing) {
      this.#lanes.ended(delivery, 'failed', performance.now());
      this.#recorder.add(unsendableOf(delivery, outgoing.problem, outgoing.detail, new Date()));
      return;
    }
    if (outgoing.requestIdDropped) {
      this.#parts.log.warn({ delivery: delivery.id }, 'request id dropped: it cannot be a header value');
    }
    const sent = await this.#parts.sender.send(delivery.url, outgoing.headers, outgoing.body);
    this.#lanes.ended(delivery, answerOf(sent), performance.now());
    if (sent.failure?.reason === 'aborted') this.#unsent.push(delivery);
    else {
      const finished = finishedOf(delivery, outgoing.dialect, sent);
      this.#recorder.add(finished);
      if ('endpointGone' in finished.verdict) await this.#disable(finished);
    }
    this.#fill();
    this.#poke();
  }

  /** What waits for an endpoint that is gone is held, not spent on the same answer. */
  async #disable({ delivery, verdict }: Finished): Promise<void> {
    const queued = this.#lanes.hold(delivery.endpointId);
    if (!queued) return;
    this.#unsent.push(...queued);
    this.#fill();
    await this.#parts.disable(delivery, verdict.reason, this.#hurry.signal);
    // One that was under way before may still bring some of it.
    await this.#claiming.catch(() => {});
    this.#unsent.push(...this.#lanes.letGo(delivery.endpointId));
  }

  #done(finished: Finished, recorded: Recorded | undefined): void {
    this.#lanes.release(1);
    this.#poke();
    logAttempt(this.#parts.log, finished, recorded);
  }

  async #giveBack(): Promise<void> {
    const deliveries = this.#unsent.splice(0);
    this.#lanes.giveBack(deliveries);
    await giveBack(this.#parts.claims, deliveries).catch((error) => {
      this.#parts.log.warn(
        { err: error, deliveries: deliveries.length },
        'leases not given back: they will expire',
      );
    });
  }
}

function answerOf(sent: Sent): 'answered' | 'timeout' | 'failed' {
  if (!sent.failure) return 'answered';
  return sent.failure.reason === 'timeout' ? 'timeout' : 'failed';
}
