import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../store/log.ts';
import type { Claimed } from '../queue/claim.ts';
import type { Session } from '../queue/session.ts';
import { type End, type Note, noteOf, opensAfter } from './breaker.ts';
import { noteHealth, type Standing } from './health.ts';

const firstPauseMs = 100;
const longestPauseMs = 5_000;

export interface HealthNotesParts {
  readonly session: Session;
  readonly log: Log;
  readonly disableAfterDays: number;
  /** Called with the latest delivery that the note was of. */
  onNoted(standing: Standing, delivery: Claimed): void;
}

/**
 * Writes down how endpoints are doing, where that is worth a statement: failures, and successes of those that are not well. Apart from
 * the recording of attempts, so that nobody's results wait for it; what ends meanwhile is one note for each endpoint.
 */
export class HealthNotes {
  readonly #parts: HealthNotesParts;
  /** Endpoints whose successes are worth a note, and how often they have failed in a row as far as this process has seen. */
  readonly #unwell = new Map<string, number>();
  #pending = new Map<string, Note>();
  #waiting: Array<() => void> = [];
  #working: Promise<void> | undefined;
  #giveUp = false;
  readonly #hurry = new AbortController();

  constructor(parts: HealthNotesParts) {
    this.#parts = parts;
  }

  /** Learns from a claim which endpoints are not well. */
  claimed(deliveries: readonly Claimed[]): void {
    for (const { endpointId, unwell } of deliveries) {
      if (unwell && !this.#unwell.has(endpointId)) this.#unwell.set(endpointId, 0);
    }
  }

  /** @returns whether nothing more should be sent to the endpoint before this is written: its breaker may be open by then */
  add(end: End): boolean {
    const { endpointId } = end.delivery;
    const before = this.#unwell.get(endpointId);
    if (end.outcome === 'succeeded') {
      if (before === undefined) return false;
      this.#unwell.set(endpointId, 0);
    } else if (end.outcome === 'failed') this.#unwell.set(endpointId, (before ?? 0) + 1);
    else if (!end.delivery.probe) return false;
    this.#pending.set(endpointId, noteOf(this.#pending.get(endpointId), end));
    this.#working ??= this.#work();
    return end.outcome === 'failed' && (end.pauseMs > 0 || (before ?? 0) + 1 >= opensAfter);
  }

  /** Resolves when what was added so far is written, or given up. */
  settled(): Promise<void> {
    if (!this.#working) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Resolves when all is written; it gives up what fails by then. */
  async drain(): Promise<void> {
    this.#giveUp = true;
    this.#hurry.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { session, log, disableAfterDays, onNoted } = this.#parts;
    let pauseMs = firstPauseMs;
    // What ends at the same moment is noted together.
    await Promise.resolve();
    while (this.#pending.size > 0) {
      const notes = this.#pending;
      const waiting = this.#waiting;
      this.#pending = new Map();
      this.#waiting = [];
      let left = new Set<string>();
      try {
        const noted = await noteHealth(session, [...notes.values()], disableAfterDays);
        left = noted.left;
        for (const standing of noted.standings) {
          // Worse things have happened to it meanwhile, where something is pending.
          if (standing.well && !this.#pending.has(standing.endpointId))
            this.#unwell.delete(standing.endpointId);
          onNoted(standing, (notes.get(standing.endpointId) as Note).delivery);
        }
        // Of those that are gone nothing is kept here either.
        const there = new Set(noted.standings.map(({ endpointId }) => endpointId));
        for (const id of notes.keys()) if (!there.has(id) && !left.has(id)) this.#unwell.delete(id);
      } catch (error) {
        log.warn({ err: error, endpoints: notes.size, pauseMs }, 'health of endpoints cannot be noted');
        left = new Set(notes.keys());
      }
      for (const resolve of waiting) resolve();
      if (left.size === 0) {
        pauseMs = firstPauseMs;
        continue;
      }
      if (this.#giveUp) break;
      this.#keep(notes, left);
      await sleep(pauseMs, undefined, { signal: this.#hurry.signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
    // At once, not when the promise is settled: what is added in between would wait for the next one.
    this.#working = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Puts back what could not be noted, before what has come since. */
  #keep(notes: ReadonlyMap<string, Note>, left: ReadonlySet<string>): void {
    for (const id of left) {
      const before = notes.get(id);
      const since = this.#pending.get(id);
      if (before) this.#pending.set(id, since ? joined(before, since) : before);
    }
  }
}

/** Two notes of one endpoint as one. */
function joined(before: Note, since: Note): Note {
  const again = since.successes > 0;
  return {
    delivery: since.delivery,
    successes: before.successes + since.successes,
    failures: again ? since.failures : before.failures + since.failures,
    ofOne: again || before.failures === 0 ? since.ofOne : since.failures === 0 ? before.ofOne : 0,
    pauseMs: Math.max(before.pauseMs, since.pauseMs),
    slowDown: before.slowDown || since.slowDown,
    probe: again ? since.probe : (since.probe ?? before.probe),
  };
}
