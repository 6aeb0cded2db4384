import type { Story } from '../../explain/story.ts';
import type { EventSummary } from '../../store/events.ts';
import type { DeliverySummary } from '../../store/history.ts';
import type { ShownEvent } from '../../store/shown-event.ts';
import type { EventDetailView, EventView } from '../shapes/event.ts';
import { bodyView } from './body-view.ts';
import { deliveryView } from './delivery-view.ts';
import { storyView } from './story-view.ts';
import { iso } from './times.ts';

/** An event as a list shows it. Pure. */
export function eventView(event: EventSummary): EventView {
  return {
    id: event.id,
    name: event.name,
    resource: event.resource,
    recordKey: event.recordKey,
    tenant: event.tenant,
    requestId: event.requestId,
    deliveries: event.deliveries,
    changedAt: iso(event.changedAt),
    createdAt: iso(event.createdAt),
  };
}

/** An event with everything that is known of it. Pure. */
export function eventDetailView(
  event: ShownEvent,
  { deliveries, story }: { readonly deliveries: readonly DeliverySummary[]; readonly story: Story },
): EventDetailView {
  return {
    ...eventView(event),
    payload: bodyView(event.payload),
    deliveriesOfIt: deliveries.map(deliveryView),
    story: storyView(story),
  };
}
