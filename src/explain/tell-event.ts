import type {
  DeliveryFacts,
  DeliveryTale,
  EndpointNow,
  EndpointThen,
  EventFacts,
  Group,
  Standing,
  Surroundings,
} from './facts.ts';
import { type Step, step } from './story.ts';
import { attemptSteps, type Outcome, outcomeOf } from './tell-delivery.ts';
import { groupSteps, lostOutcome, ofTenant, restSteps, standingOutcome } from './tell-standing.ts';
import { counted, endpointText, recordText, sentence, time } from './words.ts';

/** All that is known of what became of an event. */
export interface EventTale {
  readonly event: EventFacts;
  /** By what the endpoints were then. */
  readonly groups: ReadonlyMap<Standing, Group>;
  /** Deliveries that are told one by one. */
  readonly tales: readonly DeliveryTale[];
  /** The others, in short. */
  readonly rest: readonly DeliveryFacts[];
  /** Endpoints that took such events, and of whose delivery nothing was found. */
  readonly missing: readonly EndpointThen[];
  /** Of the tales' deliveries, and of the missing ones, by id. */
  readonly endpoints: ReadonlyMap<string, EndpointNow>;
  readonly surroundings: Surroundings;
  /** Asked about this one alone. */
  readonly only: string | undefined;
}

/** What became of an event, for one endpoint. */
interface Told {
  readonly id: string;
  readonly url: string;
  readonly outcome: Outcome;
  readonly tale: DeliveryTale | undefined;
}

export const eventText = ({ name, resource, recordKey }: EventFacts): string =>
  resource === null ? name : `${name} of ${recordText(resource, recordKey ?? '')}`;

/** The answer in one sentence, and what it is made of. Pure. */
export function tellEvent(tale: EventTale): { readonly answer: string; readonly step: Step } {
  const told = toldOf(tale).sort((a, b) => Number(a.id) - Number(b.id));
  return { answer: sentence(answerOf(tale, told)), step: stepOf(tale, told) };
}

const alone: readonly Standing[] = [
  'disabled',
  'other_tenant',
  'not_subscribed',
  'created_later',
  'deleted_before',
];

function toldOf({ event, groups, tales, rest, missing, endpoints, surroundings, only }: EventTale): Told[] {
  const found = tales.length + rest.length;
  const ofTales = tales.map((tale): Told => {
    const endpoint = endpoints.get(tale.delivery.endpointId) ?? unknownEndpoint(tale);
    return { id: endpoint.id, url: endpoint.url, outcome: outcomeOf(tale, endpoint, surroundings), tale };
  });
  const lost = missing.map(({ id, url, since }): Told => {
    const endpoint = endpoints.get(id);
    return {
      id,
      url,
      outcome: lostOutcome(since, { event, endpoint, found, surroundings }),
      tale: undefined,
    };
  });
  const known = new Set([...ofTales, ...lost].map(({ id }) => id));
  const others = (only === undefined ? (['disabled'] as const) : alone)
    .flatMap((standing) => groups.get(standing)?.endpoints ?? [])
    .filter(({ id }) => !known.has(id))
    .slice(0, disabledMost)
    .map(
      (each): Told => ({
        id: each.id,
        url: each.url,
        outcome: standingOutcome(each, event),
        tale: undefined,
      }),
    );
  return [...ofTales, ...lost, ...others];
}

/** One that was gone before changes of endpoints were kept. */
function unknownEndpoint({ delivery, attempts }: DeliveryTale): EndpointNow {
  return {
    id: delivery.endpointId,
    url: attempts.at(-1)?.url ?? 'no longer known',
    ...{ deletedAt: null, active: true, disabledReason: null, disabledAt: null, pausedAt: null, failures: 0 },
    ...{
      failingSince: null,
      openUntil: null,
      pausedUntil: null,
      rate: null,
      throttled: false,
      concurrency: null,
    },
    ...{ sealedWith: [], droppedAt: null },
  };
}

const clausesMost = 3;
/** Of those that were disabled so many are told one by one. */
const disabledMost = 20;

