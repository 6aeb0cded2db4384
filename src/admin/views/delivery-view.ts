import { wordsOfReason } from '../../explain/reason-words.ts';
import type { Story } from '../../explain/story.ts';
import type { DeliveryDetail } from '../../store/deliveries.ts';
import type { DeliverySummary } from '../../store/history.ts';
import { uuidTime } from '../../uuid-time.ts';
import type { HeaderList } from '../../wire/dialect.ts';
import type { AttemptView, DeliveryDetailView, DeliveryView, PhasesView } from '../shapes/delivery.ts';
import { bodyView } from './body-view.ts';
import { storyView } from './story-view.ts';
import { iso, isoOrNull } from './times.ts';

/** A delivery as a list shows it. Pure. */
export function deliveryView(summary: DeliverySummary): DeliveryView {
  return {
    id: summary.id,
    endpointId: summary.endpointId,
    eventId: summary.eventId,
    state: summary.state,
    eventName: summary.eventName,
    resource: summary.resource,
    recordKey: summary.recordKey,
    attempts: summary.attempts,
    lastStatus: summary.lastStatus,
    lastReason: summary.lastReason,
    lastAttemptAt: isoOrNull(summary.lastAttemptAt),
    dueAt: isoOrNull(summary.dueAt),
    createdAt: iso(summary.createdAt),
  };
}

/** What is known of a delivery beside its own rows. */
export interface DeliverySurroundings {
  /** Null: it is deleted. */
  readonly endpointUrl: string | null;
  readonly story: Story;
}

/** A delivery with everything that is known of it. Pure. */
export function deliveryDetailView(
  delivery: DeliveryDetail,
  { endpointUrl, story }: DeliverySurroundings,
): DeliveryDetailView {
  const { event } = delivery;
  const sent = [...new Set(delivery.attempts.map(({ requestBody }) => requestBody))].filter(
    (body) => body !== null,
  );
  return {
    id: delivery.id,
    endpointId: delivery.endpointId,
    endpointUrl,
    state: delivery.state,
    dueAt: isoOrNull(delivery.dueAt),
    eventId: delivery.eventId,
    createdAt: iso(uuidTime(delivery.id)),
    event: event && {
      name: event.name,
      resource: event.resource,
      recordKey: event.recordKey,
      requestId: event.requestId,
      changedAt: iso(event.changedAt),
    },
    requestBodies: sent.map((body) => bodyView(body)),
    attempts: delivery.attempts.map((attempt) => attemptView(attempt, sent)),
    attemptsCut: delivery.attemptsCut,
    redeliverProblem: redeliverProblem(delivery, endpointUrl),
    story: storyView(story),
  };
}

const onItsWay: ReadonlySet<string> = new Set(['due', 'behind', 'sending', 'waiting']);

/** Why a delivery cannot be sent again, as a sentence; null: it can. In the order in which `redeliver` says no. Pure. */
function redeliverProblem({ state, event }: DeliveryDetail, endpointUrl: string | null): string | null {
  if (onItsWay.has(state)) return 'It is still on its way.';
  if (event?.payload == null) return 'Its event is older than what retention keeps.';
  return endpointUrl === null ? 'Its endpoint is deleted.' : null;
}

/** @param sent the bodies that the delivery's attempts sent, each once */
function attemptView(attempt: DeliveryDetail['attempts'][number], sent: readonly string[]): AttemptView {
  const { because, advice } = wordsOfReason(attempt.reason);
  return {
    id: attempt.id,
    number: attempt.number,
    verdict: attempt.verdict,
    reason: attempt.reason,
    because,
    advice,
    detail: attempt.detail,
    startedAt: iso(attempt.startedAt),
    durationMs: attempt.durationMs,
    phases: phasesView(attempt.phases),
    url: attempt.url,
    dialect: attempt.dialect,
    requestHeaders: pairs(attempt.requestHeaders),
    requestBody: attempt.requestBody === null ? null : sent.indexOf(attempt.requestBody),
    status: attempt.status,
    responseHeaders: attempt.responseHeaders && pairs(attempt.responseHeaders),
    responseBody: bodyView(attempt.responseBody),
    responseCut: attempt.responseCut,
    dueAt: isoOrNull(attempt.dueAt),
  };
}

function phasesView(phases: DeliveryDetail['attempts'][number]['phases']): PhasesView | null {
  if (!phases) return null;
  const { dns = null, connect = null, tls = null, wait = null, body = null } = phases;
  return { dns, connect, tls, wait, body };
}

const pairs = (list: HeaderList): [string, string][] => list.map(([name, value]) => [name, value]);
