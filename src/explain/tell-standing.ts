import type {
  DeliveryFacts,
  EndpointNow,
  EndpointThen,
  EventFacts,
  Group,
  Standing,
  Surroundings,
} from './facts.ts';
import { wordsOfDisabling } from './reason-words.ts';
import { type Step, step } from './story.ts';
import { droppedFrom, type Outcome } from './tell-delivery.ts';
import { counted, someOf, time } from './words.ts';

/** Why an endpoint has no delivery of an event that it was not to get, by what it was then. Pure. */
export function standingOutcome(endpoint: EndpointThen, event: EventFacts): Outcome {
  const { id, standing, since, events, tenant, disabledReason } = endpoint;
  const no = (because: string, ...advice: string[]): Outcome => ({
    code: standing === 'taking' ? 'not_kept' : standing,
    got: 'no',
    because,
    at: since,
    advice,
  });
  switch (standing) {
    case 'disabled':
      return no(`it was disabled then, since ${time(since)}, ${wordsOfDisabling(disabledReason)}`);
    case 'other_tenant':
      return no(`it gets the events of tenant ${tenant}, and this one is of ${ofTenant(event.tenant)}`);
    case 'created_later':
      return no(`it was registered at ${time(since)}, after the event was made`);
    case 'deleted_before':
      return no(`it was deleted at ${time(since)}, before the event was made`);
    default:
      return no(
        `it was not subscribed to ${event.name}, but to ${someOf(events.slice(0, 5), events.length)}`,
        `rowhook endpoints update ${id} --events <names>`,
      );
  }
}

export const ofTenant = (tenant: string | null): string =>
  tenant === null ? 'no tenant' : `tenant ${tenant}`;

const namedMost = 5;

interface Lost {
  readonly event: EventFacts;
  readonly endpoint: EndpointNow | undefined;
  /** Deliveries of the event that were found. */
  readonly found: number;
  readonly surroundings: Surroundings;
}

/** Why nothing is known of the delivery to an endpoint that took such events. Pure. */
export function lostOutcome(since: Date, { event, endpoint, found, surroundings }: Lost): Outcome {
  const owed = event.deliveryCount > found;
  if (owed && endpoint && (endpoint.deletedAt || endpoint.droppedAt)) return droppedFrom(endpoint);
  const from = surroundings.endpointsKnownFrom;
  const because = owed
    ? 'nothing is known of its delivery any more: it was dropped, or has ended so long ago that its attempts are not kept'
    : from && event.createdAt < from
      ? `nobody knows what it was then: changes of endpoints are kept from ${time(from)} on`
      : `it is as it is since ${time(since)}, which was too late for this event`;
  return { code: 'not_kept', got: 'no', because, at: null, advice: [] };
}

/**
 * Endpoints that an event was not for: how many, and some of them. Pure.
 * @param told ids of those that are told one by one
 */
export function groupSteps(
  groups: ReadonlyMap<Standing, Group>,
  event: EventFacts,
  told: ReadonlySet<string>,
): Step[] {
  const words: ReadonlyArray<readonly [Exclude<Standing, 'taking'>, (which: string) => string]> = [
    ['disabled', (which) => `disabled then: ${which}`],
    ['other_tenant', (which) => `another tenant's, as this event is of ${ofTenant(event.tenant)}: ${which}`],
    ['not_subscribed', (which) => `not subscribed to ${event.name}: ${which}`],
    ['created_later', (which) => `registered later: ${which}`],
  ];
  return words.flatMap(([standing, say]) => {
    const group = groups.get(standing);
    if (!group) return [];
    const unsaid = group.endpoints.filter(({ id }) => !told.has(id));
    const count = group.count - (group.endpoints.length - unsaid.length);
    if (count === 0) return [];
    const which = `${count === 1 ? 'endpoint' : 'endpoints'} ${someOf(unsaid.slice(0, namedMost).map(named), count)}`;
    return [
      step(standing, say(which), {
        facts: { count, endpoints: unsaid.slice(0, namedMost).map(({ id }) => id) },
      }),
    ];
  });
}

function named({ id, url, standing, events, tenant }: EndpointThen): string {
  const takes = `takes ${someOf(events.slice(0, 2), events.length)}`;
  const more = { other_tenant: `, tenant ${tenant}`, not_subscribed: `, ${takes}` }[standing as string] ?? '';
  return `${id} (${url.split('?')[0]}${more})`;
}

/** Deliveries that are only counted: by how they stand. Pure. */
export function restSteps(rest: readonly DeliveryFacts[], eventId: string): Step[] {
  const groups = new Map<Step['code'], DeliveryFacts[]>();
  for (const each of rest) {
    const ended = each.verdict === 'retry' || each.verdict === null ? 'dropped' : each.verdict;
    const code = each.place ?? (ended === 'succeeded' ? 'delivered' : ended);
    groups.set(code, [...(groups.get(code) ?? []), each]);
  }
  return [...groups].map(([code, all]) => {
    const some = all.slice(0, 3).map(({ endpointId }) => endpointId);
    return step(code, `${counted(all.length, 'more endpoint')}: ${code}: ${someOf(some, all.length)}`, {
      facts: { count: all.length },
      advice: [`rowhook explain ${eventId} --endpoint ${some[0]}`],
    });
  });
}