function answerOf({ event, groups, rest, only }: EventTale, told: readonly Told[]): string {
  if (only !== undefined) return told[0] ? clause(told[0]) : notConcerned(event, only);
  const others = told.filter(({ outcome }) => outcome.got !== 'yes');
  const total = told.length + rest.length;
  const delivered =
    told.length - others.length + rest.filter(({ verdict }) => verdict === 'succeeded').length;
  if (total === 0) {
    const elsewhere = groups.get('other_tenant')?.count ?? 0;
    const tenants =
      elsewhere === 0
        ? ''
        : `; ${counted(elsewhere, 'endpoint')} of other tenants did, and it is of ${ofTenant(event.tenant)}`;
    return `nobody got it: no endpoint took ${event.name} when it was made${tenants}`;
  }
  if (total === 1 && told[0]) return clause(told[0]);
  if (delivered === total) return `delivered to all ${counted(total, 'endpoint')} that took it`;
  const left = total - delivered - Math.min(others.length, clausesMost);
  return [
    `delivered to ${delivered} of ${counted(total, 'endpoint')}`,
    ...others.slice(0, clausesMost).map(clause),
    ...(left > 0 ? [`${counted(left, 'other')} ${left === 1 ? 'has' : 'have'} not got it either`] : []),
  ].join('; ');
}

function notConcerned({ resource, recordKey }: EventFacts, only: string): string {
  if (resource === 'endpoint')
    return `endpoint ${only} did not get it: it is the ping of endpoint ${recordKey}`;
  return `endpoint ${only} did not get it, and nobody knows what it was then`;
}

const verbs = { yes: 'got it', 'not yet': 'has not got it yet:', no: 'did not get it:' };

const clause = ({ id, outcome }: Told): string => `endpoint ${id} ${verbs[outcome.got]} ${outcome.because}`;

function stepOf(tale: EventTale, told: readonly Told[]): Step {
  const { event, rest, groups, only } = tale;
  const { id, name, resource, recordKey, tenant, requestId, changedAt, createdAt } = event;
  const words = [
    `${eventText(event)}: changed ${time(changedAt)}, made ${time(createdAt)}`,
    ...(tenant === null ? [] : [`tenant ${tenant}`]),
    ...(requestId === null ? [] : [`Request-Id ${requestId}`]),
    `event ${id}`,
  ];
  const ids = new Set([...told.map((each) => each.id), ...rest.map(({ endpointId }) => endpointId)]);
  return step('event', words.join(', '), {
    at: createdAt,
    facts: { event: id, name, resource, recordKey, tenant },
    steps: [
      ...told.map(endpointStep),
      ...restSteps(rest, id),
      ...elsewhere(event, { found: tale.tales.length + rest.length, missing: tale.missing.length, only }),
      ...(only === undefined ? groupSteps(groups, event, ids) : []),
    ],
  });
}

/** Deliveries that were made and are not accounted for. */
function elsewhere(
  { id, deliveryCount }: EventFacts,
  { found, missing, only }: { found: number; missing: number; only: string | undefined },
): Step[] {
  const left = deliveryCount - found - missing;
  if (only !== undefined || left <= 0) return [];
  const words = `${counted(left, 'more delivery', 'more deliveries')} of it: nothing was found of ${left === 1 ? 'it' : 'them'}`;
  return [
    step('not_kept', words, { facts: { count: left }, advice: [`rowhook explain ${id} looks further`] }),
  ];
}

function endpointStep({ id, url, outcome, tale }: Told): Step {
  const { code, got, at, advice } = outcome;
  const delivery = tale?.delivery.id ?? null;
  const which = `${endpointText({ id, url })}${delivery === null ? '' : `, delivery ${delivery}`}`;
  return step(code, `${which}: ${code.replaceAll('_', ' ')}: ${outcome.because}`, {
    at,
    advice,
    facts: { endpoint: id, url, delivery, got },
    steps: tale ? attemptSteps(tale) : [],
  });
}
