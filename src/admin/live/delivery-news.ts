import { stepsOf } from '../../store/delivery-steps.ts';
import { summariesOf } from '../../store/delivery-summary.ts';
import { type DeliverySummary, listDeliveries } from '../../store/history.ts';
import { freshOnes, type Noticed, noticedOf, type Watched } from '../../store/live-deliveries.ts';
import type { Queryable } from '../../store/sql.ts';
import { lowestUuid } from '../../uuid-time.ts';
import type { LiveDeliveriesView } from '../shapes/live.ts';
import { deliveryView } from '../views/delivery-view.ts';
import { EndpointRounds } from './endpoint-rounds.ts';
import { Told } from './told.ts';

/** What somebody listens to. */
export interface DeliveryDemand {
  readonly all: boolean;
  readonly endpointIds: ReadonlySet<string>;
}

/** Attempts and deliveries have their id before they are committed: so far is looked back, and what was told is dropped. */
export const lookBackMs = 10_000;
/** Deliveries that are told of at a time. */
const toldMost = 200;
/** Of those that are under way, the ones whose state is looked at each time. */
const movingMost = 100;

/** Finds out what happened to deliveries since it last looked, by a bounded number of rows. */
export class DeliveryNews {
  readonly #db: Queryable;
  readonly #told = new Told();
  readonly #rounds = new EndpointRounds();
  #demand: DeliveryDemand = { all: false, endpointIds: new Set() };

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** @param now by the database's clock */
  async look(demand: DeliveryDemand, now: Date): Promise<LiveDeliveriesView[]> {
    await this.#watchFor(demand);
    const noticed = await this.#noticed(demand, now);
    const more = noticed.length >= toldMost && this.#told.isNew(noticed.at(-1)!);
    const changed = await this.#changed(noticed);
    if (demand.all) this.#rounds.heat(changed.map(({ endpointId }) => endpointId));
    return batchesOf(changed, more ? demand.endpointIds : undefined);
  }

  /** What the page has loaded by then, and may be under way, is watched too. */
  async #watchFor(demand: DeliveryDemand): Promise<void> {
    const before = this.#demand;
    const fresh: Array<string | undefined> = [...demand.endpointIds].filter(
      (id) => !before.endpointIds.has(id),
    );
    if (demand.all && !before.all) fresh.push(undefined);
    for (const endpointId of fresh) {
      const { deliveries } = await listDeliveries(this.#db, { endpointId, limit: movingMost });
      for (const each of deliveries) this.#told.saw(each);
    }
    this.#demand = demand;
  }

  async #noticed({ all, endpointIds }: DeliveryDemand, now: Date): Promise<Noticed[]> {
    const back = (ms: number): string => lowestUuid(new Date(now.getTime() - ms));
    const since = back(lookBackMs);
    const watched = new Map<string, Watched>();
    const add = (ids: Iterable<string>, since: string) => {
      for (const endpointId of ids) watched.set(endpointId, { endpointId, since });
    };
    if (all) {
      const { ids, roundMs } = await this.#rounds.next(this.#db);
      add(ids, back(lookBackMs + roundMs));
      add(this.#rounds.hot(), since);
    }
    add(endpointIds, since);
    const found = await noticedOf(this.#db, [...watched.values()], toldMost);
    const fresh = all ? await freshOnes(this.#db, since, toldMost) : [];
    const latest = new Map<string, Noticed>();
    for (const each of [...found, ...fresh]) {
      const known = latest.get(each.id) ?? each;
      const later = known.place < each.place ? each : known;
      latest.set(each.id, { ...later, byHand: known.byHand || each.byHand });
    }
    return [...latest.values()].sort((a, b) => (a.place < b.place ? 1 : -1)).slice(0, toldMost);
  }

  /** Those that do not stand as they were told. */
  async #changed(noticed: readonly Noticed[]): Promise<DeliverySummary[]> {
    const { all, endpointIds } = this.#demand;
    const moving = this.#told.moving((endpointId) => all || endpointIds.has(endpointId), movingMost);
    const known = new Map<string, Pick<Noticed, 'id' | 'endpointId' | 'eventId'>>(
      moving.map((each) => [each.id, each]),
    );
    const fresh = new Set(noticed.filter((each) => this.#told.isNew(each)).map(({ id }) => id));
    for (const each of noticed) if (fresh.has(each.id) || each.byHand) known.set(each.id, each);
    if (known.size === 0) return [];
    const summed = await summariesOf(this.#db, await stepsOf(this.#db, [...known.values()]));
    const changed = summed.filter(({ summary, latestId }) =>
      this.#told.tell(summary, latestId, fresh.has(summary.id)),
    );
    return changed.map(({ summary }) => summary);
  }
}

/**
 * By endpoint, the latest made first.
 * @param withMore where there were too many: the endpoints that somebody listens to alone; whoever listens to all is told with the last one
 */
function batchesOf(
  changed: readonly DeliverySummary[],
  withMore: ReadonlySet<string> | undefined,
): LiveDeliveriesView[] {
  const byEndpoint = new Map<string, DeliverySummary[]>();
  for (const each of changed) {
    byEndpoint.set(each.endpointId, [...(byEndpoint.get(each.endpointId) ?? []), each]);
  }
  return [...byEndpoint].map(([endpointId, deliveries], index) => ({
    endpointId,
    deliveries: deliveries.map(deliveryView),
    ...(withMore?.has(endpointId) || (withMore && index === byEndpoint.size - 1) ? { more: true } : {}),
  }));
}
