import { useEffect } from 'preact/hooks';
import type { EventDetailView } from '../../../src/admin/shapes/event.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { useLoad } from '../../data/use-load.ts';
import { Link, pathTo } from '../../routes.tsx';
import { event as texts } from '../../texts/events.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { LoadedPanel } from '../../ui/loaded-panel.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { Body } from '../deliveries/body.tsx';
import { ButtonLink } from '../deliveries/button-link.tsx';
import { StoryView } from '../deliveries/story-view.tsx';
import { DeliveriesOf } from './deliveries-of.tsx';

/** So many deliveries are told of. */
const toldMost = 500;

/** An event beside the list: what it was, whom it went to, and for each webhook why. */
export function EventPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const loaded = useLoad(id, (signal) =>
    api.get<EventDetailView>(`/events/${encodeURIComponent(id)}`, {}, { signal }),
  );
  const { data, reload } = loaded;
  useEffect(
    () =>
      live.on('deliveries', null, ({ deliveries }) => {
        if (deliveries.some(({ eventId }) => eventId === id)) reload();
      }),
    [id, reload],
  );
  return (
    <LoadedPanel
      id={id}
      loaded={loaded}
      onClose={onClose}
      title={data ? <Text>{data.name}</Text> : texts.titleWithout}
      gone={texts.gone}
      loading={texts.loading}
      heights={['8rem', '8rem', '16rem']}
      show={(shown) => <Shown data={shown} />}
    />
  );
}

function Shown({ data }: { data: EventDetailView }) {
  const { deliveriesOfIt } = data;
  const record = data.resource === null ? null : `${data.resource}:${data.recordKey}`;
  return (
    <div class="stack">
      {record !== null && (
        <div class="actions">
          <ButtonLink icon="event" to={pathTo('record', { record })}>
            {texts.recordStory}
          </ButtonLink>
        </div>
      )}
      <Facts data={data} record={record} />
      <section class="stack tight">
        <h3>{texts.deliveries(deliveriesOfIt.length)}</h3>
        {deliveriesOfIt.length === 0 ? (
          <p class="dim">{texts.noDeliveries}</p>
        ) : (
          <DeliveriesOf deliveries={deliveriesOfIt} />
        )}
        {deliveriesOfIt.length >= toldMost && data.deliveries > deliveriesOfIt.length && (
          <p class="dim">{texts.deliveriesCut(data.deliveries)}</p>
        )}
      </section>
      <section class="stack tight">
        <h3>{texts.why}</h3>
        <StoryView story={data.story} title={texts.why} />
      </section>
      <section class="stack tight">
        <h3>{texts.payload}</h3>
        {data.payload === null ? (
          <p class="dim">{texts.payloadGone}</p>
        ) : (
          <Body key={data.id} body={data.payload} label={texts.payload} />
        )}
      </section>
    </div>
  );
}

function Facts({ data, record }: { data: EventDetailView; record: string | null }) {
  const { facts } = texts;
  return (
    <dl class="facts">
      {record !== null && (
        <>
          <dt>{facts.record}</dt>
          <dd>
            <Link to={pathTo('record', { record })}>
              <Text mono>{record}</Text>
            </Link>
          </dd>
        </>
      )}
      {data.tenant !== null && (
        <>
          <dt>{facts.tenant}</dt>
          <dd>
            <Text>{data.tenant}</Text>
          </dd>
        </>
      )}
      <dt>{facts.changed}</dt>
      <dd>
        <Time at={data.changedAt} />{' '}
        <span class="dim">
          (<Time at={data.changedAt} form="clock" />)
        </span>
      </dd>
      {data.requestId !== null && (
        <>
          <dt>{facts.requestId}</dt>
          <dd>
            <Text mono>{data.requestId}</Text>
          </dd>
        </>
      )}
      <dt>{facts.id}</dt>
      <dd class="with-copy">
        <Text mono>{data.id}</Text>
        <CopyButton text={data.id} label={texts.copyId} />
      </dd>
    </dl>
  );
}
