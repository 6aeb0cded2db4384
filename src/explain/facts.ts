import type { EventDelivery } from '../store/event-deliveries.ts';
import type { Count } from '../store/status.ts';

/** An event as it was made. */
export interface EventFacts {
  readonly id: string;
  readonly name: string;
  readonly resource: string | null;
  readonly recordKey: string | null;
  readonly tenant: string | null;
  readonly requestId: string | null;
  readonly deliveryCount: number;
  readonly changedAt: Date;
  readonly createdAt: Date;
  /** The same to the microsecond, as the database writes it. */
  readonly madeAt: string;
}

/** What an endpoint was to an event, by what it was when the event was made. */
export type Standing =
  | 'taking'
  | 'disabled'
  | 'other_tenant'
  | 'not_subscribed'
  | 'created_later'
  | 'deleted_before';

/** An endpoint as it was when an event was made. */
export interface EndpointThen {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly tenant: string | null;
  readonly standing: Standing;
  /** Since when it was so: disabled, deleted; when it was registered, where that was later. */
  readonly since: Date;
  readonly disabledReason: string | null;
}

/** Endpoints of one standing: how many, and the first of them. */
export interface Group {
  readonly standing: Standing;
  readonly count: number;
  readonly endpoints: readonly EndpointThen[];
}

/** An endpoint as it is now. */
export interface EndpointNow {
  readonly id: string;
  readonly url: string;
  readonly deletedAt: Date | null;
  readonly active: boolean;
  readonly disabledReason: string | null;
  /** Null where it is active, or nobody knows since when. */
  readonly disabledAt: Date | null;
  readonly pausedAt: Date | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  /** The breaker is open, and no request goes out before. */
  readonly openUntil: Date | null;
  /** The receiver asked for a pause. */
  readonly pausedUntil: Date | null;
  /** Requests a second: the lower of what it is set to and what it is throttled to. */
  readonly rate: number | null;
  readonly throttled: boolean;
  readonly concurrency: number | null;
  /** Ids of the keys that its secrets are sealed with. */
  readonly sealedWith: readonly string[];
  /** When held deliveries were dropped since the event was made, and how many. */
  readonly droppedAt: Date | null;
}

export interface AttemptFacts {
  readonly number: number;
  readonly verdict: 'succeeded' | 'retry' | 'exhausted';
  readonly reason: string;
  readonly detail: string | null;
  readonly status: number | null;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly url: string;
  readonly dueAt: Date | null;
}

/** A delivery in short: enough to count it. */
export type DeliveryFacts = EventDelivery;

/** A delivery with all that is told of it. */
export interface DeliveryTale {
  readonly delivery: DeliveryFacts;
  /** The latest ones, the first of them first. */
  readonly attempts: readonly AttemptFacts[];
  /** How many of the same endpoint and lane go before it, where it is due. */
  readonly before: Count;
  /** The earlier delivery of its record that it waits for. */
  readonly blocker: DeliveryFacts | null;
}

export interface Surroundings {
  /** The database's clock. */
  readonly now: Date;
  /** Some daemon's relay reads, or sleeps until it has something to read. */
  readonly relayActive: boolean;
  /** When endpoints' changes began to be kept: nobody knows what one was before. */
  readonly endpointsKnownFrom: Date | null;
}
