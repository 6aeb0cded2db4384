import type { Application } from './application.ts';
import type { Json } from './json.ts';
import { percentile } from './latency.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Arrival } from './receiver.ts';
import type { System } from './system.ts';

/** What `--once --json` prints. */
export interface Outcome {
  /** How often each event has arrived. */
  readonly events: Readonly<Record<string, number>>;
  /** In the database. */
  readonly deliveries: number;
  readonly succeeded: number;
  /** Expected, or owed by the database, and never taken by the receiver. */
  readonly lost: number;
  /** Deliveries that came again though they had been taken, and events that no change had raised. */
  readonly duplicates: number;
  readonly badSignatures: number;
  /** Bodies that are not what the application's API says of the record, or without the Request-Id of their change. */
  readonly payloadMismatches: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

/** A delivery as the database has it. */
interface OwedDelivery {
  readonly id: string;
  readonly name: string;
  readonly succeeded: boolean;
}

const recordingMs = 5_000;

/** Collects what is found of the arrivals, and says in the end whether all is right. */
export class Findings {
  readonly #system: Pick<System, 'eventNames' | 'differenceOf'>;
  /** Names of the events that were taken, by delivery. */
  readonly #taken = new Map<string, string>();
  readonly #latencies: number[] = [];
  readonly #problems: string[] = [];
  /** Had not arrived when they were to be compared. */
  readonly #late: Entry[] = [];
  #measures = false;
  #duplicates = 0;
  #badSignatures = 0;
  #payloadMismatches = 0;

  constructor(system: Pick<System, 'eventNames' | 'differenceOf'>) {
    this.#system = system;
  }

  /** One sentence for each thing that is not right. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** From now on latencies count. */
  measure(): void {
    this.#measures = true;
  }

  arrived(arrival: Arrival, entry: Entry | undefined): void {
    const { event, deliveryId, fate } = arrival;
    if (fate === 'refused') {
      this.#badSignatures += 1;
      this.#problems.push(`${event} ${deliveryId}: its signature is wrong`);
      return;
    }
    if (fate === 'repeat' || !entry) {
      this.#duplicates += 1;
      const why =
        fate === 'repeat'
          ? 'came again'
          : `was raised by no change: ${JSON.stringify(arrival.body)?.slice(0, 200)}`;
      this.#problems.push(`${event} ${deliveryId} ${why}`);
    }
    if (fate !== 'taken') return;
    this.#taken.set(deliveryId, entry?.event ?? event);
    if (entry && this.#measures) this.#latencies.push(Math.max(0, arrival.at - entry.committedAt));
  }

  /** Compares what came of a change with the API, which must not have changed since. */
  async compare(entries: readonly Entry[], application: Application): Promise<void> {
    for (const entry of entries) {
      const { event, key, change, arrival } = entry;
      if (!arrival) {
        this.#late.push(entry);
        continue;
      }
      const difference =
        arrival.requestId === change.requestId
          ? await this.#system.differenceOf(event, arrival.body as Json, application)
          : `its Request-Id is ${arrival.requestId}, not ${change.requestId}`;
      if (difference !== undefined) this.mismatch(`${event} ${key} (${change.what}): ${difference}`);
    }
  }

  mismatch(problem: string): void {
    this.#payloadMismatches += 1;
    this.#problems.push(problem);
  }

  /** Compares with what the database says, once it has written down the last answers. */
  async conclude(application: Application, ledger: Ledger): Promise<Outcome> {
    let owed = await owedDeliveries(application);
    const deadline = Date.now() + recordingMs;
    while (owed.some(({ succeeded }) => !succeeded) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      owed = await owedDeliveries(application);
    }
    for (const { event, key, change, arrival } of this.#late) {
      if (arrival) this.mismatch(`${event} ${key} (${change.what}) came too late to be compared`);
    }
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return {
      events: this.#counts([...this.#taken.values()]),
      deliveries: owed.length,
      succeeded: owed.filter(({ succeeded }) => succeeded).length,
      lost: this.#lost(ledger, owed),
      duplicates: this.#duplicates,
      badSignatures: this.#badSignatures,
      payloadMismatches: this.#payloadMismatches,
      latencyMs: { p50: percentile(sorted, 50), p99: percentile(sorted, 99) },
    };
  }

  /** An event that did not arrive is usually missed by both, the ledger and the database: it is lost once. */
  #lost(ledger: Ledger, owed: readonly OwedDelivery[]): number {
    for (const { event, key, change } of ledger.missing) {
      this.#problems.push(`${event} ${key} has not arrived (${change.what})`);
    }
    const missing = this.#counts(ledger.missing.map(({ event }) => event));
    const known = this.#counts(owed.map(({ name }) => name));
    // By names, not by ids: not every receiver is told an id. Whatever was taken is among what is owed.
    const taken = this.#counts([...this.#taken.values()]);
    return Object.keys({ ...missing, ...known }).reduce(
      (sum, name) => sum + Math.max(missing[name] ?? 0, (known[name] ?? 0) - (taken[name] ?? 0)),
      0,
    );
  }

  #counts(names: readonly string[]): Record<string, number> {
    const of: Record<string, number> = Object.fromEntries(this.#system.eventNames.map((name) => [name, 0]));
    for (const name of names) of[name] = (of[name] ?? 0) + 1;
    return of;
  }
}

/** Whether everything has arrived as it should. */
export function isRight(outcome: Outcome): boolean {
  const { events, deliveries, succeeded, lost, duplicates, badSignatures, payloadMismatches } = outcome;
  const arrived = Object.values(events).reduce((sum, count) => sum + count, 0);
  return (
    lost + duplicates + badSignatures + payloadMismatches === 0 &&
    deliveries === succeeded &&
    deliveries === arrived &&
    Object.values(events).every((count) => count > 0)
  );
}

async function owedDeliveries(application: Application): Promise<OwedDelivery[]> {
  const rows = await application.read(
    `with known as (
       select delivery_id as id, event_id from rowhook.attempt
       union select id, event_id from rowhook.delivery
       union select id, event_id from rowhook.delivery_waiting
     )
     select known.id, event.name,
            exists (select from rowhook.attempt where delivery_id = known.id and verdict = 'succeeded') as succeeded
       from known join rowhook.event on event.id = known.event_id`,
  );
  return rows.map(({ id = '', name = '', succeeded }) => ({ id, name, succeeded: succeeded === 't' }));
}
