import { uuidTime } from '../uuid-time.ts';
import type { StatusRange } from './delivery-steps.ts';
import type { DeliveryState, DeliverySummary, Summed } from './delivery-summary.ts';
import { recordOf } from './events.ts';

export interface DeliveryFilter {
  readonly endpointId?: string | undefined;
  readonly eventName?: string | undefined;
  /**
   * Of this record: `person:412`, the key as the outbox has it. Then the latest made come first, whenever they were tried. Or of a resource
   * alone, in the usual order.
   */
  readonly record?: string | undefined;
  readonly state?: DeliveryState | undefined;
  /** Of the latest attempt: `500`, or a class like `5xx`; `none`: there was no answer. */
  readonly status?: string | undefined;
  /** Whose latest attempt ended then or later; before the first one: that were made then or later. */
  readonly since?: Date | undefined;
  /** The same, before then. */
  readonly until?: Date | undefined;
  /** A part of the delivery's or the event's id. */
  readonly text?: string | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
}

export interface DeliveryPage {
  readonly deliveries: readonly DeliverySummary[];
  /** Undefined when there are no more. A page may hold fewer than its limit, even none, and yet have a next one. */
  readonly next: string | undefined;
  /** How far back has been looked; null: to the end. */
  readonly searchedUntil: Date | null;
}

/** The text that is looked for in ids, which are in lower case. */
export function textOf({ text }: DeliveryFilter): string | undefined {
  return text?.trim().toLowerCase() || undefined;
}

/** The resource, where all of its records are meant. */
export function resourceOf({ record }: DeliveryFilter): string | undefined {
  const { resource, key } = recordOf(record);
  return key === undefined ? resource : undefined;
}

export function rangeOf({ status }: DeliveryFilter): StatusRange | undefined {
  if (status === undefined || status === 'none') return status;
  const first = Number(status[0]) * 100;
  return status.endsWith('xx') ? [first, first + 100] : [Number(status), Number(status) + 1];
}

/** Whether a delivery is what is looked for, whenever it was tried. */
export function matches(summary: DeliverySummary, filter: DeliveryFilter): boolean {
  const { id, eventId, lastStatus } = summary;
  const text = textOf(filter) ?? '';
  const range = rangeOf(filter);
  const hasStatus =
    range === undefined ||
    (range === 'none'
      ? summary.attempts > 0 && lastStatus === null
      : lastStatus !== null && lastStatus >= range[0] && lastStatus < range[1]);
  return (
    (filter.endpointId ?? summary.endpointId) === summary.endpointId &&
    (filter.state ?? summary.state) === summary.state &&
    (filter.eventName ?? summary.eventName) === summary.eventName &&
    (resourceOf(filter) ?? summary.resource) === summary.resource &&
    (id.includes(text) || eventId.includes(text)) &&
    hasStatus
  );
}

/** Whether its latest attempt, or else it was made, in the time that is looked for. */
export function isWithin({ summary, latestId }: Summed, { since, until }: DeliveryFilter): boolean {
  const at = latestId === undefined ? summary.createdAt : uuidTime(latestId);
  return (since === undefined || at >= since) && (until === undefined || at < until);
}
