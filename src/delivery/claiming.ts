import { v4 } from 'uuid';
import type { Pace } from '../pace.ts';
import { lowestUuid } from '../uuid-time.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { Lanes } from './lanes/lanes.ts';
import { lanes } from './lanes/turns.ts';
import { type Claimed, type ClaimRequest, claim, type Lane } from './queue/claim.ts';
import { releaseKept } from './queue/keep.ts';
import type { Session } from './queue/session.ts';

export interface ClaimingParts {
  readonly session: Session;
  readonly lanes: Lanes;
  readonly pace: Pace;
  readonly clock: DatabaseClock;
  /** Names this dispatcher. */
  readonly keeper: string;
  /** Deadline of a request to an endpoint that has none of its own. */
  readonly timeoutMs: number;
  /** From a claim to the start of a request, at most, and from its end to when it is recorded. */
  readonly marginMs: number;
}

/** What is due for longer is a backlog. */
const freshMs = 1_000;
/** A claim all over the queue that took longer, and longer than what it brought explains, has walked over dead rows. */
const slowMs = 25;
const msPerDelivery = 0.1;
/** Such claims are made for one part in so many of the time. */
const slowShare = 4;

/** Makes claims for what the lanes have room for, and brings them what they get. */
export class Claiming {
  readonly #parts: ClaimingParts;
  #underWay: Promise<unknown> = Promise.resolve();
  /** Of each lane: the endpoint that was served last. They take turns. */
  readonly #turns: [string, string, string] = ['0', '0', '0'];
  /** Until then claims look only where something was lately, and leave out what lies before the ones already made. */
  #fullAt = 0;
  #wasFull = true;
  /** The last claim all over the queue brought so many that it did not get to all endpoints. */
  #fullWasCut = false;
  /** It has claimed for an endpoint whose limits hold over all daemons. */
  #keeps = false;

  constructor(parts: ClaimingParts) {
    this.#parts = parts;
  }

  /** Lets others claim for the endpoints that this one alone has claimed for. */
  async release(): Promise<void> {
    if (this.#keeps) await releaseKept(this.#parts.session, this.#parts.keeper);
  }

  /** Resolves when the claim that is under way has brought what it brings, or failed. */
  underWay(): Promise<unknown> {
    return this.#underWay;
  }

  /** Milliseconds until a claim is due that looks all over the queue, because the last one did not. */
  fullInMs(): number {
    return this.#wasFull ? Number.POSITIVE_INFINITY : Math.max(0, this.#fullAt - performance.now());
  }

  /** @returns what was claimed, and of that what there is no place for: it is to be given back at once */
  claim(): Promise<{ deliveries: readonly Claimed[]; surplus: readonly Claimed[] }> {
    const made = this.#claim();
    this.#underWay = made.catch(() => {});
    return made;
  }

  async #claim(): Promise<{ deliveries: readonly Claimed[]; surplus: readonly Claimed[] }> {
    const { session, pace, clock, keeper, timeoutMs, marginMs } = this.#parts;
    const startedAt = performance.now();
    const full = startedAt >= this.#fullAt;
    const asked = this.#parts.lanes.room(full, startedAt);
    const limitOf = (lane: Lane): number => (asked.limits[lane] === 0 ? 0 : pace.batch(asked.limits[lane]));
    const room = { ...asked, limits: [limitOf(0), limitOf(1), limitOf(2)] as const };
    const turnOf = (lane: Lane) => ({ limit: room.limits[lane], afterEndpoint: this.#turns[lane] });
    const request: ClaimRequest = {
      lanes: room.lanes,
      roomOfOthers: room.roomOfOthers,
      bytes: room.bytes,
      full,
      suspicious: room.suspicious,
      freshFrom: lowestUuid(new Date(clock.now().getTime() - freshMs)),
      turns: [turnOf(0), turnOf(1), turnOf(2)],
      lease: v4(),
      keeper,
      defaultTimeoutMs: timeoutMs,
      marginMs,
      sendBy: startedAt + marginMs,
    };
    const claimed = await claim(session, request);
    const { deliveries } = claimed;
    const tookMs = performance.now() - startedAt;
    // It may have walked over dead rows that vacuum cannot take away (invariant 8).
    const brought = deliveries.length;
    if (full) {
      const slow = tookMs > slowMs + msPerDelivery * brought;
      this.#fullAt = slow ? startedAt + slowShare * tookMs : 0;
      this.#fullWasCut = lanes.some(
        (lane) =>
          room.limits[lane] > 0 &&
          deliveries.filter((delivery) => delivery.lane === lane).length >= room.limits[lane],
      );
    } else if (this.#fullWasCut && brought < room.limits[0] / 2) {
      // Much is waiting, but not where something was lately: many endpoints with little each.
      this.#fullAt = 0;
    }
    this.#wasFull = full;
    for (const lane of lanes) {
      this.#turns[lane] = deliveries.findLast((delivery) => delivery.lane === lane)?.endpointId ?? '0';
    }
    this.#keeps ||= deliveries.some(
      ({ settings }) => settings.concurrency !== null || settings.rate !== null,
    );
    return { deliveries, surplus: this.#parts.lanes.admit(claimed, room, performance.now()) };
  }
}
