import { endpointIds } from '../../store/live-deliveries.ts';
import type { Queryable } from '../../store/sql.ts';

/** Endpoints that are looked at in one go: some steps along indexes for each. */
const sliceSize = 500;
const hotMost = 200;
/** Endpoints come and go seldom; what a new one gets is found by the deliveries that are fresh. */
const listedForMs = 10_000;
/** How far apart two looks are, at most, as long as the database answers. */
const lookEveryMs = 2_000;

/**
 * Which endpoints to look at when somebody listens to all of them: those that had something lately each time, of all others some each
 * time, in turn. So a look costs the same with 10,000 of them.
 */
export class EndpointRounds {
  #ids: readonly string[] = [];
  #listedAt = Number.NEGATIVE_INFINITY;
  #place = 0;
  readonly #hot = new Set<string>();

  /** The next ones in turn, and how long ago they may have had their turn. */
  async next(db: Queryable): Promise<{ readonly ids: readonly string[]; readonly roundMs: number }> {
    if (performance.now() - this.#listedAt > listedForMs) {
      this.#ids = await endpointIds(db);
      this.#listedAt = performance.now();
    }
    if (this.#place >= this.#ids.length) this.#place = 0;
    const ids = this.#ids.slice(this.#place, this.#place + sliceSize);
    this.#place += sliceSize;
    return { ids, roundMs: Math.ceil(this.#ids.length / sliceSize) * lookEveryMs };
  }

  hot(): Iterable<string> {
    return this.#hot;
  }

  /** These had something just now. */
  heat(ids: readonly string[]): void {
    for (const id of ids) {
      this.#hot.delete(id);
      this.#hot.add(id);
      if (this.#hot.size > hotMost) this.#hot.delete(this.#hot.keys().next().value as string);
    }
  }
}
