import type { Log } from '../store/log.ts';
import type { Lanes } from './lanes/lanes.ts';
import type { Claimed } from './queue/claim.ts';
import { giveBack } from './queue/give-back.ts';
import type { Session } from './queue/session.ts';

export interface ReturnsParts {
  /** The one for claims, which the loop owns: `giveBack` is called by the loop alone, or after it. */
  readonly session: Session;
  readonly lanes: Lanes;
  readonly log: Log;
  /** Resolves when the claim that is under way has brought what it brings. */
  readonly claimed: () => Promise<unknown>;
  /** Called when an endpoint is let go. */
  readonly onLetGo: () => void;
}

/** What was claimed and is not sent: it goes back into the queue. And the endpoints that nothing is to be sent to for a while. */
export class Returns {
  readonly #parts: ReturnsParts;
  readonly #unsent: Claimed[] = [];
  readonly #holds = new Set<Promise<void>>();

  constructor(parts: ReturnsParts) {
    this.#parts = parts;
  }

  add(deliveries: readonly Claimed[]): void {
    this.#unsent.push(...deliveries);
  }

  /** Until then nothing more is claimed or started for an endpoint, and what was queued for it is given back. */
  holdWhile(endpointId: string, done: Promise<unknown>): void {
    const { lanes, claimed, onLetGo } = this.#parts;
    this.add(lanes.hold(endpointId));
    const hold = (async () => {
      await done;
      // A claim that was under way before may still bring some of it.
      await claimed();
      this.add(lanes.letGo(endpointId));
      onLetGo();
    })().finally(() => this.#holds.delete(hold));
    this.#holds.add(hold);
  }

  /** Resolves when no endpoint is held any more. */
  async letGo(): Promise<void> {
    await Promise.all(this.#holds);
  }

  /** Gives back all that is there, and what is queued and too late by now. Never rejects, as giveBack. */
  giveBackLate(): Promise<void> {
    this.add(this.#parts.lanes.takeQueued(performance.now()));
    return this.giveBack();
  }

  /** Gives back all that is there. Never rejects: leases that cannot be ended expire. */
  async giveBack(): Promise<void> {
    const { session, lanes, log } = this.#parts;
    const deliveries = this.#unsent.splice(0);
    if (deliveries.length === 0) return;
    lanes.giveBack(deliveries);
    await giveBack(session, deliveries).catch((error) => {
      log.warn({ err: error, deliveries: deliveries.length }, 'leases not given back: they will expire');
    });
  }
}
