import { dayMs, highestUuid, isUuid, lowestUuid, uuidTime } from '../uuid-time.ts';
import { deliveriesOfId, deliveriesOfRecord } from './deliveries-of.ts';
import {
  type DeliveryFilter,
  type DeliveryPage,
  isWithin,
  matches,
  rangeOf,
  resourceOf,
  textOf,
} from './delivery-filter.ts';
import { type StatusRange, type Step, type Walked, walkSteps } from './delivery-steps.ts';
import { type DeliverySummary, type Summed, summariesOf } from './delivery-summary.ts';
import type { Queryable } from './sql.ts';

export type { DeliveryFilter, DeliveryPage } from './delivery-filter.ts';
export { type DeliveryState, type DeliverySummary, stateOf } from './delivery-summary.ts';

/**
 * Deliveries, the ones with the latest attempts first; of all endpoints that exist, or of one that may be deleted. Reads a bounded number
 * of rows, however long the history is and however rare what is looked for.
 */
export async function listDeliveries(db: Queryable, filter: DeliveryFilter = {}): Promise<DeliveryPage> {
  const limit = Math.min(Math.max(1, filter.limit ?? 50), 500);
  const text = textOf(filter);
  if (filter.record !== undefined && resourceOf(filter) === undefined) {
    return deliveriesOfRecord(
      db,
      { ...filter, record: filter.record, limit },
      (each) => matches(each.summary, filter) && isWithin(each, filter),
    );
  }
  if (text !== undefined && isUuid(text)) {
    const found = (await deliveriesOfId(db, text)).filter((each) => isWithin(each, filter));
    const deliveries = found.map(({ summary }) => summary).filter((summary) => matches(summary, filter));
    return { deliveries: deliveries.slice(0, limit), next: undefined, searchedUntil: null };
  }
  const page = new Page(db, filter, limit);
  let left = mostFor(filter, limit);
  let before = beforeOf(filter);
  let ended = true;
  for (const from of lookBacks(before, filter.since)) {
    const { steps, walked, last } = await walkSteps(db, {
      ...walkFor(filter),
      endpointId: filter.endpointId,
      before,
      from,
      most: left,
      text,
    });
    const full = await page.add(steps);
    left -= walked;
    page.reached = full ?? last ?? page.reached;
    ended = full === undefined && left > 0;
    if (!ended) break;
    before = from;
  }
  const next = ended ? undefined : page.reached;
  return {
    deliveries: page.deliveries,
    next,
    searchedUntil: next === undefined ? null : uuidTime(next),
  };
}

/** So many are summed up at a time: of a long walk, what a page holds is most often found at its beginning. Names of events are soon read. */
const chunk = 200;
const namedChunk = 1_000;

class Page {
  readonly deliveries: DeliverySummary[] = [];
  /** The place to go on from. */
  reached: string | undefined;
  readonly #db: Queryable;
  readonly #filter: DeliveryFilter;
  readonly #limit: number;

  constructor(db: Queryable, filter: DeliveryFilter, limit: number) {
    this.#db = db;
    this.#filter = filter;
    this.#limit = limit;
  }

  /** Takes what belongs on the page. @returns the last place of those that were looked at, where the page is full before the others */
  async add(steps: readonly Step[]): Promise<string | undefined> {
    const { eventName } = this.#filter;
    const size = eventName === undefined ? chunk : namedChunk;
    for (let at = 0; at < steps.length; at += size) {
      const summed = await summariesOf(this.#db, steps.slice(at, at + size), eventName);
      for (const each of summed) {
        // One more is looked for, so that the last page knows that it is.
        if (!isItsPlace(each) || !matches(each.summary, this.#filter)) continue;
        if (this.deliveries.length === this.#limit) return this.reached;
        this.deliveries.push(each.summary);
        this.reached = each.step.place;
      }
    }
    return undefined;
  }
}

/** Not an earlier attempt, which is met on the way. */
function isItsPlace({ step, latestId }: Summed): boolean {
  return step.place === step.id || step.place === latestId;
}

/** How many rows a page looks at. */
function mostFor(filter: DeliveryFilter, limit: number): number {
  const { eventName, record, state, status, text, endpointId } = filter;
  const searching = [eventName, record, state, status, text].some((each) => each !== undefined);
  if (endpointId !== undefined) return searching ? 5_000 : limit * 4;
  return searching ? 3_000 : limit * 2;
}

/** What is to be walked over to find those in a state, or with an answer. */
function walkFor(filter: DeliveryFilter): {
  along: Walked;
  verdict: string | undefined;
  status: StatusRange | undefined;
} {
  const { state } = filter;
  const range = rangeOf(filter);
  const walk = (along: Walked, verdict?: string) => ({ along, verdict, status: range });
  // What is queued is found there, and has the status that its latest attempt has.
  const queued = (along: Walked) => ({ along, verdict: undefined, status: undefined });
  if (state === 'due' || state === 'sending') return queued('due');
  if (state === 'behind' || state === 'waiting') return queued(state);
  if (state === 'succeeded') return walk('attempted', 'succeeded');
  if (state === 'exhausted') return walk('failed', 'exhausted');
  if (state === 'dropped') return walk('failed', 'retry');
  if (range === undefined) return walk('all');
  // No dialect takes another status than one of 200 to 299 for a success.
  return walk(range !== 'none' && range[0] >= 200 && range[0] < 300 ? 'attempted' : 'failed');
}

function beforeOf({ before = highestUuid, until }: DeliveryFilter): string {
  const end = until ? lowestUuid(until) : highestUuid;
  return before < end ? before : end;
}

/**
 * The ends of the walks that make up a page: a day back, a week, and all of it. Partitions are days, and each that is looked into costs
 * something for each endpoint.
 */
function lookBacks(before: string, since: Date | undefined): string[] {
  const start = Math.min(uuidTime(before).getTime(), Date.now());
  const end = since?.getTime() ?? 0;
  const ends = [start - dayMs, start - 8 * dayMs].filter((at) => at > end);
  return [...ends, end].map((at) => lowestUuid(new Date(at)));
}
