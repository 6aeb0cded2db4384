import { changedEndpoints, momentNow } from '../../store/live-endpoints.ts';
import type { Queryable } from '../../store/sql.ts';

const keptMost = 20_000;

/** Finds out which endpoints are not as they were: changed by anybody, or not as well as they were. */
export class EndpointNews {
  readonly #db: Queryable;
  readonly #told = new Map<string, string>();
  #since: string | undefined;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Ids of those that changed since the last look; none at the first. */
  async look(): Promise<string[]> {
    if (this.#since === undefined) {
      this.#since = await momentNow(this.#db);
      return [];
    }
    const { at, changed } = await changedEndpoints(this.#db, this.#since);
    this.#since = at;
    const fresh = changed.filter(({ id, now }) => this.#told.get(id) !== now);
    for (const { id, now } of fresh) {
      this.#told.delete(id);
      this.#told.set(id, now);
      if (this.#told.size > keptMost) this.#told.delete(this.#told.keys().next().value as string);
    }
    return fresh.map(({ id }) => id);
  }
}
