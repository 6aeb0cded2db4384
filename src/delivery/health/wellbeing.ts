import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../store/log.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Claimed } from '../queue/claim.ts';
import type { Session } from '../queue/session.ts';
import type { Returns } from '../returns.ts';
import type { Ending } from '../sending.ts';
import type { DisableReason } from './gone.ts';
import type { Standing } from './health.ts';
import { HealthNotes } from './health-notes.ts';

export interface WellbeingParts {
  readonly session: Session;
  readonly log: Log;
  readonly lanes: Lanes;
  readonly returns: Returns;
  readonly disableAfterDays: number;
  /** Makes a delivery's endpoint inactive. Never rejects. */
  readonly disable: (delivery: Claimed, reason: DisableReason, hurry: AbortSignal) => Promise<void>;
  /** Aborted when it is time to stop. */
  readonly hurry: AbortSignal;
  /** Called when an endpoint's breaker has closed: all that was held back is due. */
  onClosed(): void;
}

/** An endpoint whose secrets cannot be opened here is left to others for so long. */
const sealedPauseMs = 30_000;

/** What follows from how requests end for the endpoints they went to: notes of their health, pauses, and the end of those that are gone. */
export class Wellbeing {
  readonly #parts: WellbeingParts;
  readonly #notes: HealthNotes;
  /** Endpoints that are being disabled. */
  readonly #disabling = new Set<string>();

  constructor(parts: WellbeingParts) {
    this.#parts = parts;
    const { session, log, disableAfterDays } = parts;
    this.#notes = new HealthNotes({
      session,
      log,
      disableAfterDays,
      onNoted: (standing, delivery) => this.#noted(standing, delivery),
    });
  }

  /** Learns from a claim which endpoints are not well. */
  claimed(deliveries: readonly Claimed[]): void {
    this.#notes.claimed(deliveries);
  }

  /** Draws the consequences of the end of a delivery. */
  ended({ endpointId }: Claimed, ending: Ending): void {
    const { returns } = this.#parts;
    if ('finished' in ending) {
      if (this.#notes.add(ending.end)) returns.holdWhile(endpointId, this.#notes.settled());
      const { delivery, verdict } = ending.finished;
      if ('endpointGone' in verdict) this.#disable(delivery, 'http_410');
    } else if (ending.why === 'sealed') returns.holdWhile(endpointId, this.#pause(sealedPauseMs));
  }

  /** Resolves when all notes are written; it gives up what fails by then. */
  drain(): Promise<void> {
    return this.#notes.drain();
  }

  #noted({ endpointId, failures, waits, turned, throttle, failing }: Standing, delivery: Claimed): void {
    const { log, lanes, returns, onClosed } = this.#parts;
    const where = { endpoint: endpointId, url: delivery.url, failures };
    if (turned === 'opened') log.warn(where, 'endpoint fails: only probes go out until one succeeds');
    if (turned === 'closed') {
      log.info(where, 'endpoint is well again');
      onClosed();
    }
    if (throttle !== null) lanes.slowDown(endpointId, throttle);
    // What is in hand for it would only be spent.
    if (waits) returns.holdWhile(endpointId, Promise.resolve());
    if (failing) this.#disable(delivery, 'failing');
  }

  /** What waits for an endpoint that is gone is held, not spent on the same answer. */
  #disable(delivery: Claimed, reason: DisableReason): void {
    const { endpointId } = delivery;
    if (this.#disabling.has(endpointId)) return;
    this.#disabling.add(endpointId);
    const { returns, disable, hurry } = this.#parts;
    const disabled = disable(delivery, reason, hurry);
    returns.holdWhile(
      endpointId,
      disabled.finally(() => this.#disabling.delete(endpointId)),
    );
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#parts.hurry }).catch(() => {});
  }
}
