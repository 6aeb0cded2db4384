import type { Claimed, Lane } from '../queue/claim.ts';
import { Courtesy } from './courtesy.ts';
import type { Common, EndpointLanes } from './endpoint-lanes.ts';
import { InFlight } from './in-flight.ts';
import { type Judgement, Ready } from './ready.ts';
import { Suspects } from './suspects.ts';
import { lanes, Turns } from './turns.ts';

/** For so long others wait for the one whose turn it is: there may be no place for it, while those that hang have them all. */
const turnMs = 50;
/** More than what gives way may be left out of any count. */
const enoughYielding = 2_000;

/**
 * Which of the queued deliveries starts next. Pure, as Lanes is, whose sending half this is:
 *
 * - lanes take turns by weight, over all endpoints and within each; one that uses its share of the places lets the others go first;
 * - within a lane endpoints take turns;
 * - what may hang does not get all places (see InFlight), and what may kill goes alone (see Suspects).
 */
export class Starting {
  readonly #endpointOf: (id: string) => EndpointLanes;
  readonly #inFlight: InFlight;
  readonly #suspects = new Suspects();
  readonly #ready = new Ready();
  readonly #turns = new Turns();
  readonly #courtesy = new Courtesy();
  /** Endpoints that could start something but for their rate. */
  readonly #paced = new Set<EndpointLanes>();
  /** Endpoints whose backlog gives way. They take turns: the first one is let go first. */
  readonly #yielding = new Set<EndpointLanes>();
  /** The one of these whose turn it is. */
  #released: EndpointLanes | undefined;
  #releasedAt = 0;

  constructor(concurrency: number, endpointOf: (id: string) => EndpointLanes) {
    this.#inFlight = new InFlight(concurrency);
    this.#endpointOf = endpointOf;
  }

  get hasSuspects(): boolean {
    return this.#suspects.areInHand;
  }

  /** Suspicious ones that have not begun. */
  get suspectsWaiting(): readonly Claimed[] {
    return this.#suspects.waiting;
  }

