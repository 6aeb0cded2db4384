import type { ComponentChildren } from 'preact';
import type { Route } from '../data/route.ts';
import { lazy } from '../ui/lazy.tsx';
import { DeliveriesPage } from './deliveries/deliveries.tsx';
import { OverviewPage } from './overview/overview.tsx';
import { UnknownPage } from './unknown.tsx';
import { NewWebhookPage } from './webhooks/new-webhook.tsx';
import { WebhookPage } from './webhooks/webhook.tsx';
import { WebhooksPage } from './webhooks/webhooks.tsx';

// What is used all day comes with the first load; the rest when somebody first goes there.
const later = () => import('./later.tsx');
const EventsPage = lazy(async () => (await later()).EventsPage);
const RecordPage = lazy(async () => (await later()).RecordPage);
const BulkPage = lazy(async () => (await later()).BulkPage);
const AuditPage = lazy(async () => (await later()).AuditPage);

/** The page of an address. */
export function pageOf(route: Route): ComponentChildren {
  const { id = '', deliveryId = null, record = '' } = route.params;
  switch (route.page) {
    case 'overview':
      return <OverviewPage />;
    case 'webhooks':
      return <WebhooksPage />;
    case 'newWebhook':
      return <NewWebhookPage />;
    case 'webhook':
    case 'webhookDelivery':
      return <WebhookPage key={id} id={id} tab="deliveries" deliveryId={deliveryId} />;
    case 'webhookSettings':
      return <WebhookPage key={id} id={id} tab="settings" deliveryId={null} />;
    case 'deliveries':
    case 'delivery':
      return <DeliveriesPage deliveryId={deliveryId} />;
    case 'events':
      return <EventsPage eventId={null} />;
    case 'event':
      return <EventsPage eventId={id} />;
    case 'record':
      return <RecordPage key={record} record={record} />;
    case 'bulk':
      return <BulkPage />;
    case 'audit':
      return <AuditPage />;
    default:
      return <UnknownPage />;
  }
}
