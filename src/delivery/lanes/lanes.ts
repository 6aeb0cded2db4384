import type { Claim, Claimed } from '../queue/claim.ts';
import { type Answer, type Common, EndpointLanes } from './endpoint-lanes.ts';
import { type Room, Rooms } from './rooms.ts';
import { Starting } from './starting.ts';
import { Throughput } from './throughput.ts';

export interface LanesOptions {
  /** Requests at a time. */
  readonly concurrency: number;
  /** Requests at a time to one endpoint. */
  readonly perEndpoint: number;
}

/** An endpoint that nothing has happened to for so long is forgotten. */
const forgottenAfterMs = 600_000;
const forgetEveryMs = 60_000;

/**
 * The claimed deliveries that this process holds, for each endpoint in its three lanes, and which of them may start. Pure: knows no
 * clock and does no I/O; all times are milliseconds of one monotonic clock.
 *
 * It keeps invariant 7, one sick endpoint hurts only itself:
 * - endpoints take turns, and each has at most `perEndpoint` requests at a time, or as many as it is set to;
 * - an endpoint whose latest request got no answer in time has one, until it answers again;
 * - first tries, retries and manual redeliveries share places and room by weight, so that a storm of one starves no other;
 * - a backlog takes no more of the process's time than leaves what is fresh unhindered (courtesy.ts).
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #endpoints = new Map<string, EndpointLanes>();
  readonly #rooms: Rooms;
  readonly #starting: Starting;
  readonly #throughput = new Throughput();
  /** Endpoints with something queued or in flight. */
  readonly #busy = new Set<EndpointLanes>();
  readonly #queued: [number, number, number] = [0, 0, 0];
  #common: Common;
  #forgetAt = 0;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#starting = new Starting(options.concurrency, (id) => this.#endpointOf(id));
    this.#rooms = new Rooms(
      options.concurrency,
      () => this.#starting.lingeringBytes,
      () => this.#starting.yieldingQueued,
    );
    this.#common = { perEndpoint: options.perEndpoint, ahead: 0 };
  }

  get hasRoom(): boolean {
    return this.#rooms.any.includes(true);
  }

  get hasRoomForFresh(): boolean {
    return this.#rooms.any[0];
  }

  /**
   * What a claim may bring.
   * @param full all over the queue, and what lies before the deliveries claimed last too; else only where something was lately
   */
  room(full: boolean, now: number): Room {
    this.#starting.advance(now);
    const suspicious = !this.#starting.hasSuspects;
    return this.#rooms.ask(this.#endpoints.values(), this.#common, { full, suspicious, now });
  }

  /** Whether another claim is worth its cost. */
  runsLow(now: number): boolean {
    this.#starting.advance(now);
    return this.#rooms.runLow((lane) => this.#queued[lane], this.#common, now);
  }

  /**
   * Takes in what a claim brought that was made with this room.
   * @returns what is to be given back at once: too many of them are suspicious
   */
  admit(claim: Claim, room: Room, now: number): Claimed[] {
    const surplus: Claimed[] = [];
    for (const delivery of claim.deliveries) {
      const { lane, endpointId, settings, unwell } = delivery;
      const endpoint = this.#endpointOf(endpointId);
      endpoint.unwell = unwell;
      // Zero is none that the database lets in.
      endpoint.concurrency =
        settings.concurrency && Math.min(settings.concurrency, this.#options.concurrency);
      endpoint.rate = settings.rate;
      endpoint.touchedAt = now;
      endpoint.after[lane] = delivery.id;
      if (!this.#starting.add(endpoint, delivery)) {
        surplus.push(delivery);
        continue;
      }
      this.#queued[lane] += 1;
      this.#rooms.take(delivery);
      this.#busy.add(endpoint);
    }
    this.#rooms.learn(claim, room, (id) => this.#endpointOf(id));
    this.#rooms.deepen(this.#throughput.perSecond(now));
    const ahead = Math.ceil((this.#rooms.depth * 2) / Math.max(1, this.#busy.size));
    this.#common = { ...this.#common, ahead };
    this.#forget(now);
    return surplus;
  }

  /** Takes the next delivery to send, or undefined when none may start now. */
  next(now: number): Claimed | undefined {
    const delivery = this.#starting.next(this.#common, now);
    if (delivery) this.#queued[delivery.lane] -= 1;
    return delivery;
  }

  /** How long the process was at work, and had nothing to do, since this was said last. */
  spent(time: { readonly busyMs: number; readonly idleMs: number }): void {
    this.#starting.spent(time);
  }

  /** When something may start that waits for nothing but its endpoint's rate, or for the process to have time to spare. */
  startsAt(now: number): number | undefined {
    return this.#starting.startsAt(now);
  }

  /**
   * The request is over; the delivery is held on until it is released.
   * @param answer undefined: it says nothing of the endpoint
   */
  ended(delivery: Claimed, answer: Answer | undefined, now: number): void {
    const endpoint = this.#endpointOf(delivery.endpointId);
    if (answer) endpoint.mood = answer;
    endpoint.touchedAt = now;
    this.#throughput.ended();
    this.#starting.advance(now);
    this.#starting.ended(endpoint, delivery);
    this.#starting.reconsider(endpoint);
    if (!endpoint.isBusy) this.#busy.delete(endpoint);
  }

  /** Nothing of this one is in hand any more. */
  release(delivery: Claimed): void {
    this.#rooms.release(delivery);
  }

  /** As release, for deliveries that go back to the queue: they lie before what was claimed last. */
  giveBack(deliveries: readonly Claimed[]): void {
    for (const delivery of deliveries) {
      this.#endpointOf(delivery.endpointId).after[delivery.lane] = null;
      this.release(delivery);
    }
  }

  /** Takes out what has not started and would now be too late; with no time given, all that has not started. */
  takeQueued(now = Number.POSITIVE_INFINITY): Claimed[] {
    return [...this.#busy].flatMap((endpoint) => this.#takeOut(endpoint, now));
  }

  /** Of each endpoint and lane the delivery that has been queued for longest, where that is to start by this time or not at all. */
  longestQueued(sendBy: number): Claimed[] {
    const heads = [...this.#busy].flatMap(({ queues }) => queues.flatMap((queue) => queue.slice(0, 1)));
    return [...heads, ...this.#starting.suspectsWaiting].filter((delivery) => delivery.sendBy <= sendBy);
  }

  /**
   * Claims and starts nothing more for this endpoint, until it is let go as often as it was held.
   * @returns what was queued for it
   */
  hold(endpointId: string): Claimed[] {
    const endpoint = this.#endpointOf(endpointId);
    endpoint.holds += 1;
    return this.#takeOut(endpoint);
  }

  /** Returns what was queued meanwhile: a claim was under way. */
  letGo(endpointId: string): Claimed[] {
    const endpoint = this.#endpointOf(endpointId);
    endpoint.holds -= 1;
    return this.#takeOut(endpoint);
  }

  /** It is to be sent no more than so many a second: known here before the next claim says so. */
  slowDown(endpointId: string, rate: number): void {
    const endpoint = this.#endpointOf(endpointId);
    endpoint.rate = Math.min(endpoint.rate ?? rate, rate);
  }

  #takeOut(endpoint: EndpointLanes, now = Number.POSITIVE_INFINITY): Claimed[] {
    const taken = this.#starting.takeLate(endpoint, now);
    for (const { lane } of taken) this.#queued[lane] -= 1;
    if (!endpoint.isBusy) this.#busy.delete(endpoint);
    return taken;
  }

  #endpointOf(endpointId: string): EndpointLanes {
    const known = this.#endpoints.get(endpointId);
    if (known) return known;
    const endpoint = new EndpointLanes(endpointId);
    this.#endpoints.set(endpointId, endpoint);
    return endpoint;
  }

  #forget(now: number): void {
    if (now < this.#forgetAt) return;
    this.#forgetAt = now + forgetEveryMs;
    for (const [id, endpoint] of this.#endpoints) {
      if (endpoint.isBusy || endpoint.holds > 0 || now - endpoint.touchedAt <= forgottenAfterMs) continue;
      this.#endpoints.delete(id);
      this.#rooms.forget(endpoint);
    }
  }
}
