import type { OverviewView } from '../../../src/admin/shapes/overview.ts';
import { formatCount } from '../../data/format.ts';
import { Link, pathTo } from '../../routes.tsx';
import { overviewWords as words } from '../../texts/overview.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Time } from '../../ui/time.tsx';

const order = ['active', 'failing', 'paused', 'disabled'] as const;

/** In a line: how many webhooks are in which state, and how the relay does. */
export function EndpointStates({ data: { endpoints, queue } }: { data: OverviewView }) {
  return (
    <section class="card states" aria-labelledby="states">
      <h2 id="states">{words.endpoints}</h2>
      <ul>
        {order.map((state) => (
          <li key={state}>
            <Link to={pathTo('webhooks', {}, { status: state })}>
              <StateBadge state={state} />
              <b>{formatCount(endpoints[state])}</b>
            </Link>
          </li>
        ))}
      </ul>
      <dl>
        <div>
          <dt>{words.relay}</dt>
          <dd class={queue.relayActive ? undefined : 'bad-text'}>
            {queue.relayActive ? words.relayActive : words.relayAbsent}
          </dd>
        </div>
        <div>
          <dt>{words.changes}</dt>
          <dd>
            {formatCount(queue.changesWaiting)}
            {queue.oldestChangeAt && (
              <span class="dim">
                , {words.oldestChange} <Time at={queue.oldestChangeAt} />
              </span>
            )}
          </dd>
        </div>
        <div>
          <dt>{words.nextRetry}</dt>
          <dd>
            <Time at={queue.nextDueAt} />
          </dd>
        </div>
      </dl>
    </section>
  );
}
