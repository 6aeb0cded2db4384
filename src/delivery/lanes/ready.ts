import type { Lane } from '../queue/claim.ts';
import type { EndpointLanes } from './endpoint-lanes.ts';
import { lanes } from './turns.ts';

interface Entry {
  readonly endpoint: EndpointLanes;
  /** Grows: whoever came first is first. */
  readonly order: number;
}

/** `now`: it is taken; `later`: it keeps its place; `never`: it leaves the line, and somebody will add it again. */
export type Judgement = 'now' | 'later' | 'never';

/**
 * The endpoints that have something to start, in line for each lane: they take turns. Those whose requests are doubtful stand
 * apart, so that nobody has to walk past them while there is no slot for them.
 */
export class Ready {
  readonly #lines: readonly [Line, Line, Line] = [new Line(), new Line(), new Line()];
  #order = 0;

  /** Puts an endpoint at the end of the lines of those lanes that have something queued. */
  add(endpoint: EndpointLanes): void {
    for (const lane of lanes) {
      if (endpoint.queues[lane].length === 0) continue;
      this.#order += 1;
      this.#lines[lane].add({ endpoint, order: this.#order }, endpoint.isDoubtful(lane));
    }
  }

  /**
   * Takes the first endpoint in line for a lane that may start.
   * @param doubtful whether those count too
   */
  take(
    lane: Lane,
    doubtful: boolean,
    judge: (endpoint: EndpointLanes) => Judgement,
  ): EndpointLanes | undefined {
    const line = this.#lines[lane];
    const later: Entry[] = [];
    let found: EndpointLanes | undefined;
    for (let entry = line.shift(doubtful); entry && !found; ) {
      const judgement = judge(entry.endpoint);
      if (judgement === 'now') found = entry.endpoint;
      else {
        if (judgement === 'later') later.push(entry);
        entry = line.shift(doubtful);
      }
    }
    line.putBack(later, (endpoint) => endpoint.isDoubtful(lane));
    return found;
  }
}

class Line {
  #well: Entry[] = [];
  #doubtful: Entry[] = [];
  /** Who stands in it, and whether among the doubtful ones. */
  readonly #standing = new Map<EndpointLanes, boolean>();

  add(entry: Entry, doubtful: boolean): void {
    const before = this.#standing.get(entry.endpoint);
    if (before === doubtful || before === false) return;
    // It is well again: nothing that hangs may keep it.
    if (before) this.#doubtful = this.#doubtful.filter((each) => each.endpoint !== entry.endpoint);
    this.#standing.set(entry.endpoint, doubtful);
    (doubtful ? this.#doubtful : this.#well).push(entry);
  }

  /** The first one; only where doubtful ones count, among these too. */
  shift(doubtful: boolean): Entry | undefined {
    const [well] = this.#well;
    const [other] = doubtful ? this.#doubtful : [];
    const from = well && (!other || well.order < other.order) ? this.#well : this.#doubtful;
    const entry = well || other ? from.shift() : undefined;
    if (entry) this.#standing.delete(entry.endpoint);
    return entry;
  }

  putBack(entries: readonly Entry[], isDoubtful: (endpoint: EndpointLanes) => boolean): void {
    if (entries.length === 0) return;
    const doubtful = entries.filter(({ endpoint }) => isDoubtful(endpoint));
    this.#doubtful = [...doubtful, ...this.#doubtful];
    this.#well = [...entries.filter((entry) => !doubtful.includes(entry)), ...this.#well];
    for (const { endpoint } of entries) this.#standing.set(endpoint, isDoubtful(endpoint));
  }
}
