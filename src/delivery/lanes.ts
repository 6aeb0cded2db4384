import type { Claimed, ClaimRequest } from './claim.ts';

/** What the end of a request says of the endpoint's health: an answer of any status, no answer in time, or another failure. */
export type Answer = 'answered' | 'timeout' | 'failed';

export interface LanesOptions {
  /** Requests at a time. */
  readonly concurrency: number;
  /** Requests at a time to one endpoint. */
  readonly perEndpoint: number;
}

/** A request that takes longer no longer counts against the others' slots. */
export const lingersAfterMs = 1_000;
/** A lane that nothing has happened on for so long is forgotten. */
const forgottenAfterMs = 600_000;

/** The part of a claim that says how many deliveries there is room for. */
export type Room = Pick<ClaimRequest, 'limit' | 'lanes' | 'roomOfOthers'>;

interface Lane {
  readonly endpointId: string;
  readonly queue: Claimed[];
  inFlight: number;
  /** How its latest request ended. */
  mood: Answer | 'unknown';
  ready: boolean;
  /** Nothing is claimed or started, see hold. */
  held: boolean;
  /** Highest id that was claimed. */
  after: string | null;
  touchedAt: number;
}

/**
 * The claimed deliveries that this process holds, in a lane for each endpoint, and which of them may start. Pure: knows no
 * clock and does no I/O; all times are milliseconds of one monotonic clock.
 *
 * It keeps invariant 7, one sick endpoint hurts only itself:
 * - lanes take turns, and each has at most `perEndpoint` requests at a time;
 * - a lane whose latest request got no answer in time has one, until it answers again;
 * - up to `concurrency` requests that take longer than a second do not count, so that as many can start beside them.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that have something queued and may start it, the next one first. */
  #ready: Lane[] = [];
  /** In the order in which they started. */
  readonly #inFlight = new Map<Claimed, number>();
  /** Lanes whose last claim brought as many as were asked for: more are waiting in the database. */
  readonly #hungry = new Set<Lane>();
  /** The last claim brought so many that it did not get to all endpoints. */
  #cutShort = false;
  /** How many each lane may queue beyond its slots. */
  #ahead = 0;
  #queued = 0;
  /** Deliveries that were admitted and not yet released: queued, in flight, or waiting to be recorded. */
  #held = 0;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  get hasRoom(): boolean {
    return this.#held < this.#options.concurrency * 3;
  }

  /** What a claim may bring: three times as many as can be sent at a time, so that requests and claims overlap. */
  room(): Room {
    const { concurrency, perEndpoint } = this.#options;
    return {
      limit: Math.max(0, concurrency * 3 - this.#held),
      lanes: [...this.#lanes.values()].map((lane) => ({
        endpointId: lane.endpointId,
        room: this.#roomOf(lane),
        after: lane.after,
      })),
      roomOfOthers: perEndpoint,
    };
  }

  /** Whether another claim is worth its cost: more is known to wait in the database, and there is room for a good many. */
  get runsLow(): boolean {
    const { concurrency } = this.#options;
    if (concurrency * 3 - this.#held < concurrency / 2) return false;
    if (this.#cutShort && this.#queued < concurrency) return true;
    for (const lane of this.#hungry) {
      if (this.#roomOf(lane) >= Math.max(1, Math.floor(this.#capacityOf(lane) / 2))) return true;
    }
    return false;
  }

  /** Takes in what a claim brought that was made with this room. */
  admit(claimed: readonly Claimed[], room: Room, now: number): void {
    const brought = new Map<string, number>();
    for (const delivery of claimed) {
      const lane = this.#laneOf(delivery.endpointId);
      lane.queue.push(delivery);
      lane.touchedAt = now;
      lane.after = delivery.id;
      brought.set(lane.endpointId, (brought.get(lane.endpointId) ?? 0) + 1);
      this.#makeReady(lane);
    }
    this.#queued += claimed.length;
    this.#held += claimed.length;
    this.#cutShort = claimed.length >= room.limit;
    const asked = new Map(room.lanes.map((lane) => [lane.endpointId, lane.room]));
    let busy = 0;
    for (const lane of this.#lanes.values()) {
      const wanted = asked.get(lane.endpointId) ?? room.roomOfOthers;
      const got = brought.get(lane.endpointId) ?? 0;
      if (got > 0 && got >= wanted) this.#hungry.add(lane);
      else if (wanted > 0 && !this.#cutShort) this.#hungry.delete(lane);
      if (lane.inFlight > 0 || lane.queue.length > 0) busy += 1;
    }
    this.#ahead = Math.ceil((this.#options.concurrency * 2) / Math.max(1, busy));
    this.#forget(now);
  }

  /** Takes the next delivery to send, or undefined when none may start now. */
  next(now: number): Claimed | undefined {
    if (this.#slotsInUse(now) >= this.#options.concurrency) return undefined;
    for (let lane = this.#ready.shift(); lane; lane = this.#ready.shift()) {
      lane.ready = false;
      if (!this.#mayStart(lane)) continue;
      // Too little of its lease is left: somebody else might be sending it before we have ended.
      if ((lane.queue[0] as Claimed).sendBy <= now) continue;
      const delivery = lane.queue.shift() as Claimed;
      this.#queued -= 1;
      lane.inFlight += 1;
      this.#inFlight.set(delivery, now);
      this.#makeReady(lane);
      return delivery;
    }
    return undefined;
  }

  /** The request is over; the delivery is held on until it is released. */
  ended(delivery: Claimed, answer: Answer, now: number): void {
    const lane = this.#laneOf(delivery.endpointId);
    this.#inFlight.delete(delivery);
    lane.inFlight -= 1;
    lane.mood = answer;
    lane.touchedAt = now;
    this.#makeReady(lane);
  }

  /** Nothing of these is in hand any more. */
  release(count: number): void {
    this.#held -= count;
  }

  /** As release, for deliveries that go back to the queue: they lie before what was claimed last. */
  giveBack(deliveries: readonly Claimed[]): void {
    for (const { endpointId } of deliveries) this.#laneOf(endpointId).after = null;
    this.release(deliveries.length);
  }

  /** Takes out what has not started and would now be too late; with no time given, all that has not started. */
  takeQueued(now = Number.POSITIVE_INFINITY): Claimed[] {
    const taken: Claimed[] = [];
    for (const lane of this.#lanes.values()) {
      // Claimed in order, so the first ones are late first.
      const kept = lane.queue.findIndex((delivery) => delivery.sendBy > now);
      taken.push(...lane.queue.splice(0, kept < 0 ? lane.queue.length : kept));
      this.#makeReady(lane);
    }
    this.#queued -= taken.length;
    return taken;
  }

  /**
   * Claims and starts nothing more for this endpoint, until it is let go.
   * @returns what was queued for it, or undefined where it is held already
   */
  hold(endpointId: string): Claimed[] | undefined {
    const lane = this.#laneOf(endpointId);
    if (lane.held) return undefined;
    lane.held = true;
    return this.#takeOut(lane);
  }

  /** Returns what was queued meanwhile: a claim was under way. */
  letGo(endpointId: string): Claimed[] {
    const lane = this.#laneOf(endpointId);
    lane.held = false;
    return this.#takeOut(lane);
  }

  #takeOut(lane: Lane): Claimed[] {
    this.#queued -= lane.queue.length;
    return lane.queue.splice(0);
  }

  #laneOf(endpointId: string): Lane {
    const known = this.#lanes.get(endpointId);
    if (known) return known;
    const lane: Lane = {
      endpointId,
      queue: [],
      inFlight: 0,
      mood: 'unknown',
      ready: false,
      held: false,
      after: null,
      touchedAt: 0,
    };
    this.#lanes.set(endpointId, lane);
    return lane;
  }

  #makeReady(lane: Lane): void {
    if (lane.ready || !this.#mayStart(lane)) return;
    lane.ready = true;
    this.#ready.push(lane);
  }

  #mayStart(lane: Lane): boolean {
    return lane.queue.length > 0 && lane.inFlight < this.#slotsOf(lane);
  }

  #slotsOf(lane: Lane): number {
    if (lane.held) return 0;
    return lane.mood === 'timeout' ? 1 : this.#options.perEndpoint;
  }

  /** Only for an endpoint that answers is anything kept beyond what can start: nobody else can send it meanwhile. */
  #capacityOf(lane: Lane): number {
    if (lane.held) return 0;
    return this.#slotsOf(lane) + (lane.mood === 'answered' ? this.#ahead : 0);
  }

  #roomOf(lane: Lane): number {
    return Math.max(0, this.#capacityOf(lane) - lane.inFlight - lane.queue.length);
  }

  #slotsInUse(now: number): number {
    let lingering = 0;
    for (const startedAt of this.#inFlight.values()) {
      if (now - startedAt < lingersAfterMs) break;
      lingering += 1;
    }
    return this.#inFlight.size - Math.min(lingering, this.#options.concurrency);
  }

  #forget(now: number): void {
    for (const [id, lane] of this.#lanes) {
      const idle = lane.inFlight === 0 && lane.queue.length === 0 && !lane.held;
      if (idle && now - lane.touchedAt > forgottenAfterMs) {
        this.#lanes.delete(id);
        this.#hungry.delete(lane);
      }
    }
  }
}
