import type { Claimed, Lane } from '../queue/claim.ts';
import { Pacing } from './pacing.ts';
import { lanes, shareOf, Turns } from './turns.ts';

/** What the end of a request says of the endpoint's health: an answer of any status, no answer in time, or another failure. */
export type Answer = 'answered' | 'timeout' | 'failed';

/** So far ahead is claimed for an endpoint that has a rate. What cannot start in time would only go back and forth. */
const paceAheadMs = 2_000;

/** What is the same for all endpoints. */
export interface Common {
  /** Requests at a time to one endpoint that has no limit of its own. */
  readonly perEndpoint: number;
  /** How many an endpoint that answers may queue beyond its places. */
  readonly ahead: number;
}

/** What this process has in hand for one endpoint: a queue for each lane, and how many of them may start. Pure, as Lanes is. */
export class EndpointLanes {
  readonly endpointId: string;
  readonly queues: readonly [Claimed[], Claimed[], Claimed[]] = [[], [], []];
  readonly inFlight: [number, number, number] = [0, 0, 0];
  /** Of each lane: highest id that was claimed. */
  readonly after: [string | null, string | null, string | null] = [null, null, null];
  readonly pacing = new Pacing();
  readonly turns = new Turns();
  /** How its latest request ended. */
  mood: Answer | 'unknown' = 'unknown';
  /** Its latest request took long, see InFlight. */
  slow = false;
  /** It has failed, is throttled or was paused, says its latest claim. */
  unwell = false;
  concurrency: number | null = null;
  rate: number | null = null;
  /** How often nothing may be claimed or started, see Lanes.hold. */
  holds = 0;
  /** What it has queued gives way to what is fresh elsewhere. */
  yields = false;
  /** Of those queued: how many wait to be sent alone, apart from the queues. */
  suspicious = 0;
  touchedAt = 0;

  constructor(endpointId: string) {
    this.endpointId = endpointId;
  }

  get queued(): number {
    return this.queues[0].length + this.queues[1].length + this.queues[2].length + this.suspicious;
  }

  get underWay(): number {
    return this.inFlight[0] + this.inFlight[1] + this.inFlight[2];
  }

  get isBusy(): boolean {
    return this.underWay > 0 || this.queued > 0;
  }

  /** Whether a claim may treat it as any other: nothing is known of it here that the database does not know. */
  isAsAny(now: number): boolean {
    if (this.isBusy || this.holds > 0 || this.mood === 'timeout') return false;
    return this.rate === null || this.pacing.within(this.rate, now, paceAheadMs) > 0;
  }

  /** Whether a request of this lane may be one that hangs, see InFlight. */
  isDoubtful(lane: Lane): boolean {
    return lane !== 0 || this.unwell || this.slow || this.mood === 'timeout';
  }

  /** No claim brings more than this, whatever it asks for. */
  get most(): number {
    const ofRate = this.rate === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(this.rate));
    return Math.min(this.concurrency ?? Number.POSITIVE_INFINITY, ofRate);
  }

  /** Requests at a time: one, where the latest got no answer in time. */
  places({ perEndpoint }: Common): number {
    if (this.holds > 0) return 0;
    return this.mood === 'timeout' ? 1 : (this.concurrency ?? perEndpoint);
  }

  hasPlace(common: Common): boolean {
    return this.underWay < this.places(common);
  }

  /** Only for an endpoint that answers soon is anything kept beyond what can start: nobody else can send it meanwhile. */
  capacity(common: Common): number {
    if (this.holds > 0) return 0;
    return this.places(common) + (this.mood === 'answered' && !this.slow ? common.ahead : 0);
  }

  /** How many more may be claimed of a lane. Each has a share of its own, whatever the others have in hand. */
  room(lane: Lane, common: Common, now: number): number {
    const capacity = this.capacity(common);
    if (capacity === 0 || (this.yields && this.queues[lane][0]?.backlog)) return 0;
    const own = shareOf(lane, capacity) - this.queues[lane].length - this.inFlight[lane];
    const room = Math.max(0, own, capacity - this.underWay - this.queued);
    if (this.rate === null) return room;
    return Math.min(room, Math.max(0, this.pacing.within(this.rate, now, paceAheadMs) - this.queued));
  }

  /** Whose turn it is among its lanes that have something to start; one that uses its share of the places lets the others go first. */
  turnOf(may: (lane: Lane) => boolean, common: Common, now: number): Lane | undefined {
    const startable = (lane: Lane): boolean => (this.queues[lane][0]?.sendBy ?? now) > now && may(lane);
    const order = this.turns.order(lanes.filter(startable));
    return order.find((lane) => this.inFlight[lane] < shareOf(lane, this.places(common))) ?? order[0];
  }

  /** Takes out what has not started and would by then be too late. */
  takeLate(now: number): Claimed[] {
    // Claimed in order, so the first ones are late first.
    return this.queues.flatMap((queue) => {
      const kept = queue.findIndex((delivery) => delivery.sendBy > now);
      return queue.splice(0, kept < 0 ? queue.length : kept);
    });
  }
}
