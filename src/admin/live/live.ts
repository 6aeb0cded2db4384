import { DatabaseClock } from '../../delivery/database-clock.ts';
import { listBulkJobs } from '../../store/bulk-jobs.ts';
import type { Log } from '../../store/log.ts';
import { queueView } from '../../store/overview.ts';
import type { Queryable } from '../../store/sql.ts';
import type { LiveEndpointsView, LiveTopic } from '../shapes/live.ts';
import { bulkView } from '../views/bulk-view.ts';
import { DeliveryNews, lookBackMs } from './delivery-news.ts';
import { EndpointNews } from './endpoint-news.ts';
import { type LiveMessage, Messages, momentOf } from './messages.ts';

/** Somebody who listens. */
export interface Listener {
  readonly topics: ReadonlySet<LiveTopic>;
  /** Of this endpoint alone. */
  readonly endpointId: string | undefined;
  hear(message: LiveMessage): void;
}

export interface Live {
  /**
   * Tells from now on. What was told in the last seconds comes first: between loading a page and listening nothing is to be missed.
   * @param lastEventId of somebody who comes back: all since then; `reset` where that is too long ago
   * @returns what ends it
   */
  join(listener: Listener, lastEventId?: string): () => void;
}

/** How often deliveries are looked at; and the rest every so many looks. */
const lookEveryMs = 500;
const restEvery = 4;
/** Looking may take a fifth of the time of one connection, and no more. */
const restForEach = 4;
const longestPauseMs = 30_000;
/** Loading a page, and then listening, takes less. */
const justNowMs = 3_000;
const jobsMost = 20;

/**
 * Tells everybody who listens what happens, by one look a second for all of them; while nobody listens, nobody looks. It survives any loss
 * of the database.
 */
export function createLive({ db, log }: { readonly db: Queryable; readonly log: Pick<Log, 'warn'> }): Live {
  const listeners = new Set<Listener>();
  let looking: Looking | undefined;

  return {
    join(listener, lastEventId) {
      listeners.add(listener);
      looking ??= new Looking(db, log, listeners, () => {
        looking = undefined;
      });
      looking.welcome(listener, lastEventId);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) looking?.stop();
      };
    },
  };
}

