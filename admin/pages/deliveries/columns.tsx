import type { DeliveryView } from '../../../src/admin/shapes/delivery.ts';
import { now } from '../../data/clock.ts';
import { deliveries } from '../../texts/deliveries.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { EndpointName } from './endpoint-name.tsx';
import { placeOf } from './filters.ts';
import type { GridColumn } from './grid-row.tsx';

type Column = GridColumn<DeliveryView>;
const { columns: heads } = deliveries;

const state: Column = { key: 'state', head: heads.state, cell: ({ state }) => <StateBadge state={state} /> };
const event: Column = {
  key: 'event',
  head: heads.event,
  leads: true,
  cell: ({ eventName }) =>
    eventName === null ? <span class="dim">{deliveries.eventGone}</span> : <Text>{eventName}</Text>,
};
const record: Column = {
  key: 'record',
  head: heads.record,
  cell: ({ resource, recordKey }) =>
    resource === null ? (
      <span class="dim">{deliveries.noRecord}</span>
    ) : (
      <Text mono>{`${resource}:${recordKey}`}</Text>
    ),
};
const webhook: Column = {
  key: 'webhook',
  head: heads.webhook,
  cell: ({ endpointId }) => <EndpointName id={endpointId} />,
};
const answer: Column = {
  key: 'answer',
  head: heads.answer,
  cell: (delivery) => <Answer delivery={delivery} />,
};
const attempts: Column = {
  key: 'attempts',
  head: heads.attempts,
  cell: ({ attempts: count }) => (
    <span class={count > 1 ? 'many' : 'dim'} title={deliveries.attempts(count)}>
      {count}
    </span>
  ),
};
const time: Column = {
  key: 'time',
  head: heads.time,
  cell: (delivery) => <Time at={placeOf(delivery)} />,
};

/** What a row shows; the webhook only where there are several. */
export function columnsOf(withWebhook: boolean): readonly Column[] {
  return [state, event, record, ...(withWebhook ? [webhook] : []), answer, attempts, time];
}

/** A delivery in a few words: for the name of its menu. */
export function nameOf({ eventName, resource, recordKey }: DeliveryView): string {
  const about = eventName ?? deliveries.eventGone;
  return resource === null ? about : `${about}, ${resource}:${recordKey}`;
}

/** The latest answer; while it is tried again, when that is. */
function Answer({ delivery }: { delivery: DeliveryView }) {
  const { lastStatus, lastReason, state, dueAt } = delivery;
  const ended = lastStatus === null ? lastReason && deliveries.reason(lastReason) : String(lastStatus);
  return (
    <>
      {ended === null ? <span class="dim">{deliveries.noAnswerYet}</span> : <Text>{ended}</Text>}
      {state === 'waiting' && dueAt !== null && (
        <span class="dim next">
          {Date.parse(dueAt) > now.value ? <Time at={dueAt} /> : deliveries.anyMoment}
        </span>
      )}
    </>
  );
}
