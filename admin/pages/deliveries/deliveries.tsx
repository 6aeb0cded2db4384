import { deliveries } from '../../texts/deliveries.ts';
import { Page } from '../../ui/page.tsx';
import { DeliveriesView } from './view.tsx';

/** The deliveries of all webhooks. */
export function DeliveriesPage(_: { deliveryId: string | null }) {
  return (
    <Page title={deliveries.title}>
      <DeliveriesView />
    </Page>
  );
}
