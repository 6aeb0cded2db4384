import type { Claim, Claimed, ClaimRequest, Lane } from '../queue/claim.ts';
import type { Common, EndpointLanes } from './endpoint-lanes.ts';
import { Hand } from './hand.ts';
import { lanes, shareOf } from './turns.ts';

/** A claim that does not look all over the queue asks about so many endpoints at most, those that something happened to last. */
const knownMax = 128;

/** The part of a claim that says how many deliveries there is room for. */
export interface Room extends Pick<ClaimRequest, 'lanes' | 'roomOfOthers' | 'full' | 'suspicious' | 'bytes'> {
  /** Of each lane. */
  readonly limits: readonly [number, number, number];
}

/** Where something was within this time, claims look that do not look everywhere. */
const latelyMs = 5_000;

/** How much more there is room for, and whether more is known to wait. Pure, as Lanes is, whose claiming half this is. */
export class Rooms {
  readonly #hand: Hand;
  /** Of each lane: endpoints whose last claim brought as many as were asked for: more are waiting in the database. */
  readonly #hungry: readonly [Set<EndpointLanes>, Set<EndpointLanes>, Set<EndpointLanes>] = [
    new Set(),
    new Set(),
    new Set(),
  ];
  /** Of each lane: the last claim brought so many that it did not get to all endpoints. */
  readonly #cutShort: [boolean, boolean, boolean] = [false, false, false];

  readonly #yielding: () => readonly [number, number, number];

  /**
   * @param lingeringBytes of the payloads of requests that take long
   * @param yielding of each lane: what is queued and gives way
   */
  constructor(
    concurrency: number,
    lingeringBytes: () => number,
    yielding: () => readonly [number, number, number],
  ) {
    this.#hand = new Hand(concurrency, lingeringBytes);
    this.#yielding = yielding;
  }

  /** A third of what may be in hand. */
  get depth(): number {
    return this.#hand.depth;
  }

  /** Follows how many requests end in a second. */
  deepen(perSecond: number): void {
    this.#hand.deepen(perSecond);
  }

  /** Of each lane, whether there is any. */
  get any(): [boolean, boolean, boolean] {
    const { bytesForMore } = this.#hand;
    const [fresh, retries, byHand] = this.#limits();
    return [bytesForMore && fresh > 0, bytesForMore && retries > 0, bytesForMore && byHand > 0];
  }

  /**
   * What a claim may bring.
   * @param full all over the queue, and what lies before the deliveries claimed last too; else only of these endpoints, as
   *   far as something was there lately
   */
  ask(
    endpoints: Iterable<EndpointLanes>,
    common: Common,
    { full, suspicious, now }: { full: boolean; suspicious: boolean; now: number },
  ): Room {
    const asked: Array<Room['lanes'][number]> = [];
    for (const endpoint of full ? endpoints : latestOf(endpoints)) {
      const isHungry = lanes.some((lane) => this.#hungry[lane].has(endpoint));
      // There may be ten thousand of them.
      const leftOut = full ? endpoint.isAsAny(now) : !endpoint.isBusy && now - endpoint.touchedAt > latelyMs;
      if (leftOut && !isHungry) continue;
      const rooms = lanes.map((lane) => endpoint.room(lane, common, now));
      for (const lane of lanes) {
        const after = full ? null : endpoint.after[lane];
        if (!full && rooms[lane] === 0) continue;
        asked.push({ lane, endpointId: endpoint.endpointId, room: rooms[lane] ?? 0, after });
      }
    }
    return {
      limits: this.#limits(),
      lanes: asked,
      // Who is not known may have a backlog too: it is not to fill the room for what is fresh.
      roomOfOthers: common.perEndpoint,
      full,
      suspicious,
      bytes: this.#hand.bytesLeft,
    };
  }

  /** Learns from what a claim brought what else is waiting. */
  learn({ deliveries, cut }: Claim, room: Room, endpointOf: (id: string) => EndpointLanes): void {
    const keyOf = (lane: Lane, endpointId: string): string => `${lane} ${endpointId}`;
    const brought = new Map<string, number>();
    for (const lane of lanes) {
      const ofLane = deliveries.filter((delivery) => delivery.lane === lane);
      if (room.limits[lane] > 0) this.#cutShort[lane] = cut || ofLane.length >= room.limits[lane];
      for (const { endpointId } of ofLane) {
        const key = keyOf(lane, endpointId);
        brought.set(key, (brought.get(key) ?? 0) + 1);
      }
    }
    const asked = new Map(room.lanes.map((each) => [keyOf(each.lane, each.endpointId), each]));
    const judge = (lane: Lane, endpointId: string, wanted: number): void => {
      const got = brought.get(keyOf(lane, endpointId)) ?? 0;
      const endpoint = endpointOf(endpointId);
      if (got > 0 && got >= Math.min(wanted, endpoint.most)) this.#hungry[lane].add(endpoint);
      else if (wanted > 0 && !this.#cutShort[lane]) this.#hungry[lane].delete(endpoint);
    };
    for (const each of room.lanes) judge(each.lane, each.endpointId, each.room);
    for (const { lane, endpointId } of deliveries) {
      if (!asked.has(keyOf(lane, endpointId))) judge(lane, endpointId, room.roomOfOthers);
    }
  }

  /** Whether another claim is worth its cost: more is known to wait in the database, and there is room for a good many. */
  runLow(queued: (lane: Lane) => number, common: Common, now: number): boolean {
    if (!this.#hand.bytesForMore) return false;
    const limits = this.#limits();
    return lanes.some((lane) => {
      const share = shareOf(lane, this.#hand.depth);
      if (limits[lane] < share / 2) return false;
      if (this.#cutShort[lane] && queued(lane) < share) return true;
      for (const endpoint of this.#hungry[lane]) {
        const half = Math.floor(shareOf(lane, endpoint.capacity(common)) / 2);
        if (endpoint.room(lane, common, now) >= Math.max(1, half)) return true;
      }
      return false;
    });
  }

  take(delivery: Claimed): void {
    this.#hand.add(delivery);
  }

  release(delivery: Claimed): void {
    this.#hand.remove(delivery);
  }

  forget(endpoint: EndpointLanes): void {
    for (const hungry of this.#hungry) hungry.delete(endpoint);
  }

  #limits(): [number, number, number] {
    return this.#hand.limits((lane) => this.#cutShort[lane] || this.#hungry[lane].size > 0, this.#yielding());
  }
}

function latestOf(endpoints: Iterable<EndpointLanes>): EndpointLanes[] {
  const all = [...endpoints];
  if (all.length <= knownMax) return all;
  return all.sort((one, other) => other.touchedAt - one.touchedAt).slice(0, knownMax);
}
