import type { DeliveryView } from '../../../src/admin/shapes/delivery.ts';
import { Link, pathTo } from '../../routes.tsx';
import { deliveries as texts } from '../../texts/deliveries.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { EndpointName } from '../deliveries/endpoint-name.tsx';
import { placeOf } from '../deliveries/filters.ts';

/** The deliveries of one event: to whom, and what became of each. */
export function DeliveriesOf({ deliveries }: { deliveries: readonly DeliveryView[] }) {
  return (
    <ul class="few-deliveries">
      {deliveries.map((delivery) => (
        <li key={delivery.id}>
          <StateBadge state={delivery.state} />
          <Link to={pathTo('delivery', { deliveryId: delivery.id })}>
            <EndpointName id={delivery.endpointId} />
          </Link>
          <span class="dim">{answerOf(delivery)}</span>
          <span class="dim">
            <Time at={placeOf(delivery)} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function answerOf({ lastStatus, lastReason }: DeliveryView): string {
  if (lastStatus !== null) return String(lastStatus);
  return lastReason === null ? texts.noAnswerYet : texts.reason(lastReason);
}