  /** Whether it is taken in: there may be too many suspicious ones already. */
  add(endpoint: EndpointLanes, delivery: Claimed): boolean {
    if (delivery.counted) endpoint.queues[delivery.lane].push(delivery);
    else if (this.#suspects.add(delivery)) endpoint.suspicious += 1;
    else return false;
    this.#ready.add(endpoint);
    return true;
  }

  /** Something has changed that may let an endpoint start more. */
  reconsider(endpoint: EndpointLanes): void {
    this.#ready.add(endpoint);
  }

  /** Takes the next delivery to send, or undefined when none may start now. */
  next(common: Common, now: number): Claimed | undefined {
    this.#inFlight.advance(now);
    if (!this.#inFlight.hasPlace) return undefined;
    this.#endWaits(now);
    const suspect = this.#suspects.next((delivery) => {
      const endpoint = this.#endpointOf(delivery.endpointId);
      const may = this.#inFlight.hasPlaceForDoubtful && endpoint.hasPlace(common) && delivery.sendBy > now;
      return may && this.#isInTime(endpoint, now);
    });
    if (suspect) {
      const endpoint = this.#endpointOf(suspect.endpointId);
      endpoint.suspicious -= 1;
      return this.#start(endpoint, suspect, now);
    }
    const order = this.#turns.order(lanes);
    const over = (lane: Lane): boolean => this.#inFlight.isOverShare(lane);
    for (const lane of [...order.filter((each) => !over(each)), ...order.filter(over)]) {
      const endpoint = this.#ready.take(lane, this.#inFlight.hasPlaceForDoubtful, (each) =>
        this.#judge(each, lane, common, now),
      );
      if (!endpoint) continue;
      this.#turns.took(lane);
      endpoint.turns.took(lane);
      return this.#start(endpoint, endpoint.queues[lane].shift() as Claimed, now);
    }
    return undefined;
  }

  #judge(endpoint: EndpointLanes, lane: Lane, common: Common, now: number): Judgement {
    const judgement = this.#judgementOf(endpoint, lane, common, now);
    // It cannot start what it was let go for: the next one's turn.
    if (judgement !== 'now' && endpoint === this.#released) this.#released = undefined;
    return judgement;
  }

  #judgementOf(endpoint: EndpointLanes, lane: Lane, common: Common, now: number): Judgement {
    const [first] = endpoint.queues[lane];
    // Too little of its lease is left: somebody else might be sending it before we have ended.
    if (!first || first.sendBy <= now || !endpoint.hasPlace(common)) return 'never';
    if (this.#mustYield(endpoint, lane, now)) {
      this.#courtesy.gaveWay(now);
      this.#yield(endpoint, true);
      return 'never';
    }
    const may = (each: Lane): boolean =>
      (this.#inFlight.hasPlaceForDoubtful || !endpoint.isDoubtful(each)) &&
      !this.#mustYield(endpoint, each, now);
    if (!may(lane)) return 'later';
    if (!this.#isInTime(endpoint, now)) return 'never';
    return endpoint.turnOf(may, common, now) === lane ? 'now' : 'later';
  }

  #mustYield(endpoint: EndpointLanes, lane: Lane, now: number): boolean {
    const [first] = endpoint.queues[lane];
    if (!first || !mayYield(endpoint, first)) return false;
    if (this.#courtesy.backlogAt(endpoint.endpointId, now) > now) return true;
    const others = this.#yielding.size > 0 && endpoint !== this.#released;
    return others && this.#courtesy.isOwed(endpoint.endpointId, now);
  }

  #yield(endpoint: EndpointLanes, yields: boolean): void {
    endpoint.yields = yields;
    if (yields) this.#yielding.add(endpoint);
    else this.#yielding.delete(endpoint);
  }

  /** Of each lane: what is queued and gives way. */
  get yieldingQueued(): [number, number, number] {
    const queued: [number, number, number] = [0, 0, 0];
    for (const { queues } of this.#yielding) {
      for (const lane of lanes) if (queues[lane][0]?.backlog) queued[lane] += queues[lane].length;
      // There may be thousands of them, and nobody needs to know more.
      if (queued[0] + queued[1] + queued[2] > enoughYielding) break;
    }
    return queued;
  }

  #isInTime(endpoint: EndpointLanes, now: number): boolean {
    if (endpoint.rate === null || endpoint.pacing.may(endpoint.rate, now)) return true;
    this.#paced.add(endpoint);
    return false;
  }

  #start(endpoint: EndpointLanes, delivery: Claimed, now: number): Claimed {
    endpoint.inFlight[delivery.lane] += 1;
    const yields = mayYield(endpoint, delivery) && delivery.counted;
    if (yields || !delivery.backlog) this.#courtesy.started(endpoint.endpointId, yields, now);
    if (endpoint === this.#released) this.#released = undefined;
    if (endpoint.yields && !endpoint.queues.some(([head]) => head?.backlog)) this.#yield(endpoint, false);
    this.#inFlight.start(delivery, endpoint.isDoubtful(delivery.lane) || !delivery.counted, now);
    if (endpoint.rate !== null) endpoint.pacing.started(endpoint.rate, now, endpoint.queued > 0);
    this.#ready.add(endpoint);
    return delivery;
  }

  spent({ busyMs, idleMs }: { readonly busyMs: number; readonly idleMs: number }): void {
    this.#courtesy.spent(busyMs, idleMs);
  }

  /** See Lanes. */
  startsAt(now: number): number | undefined {
    const [first] = this.#yielding;
    if (!this.#inFlight.hasPlace || (this.#paced.size === 0 && !first)) return undefined;
    const turnAt = this.#released?.queued ? this.#releasedAt + turnMs : now;
    return Math.min(
      ...[...this.#paced].map(({ pacing, rate }) => (rate === null ? 0 : pacing.startsAt(rate))),
      first ? Math.max(turnAt, this.#courtesy.backlogAt(first.endpointId, now)) : Number.POSITIVE_INFINITY,
    );
  }

  #endWaits(now: number): void {
    for (const endpoint of this.#paced) {
      if (endpoint.rate !== null && endpoint.pacing.startsAt(endpoint.rate) > now) continue;
      this.#paced.delete(endpoint);
      this.#ready.add(endpoint);
    }
    // One at a time, since each that starts may be one too many for the next; whoever starts something asks again.
    if (this.#released?.queued && now - this.#releasedAt < turnMs) return;
    this.#released = undefined;
    for (const endpoint of this.#yielding) {
      if (endpoint.queued > 0 && this.#courtesy.backlogAt(endpoint.endpointId, now) > now) return;
      this.#yield(endpoint, false);
      if (endpoint.queued === 0) continue;
      this.#released = endpoint;
      this.#releasedAt = now;
      this.#ready.add(endpoint);
      return;
    }
  }

  /** Of the payloads of requests that take long, as far as it is known what time it is. */
  get lingeringBytes(): number {
    return this.#inFlight.lingeringBytes;
  }

  /** Takes account of the time that has passed. */
  advance(now: number): void {
    this.#inFlight.advance(now);
  }

  ended(endpoint: EndpointLanes, delivery: Claimed): void {
    endpoint.slow = this.#inFlight.end(delivery);
    this.#suspects.ended(delivery);
    endpoint.inFlight[delivery.lane] -= 1;
  }

  /** Takes out what has not started and would by then be too late. */
  takeLate(endpoint: EndpointLanes, now: number): Claimed[] {
    const late = endpoint.takeLate(now);
    if (endpoint.suspicious > 0) {
      const suspects = this.#suspects.take(
        (delivery) => delivery.endpointId === endpoint.endpointId && delivery.sendBy <= now,
      );
      endpoint.suspicious -= suspects.length;
      late.push(...suspects);
    }
    this.#ready.add(endpoint);
    return late;
  }
}

/** Not a probe, which tells whether all the others may go, nor what has a rate, and so is spaced already. */
function mayYield({ rate }: EndpointLanes, { backlog, probe }: Claimed): boolean {
  return backlog && !probe && rate === null;
}
