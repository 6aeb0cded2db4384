import type { BulkJobView } from '../../src/admin/shapes/bulk.ts';
import type { AttemptView, DeliveryStateName } from '../../src/admin/shapes/delivery.ts';
import type { EndpointView } from '../../src/admin/shapes/endpoint.ts';
import { states } from '../texts/states.ts';
import { Badge, type Tone } from './badge.tsx';

export type StateName =
  | DeliveryStateName
  | EndpointView['status']
  | BulkJobView['state']
  | AttemptView['verdict'];

const tones: Record<StateName, Tone> = {
  active: 'ok',
  failing: 'bad',
  paused: 'warn',
  disabled: 'neutral',
  due: 'info',
  behind: 'info',
  sending: 'info',
  waiting: 'warn',
  retry: 'warn',
  succeeded: 'ok',
  exhausted: 'bad',
  dropped: 'neutral',
  running: 'info',
  done: 'ok',
  cancelled: 'neutral',
  failed: 'bad',
};

/** The state of a webhook, a delivery, an attempt or a bulk job. `title`: why. */
export function StateBadge({ state, title }: { state: StateName; title?: string | undefined }) {
  return (
    <Badge tone={tones[state]} title={title ?? states[state].hint}>
      {states[state].word}
    </Badge>
  );
}
