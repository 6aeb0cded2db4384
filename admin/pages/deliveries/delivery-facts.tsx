import type { DeliveryDetailView } from '../../../src/admin/shapes/delivery.ts';
import { now } from '../../data/clock.ts';
import { Link, pathTo } from '../../routes.tsx';
import { deliveries, delivery as texts } from '../../texts/deliveries.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { withoutQuery } from './endpoint-name.tsx';

const { facts } = texts;

/** What a delivery is of, by name, each leading to it. */
export function DeliveryFacts({ data }: { data: DeliveryDetailView }) {
  const { event, dueAt, endpointUrl } = data;
  return (
    <dl class="facts">
      {data.state === 'waiting' && dueAt !== null && (
        <>
          <dt>{facts.next}</dt>
          <dd>
            {Date.parse(dueAt) > now.value ? <Time at={dueAt} /> : deliveries.anyMoment}{' '}
            <span class="dim">
              (<Time at={dueAt} form="clock" />)
            </span>
          </dd>
        </>
      )}
      <dt>{facts.webhook}</dt>
      <dd>
        {endpointUrl === null ? (
          <span class="dim">{facts.webhookGone}</span>
        ) : (
          <Link to={pathTo('webhook', { id: data.endpointId })}>
            <Text>{withoutQuery(endpointUrl)}</Text>
          </Link>
        )}
      </dd>
      {event && event.resource !== null && (
        <>
          <dt>{facts.record}</dt>
          <dd>
            <Link to={pathTo('record', { record: `${event.resource}:${event.recordKey}` })}>
              <Text mono>{`${event.resource}:${event.recordKey}`}</Text>
            </Link>
          </dd>
        </>
      )}
      {event && (
        <>
          <dt>{facts.changed}</dt>
          <dd>
            <Time at={event.changedAt} />{' '}
            <span class="dim">
              (<Time at={event.changedAt} form="clock" />)
            </span>
          </dd>
        </>
      )}
      {event?.requestId != null && (
        <>
          <dt>{facts.requestId}</dt>
          <dd>
            <Text mono>{event.requestId}</Text>
          </dd>
        </>
      )}
      <dt>{facts.event}</dt>
      <dd class="with-copy">
        <Link to={pathTo('event', { id: data.eventId })}>
          <Text mono>{data.eventId}</Text>
        </Link>
      </dd>
      <dt>{facts.id}</dt>
      <dd class="with-copy">
        <Text mono>{data.id}</Text>
        <CopyButton text={data.id} label={texts.copyId} />
      </dd>
    </dl>
  );
}