/** From the first listener to the last one. */
class Looking {
  readonly #db: Queryable;
  readonly #log: Pick<Log, 'warn'>;
  readonly #listeners: ReadonlySet<Listener>;
  readonly #ended: () => void;
  readonly #messages = new Messages(Date.now() - lookBackMs / 2);
  readonly #deliveries: DeliveryNews;
  readonly #endpoints: EndpointNews;
  readonly #clock = new DatabaseClock();
  /** The last one of each: of the queue, of each job. */
  readonly #latest = new Map<string, LiveMessage>();
  #count = 0;
  #failing = false;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(db: Queryable, log: Pick<Log, 'warn'>, listeners: ReadonlySet<Listener>, ended: () => void) {
    this.#db = db;
    this.#log = log;
    this.#listeners = listeners;
    this.#deliveries = new DeliveryNews(db);
    this.#endpoints = new EndpointNews(db);
    this.#ended = ended;
    void this.#run();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ended();
    this.#wake();
  }

  welcome(listener: Listener, lastEventId: string | undefined): void {
    const moment = momentOf(lastEventId);
    const missed = this.#messages.since(moment ?? Date.now() - justNowMs);
    if (!missed && moment !== undefined) {
      const at = Date.now();
      listener.hear({ id: `${at}-0`, at, topic: 'reset', endpointId: null, data: '{}' });
    }
    for (const message of new Set([...this.#latest.values(), ...(missed ?? [])])) {
      if (wants(listener, message)) listener.hear(message);
    }
  }

  async #run(): Promise<void> {
    let pauseMs = lookEveryMs;
    while (!this.#stopped) {
      const startedAt = performance.now();
      try {
        await this.#look();
        pauseMs = Math.max(lookEveryMs, restForEach * (performance.now() - startedAt));
        this.#failing = false;
      } catch (error) {
        if (!this.#failing && !this.#stopped)
          this.#log.warn({ err: error }, 'live views cannot be told anything');
        this.#failing = true;
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      }
      if (!this.#stopped) await this.#pause(pauseMs);
    }
  }

  async #look(): Promise<void> {
    const wanted = (topic: LiveTopic) => [...this.#listeners].filter(({ topics }) => topics.has(topic));
    const isTurnOfRest = this.#count % restEvery === 0;
    this.#count += 1;
    const ofDeliveries = wanted('deliveries');
    if (ofDeliveries.length > 0) await this.#lookAtDeliveries(ofDeliveries);
    if (!isTurnOfRest) return;
    if (wanted('endpoints').length > 0) await this.#lookAtEndpoints();
    if (wanted('queue').length > 0) {
      const { queue } = await queueView(this.#db);
      this.#tellLatest('queue', 'queue', null, queue);
    }
    if (wanted('bulk').length > 0) await this.#lookAtJobs();
  }

  async #lookAtDeliveries(listeners: readonly Listener[]): Promise<void> {
    await this.#clock.keep({
      query: async <Row extends object>({ text }: { readonly text: string }, values: readonly unknown[]) => {
        const { rows } = await this.#db.query<Row>(text, values);
        return { rows };
      },
      close() {},
    });
    const demand = {
      all: listeners.some(({ endpointId }) => endpointId === undefined),
      endpointIds: new Set(listeners.flatMap(({ endpointId }) => endpointId ?? [])),
    };
    for (const batch of await this.#deliveries.look(demand, this.#clock.now())) {
      this.#tell('deliveries', batch.endpointId, batch);
    }
  }

  async #lookAtEndpoints(): Promise<void> {
    const ids = await this.#endpoints.look();
    // One message for each, so that whoever listens to one endpoint is told of no other.
    const scoped = new Set([...this.#listeners].flatMap(({ endpointId }) => endpointId ?? []));
    for (const id of ids.filter((each) => scoped.has(each))) this.#tellEndpoints(id, [id]);
    const others = ids.filter((each) => !scoped.has(each));
    if (others.length > 0) this.#tellEndpoints(null, others);
  }

  #tellEndpoints(endpointId: string | null, ids: string[]): void {
    const view: LiveEndpointsView = { ids };
    this.#tell('endpoints', endpointId, view);
  }

  async #lookAtJobs(): Promise<void> {
    const { jobs } = await listBulkJobs(this.#db, { limit: jobsMost });
    for (const job of jobs) {
      const { id, endpointId, endedAt } = job;
      const isOld = endedAt !== null && Date.now() - endedAt.getTime() > lookBackMs;
      if (isOld && !this.#latest.has(`bulk ${id}`)) continue;
      this.#tellLatest(`bulk ${id}`, 'bulk', endpointId, bulkView(job));
    }
  }

  /** Told where it is not as it was told last; and to whoever comes. */
  #tellLatest(key: string, topic: LiveTopic, endpointId: string | null, value: object): void {
    if (this.#latest.get(key)?.data === JSON.stringify(value)) return;
    this.#latest.set(key, this.#tell(topic, endpointId, value));
  }

  #tell(topic: LiveTopic, endpointId: string | null, value: object): LiveMessage {
    const message = this.#messages.add({
      at: Date.now(),
      topic,
      endpointId,
      data: JSON.stringify(value),
    });
    // Who has come since is told by the looks of the next one.
    if (this.#stopped) return message;
    for (const listener of [...this.#listeners]) if (wants(listener, message)) listener.hear(message);
    return message;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function wants({ topics, endpointId }: Listener, message: LiveMessage): boolean {
  if (message.topic === 'reset') return true;
  if (!topics.has(message.topic)) return false;
  if (message.topic === 'queue' || endpointId === undefined) return true;
  return message.endpointId === endpointId;
}
