import { classCount, classOf } from '../../store/latency-scale.ts';

export type Outcome = 'succeeded' | 'retry' | 'exhausted';

/** What is counted of an endpoint, or of all of them. It has its size from the beginning: counting allocates nothing. */
export class Tally {
  /** When the minute of the first one began: ms since 1970. */
  since = 0;
  succeeded = 0;
  retried = 0;
  exhausted = 0;
  readonly durations = new Uint32Array(classCount);
  readonly delays = new Uint32Array(classCount);

  get isEmpty(): boolean {
    return this.succeeded + this.retried + this.exhausted === 0;
  }

  /** @param durationMs of the request, @param delayMs from the change to the answer; -1: there is none to count */
  add(outcome: Outcome, durationMs: number, delayMs: number): void {
    if (outcome === 'succeeded') this.succeeded += 1;
    else if (outcome === 'retry') this.retried += 1;
    else this.exhausted += 1;
    if (durationMs >= 0) this.durations[classOf(durationMs)]! += 1;
    if (delayMs >= 0) this.delays[classOf(delayMs)]! += 1;
  }

  /** Takes over what another one counted. */
  take(other: Tally): void {
    if (other.isEmpty) return;
    this.since = this.isEmpty ? other.since : Math.min(this.since, other.since);
    this.succeeded += other.succeeded;
    this.retried += other.retried;
    this.exhausted += other.exhausted;
    for (let i = 0; i < classCount; i += 1) {
      this.durations[i]! += other.durations[i]!;
      this.delays[i]! += other.delays[i]!;
    }
  }
}
