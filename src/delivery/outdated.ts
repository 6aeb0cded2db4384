import type { Log } from '../store/log.ts';
import type { Lanes } from './lanes/lanes.ts';
import type { Session } from './queue/session.ts';
import type { Returns } from './returns.ts';

export interface OutdatedParts {
  readonly session: Session;
  readonly lanes: Lanes;
  readonly returns: Returns;
  readonly log: Log;
  /** From a claim to the latest start of its requests. */
  readonly marginMs: number;
  /** Called when there is something to be given back. */
  readonly onFound: () => void;
}

/** What has been queued for so long is looked at, and so often. */
const everyMs = 250;

const text = `
select distinct held.endpoint_id::text as "endpointId"
  from unnest($1::bigint[], $2::text[]) as held (endpoint_id, version)
  left join rowhook.endpoint on endpoint.id = held.endpoint_id
 where endpoint.xmin::text is distinct from held.version`;

/**
 * Gives back what is queued of endpoints that have changed since it was claimed: it would go out to the old URL, with the old secret, or to
 * one that was paused. No notification is needed, which could be lost, and it does not matter who changes the row, and how. What starts sooner
 * after its claim than this looks is never looked at, and most does: only a queue that waits costs a statement now and then. Where
 * that fails, `sendBy` is the bound.
 */
export class Outdated {
  readonly #parts: OutdatedParts;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(parts: OutdatedParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.start());
    }, everyMs);
  }

  /** Resolves when nothing is looked at any more. */
  end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { session, lanes, returns, log, marginMs, onFound } = this.#parts;
    const held = lanes.longestQueued(performance.now() - everyMs + marginMs);
    if (held.length === 0) return;
    const ids = held.map(({ endpointId }) => endpointId);
    const versions = held.map(({ endpointVersion }) => endpointVersion);
    try {
      const { rows } = await session.query<{ endpointId: string }>({ text }, [ids, versions]);
      if (this.#ended) return;
      // A claim that is under way may have read it before it changed: the hold takes in what that brings, too.
      for (const { endpointId } of rows) returns.holdWhile(endpointId, Promise.resolve());
      if (rows.length > 0) onFound();
    } catch (error) {
      // Whoever claims has more to say of a database that does not answer.
      log.debug({ err: error }, 'endpoints not looked at: what is in hand goes out as it was claimed');
    }
  }
}
