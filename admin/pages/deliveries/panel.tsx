import { useEffect, useMemo } from 'preact/hooks';
import type { DeliveryDetailView } from '../../../src/admin/shapes/delivery.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { useLoad } from '../../data/use-load.ts';
import { pathTo } from '../../routes.tsx';
import { delivery as texts } from '../../texts/deliveries.ts';
import { Button } from '../../ui/button.tsx';
import { LoadedPanel } from '../../ui/loaded-panel.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Text } from '../../ui/text.tsx';
import { Attempts } from './attempts.tsx';
import { ButtonLink } from './button-link.tsx';
import { CurlButton } from './curl-button.tsx';
import { DeliveryFacts } from './delivery-facts.tsx';
import { redeliver, redelivered } from './redeliver.ts';
import { shownAttempts } from './shown-attempt.ts';
import { StoryView } from './story-view.tsx';

export interface DeliveryPanelProps {
  id: string;
  /** Of the list beside it, whose stream it listens to; null: the list of all. */
  endpointId: string | null;
  onClose: () => void;
}

/** While it is on its way it is looked at this often, whatever the stream tells: a state may change without an attempt. */
const lookMs = 2_500;
const onItsWay: ReadonlySet<string> = new Set(['due', 'behind', 'sending', 'waiting']);

/** A delivery beside its list: what became of it, each attempt, what can be done. Follows what happens. */
export function DeliveryPanel({ id, endpointId, onClose }: DeliveryPanelProps) {
  const loaded = useLoad(id, (signal) =>
    api.get<DeliveryDetailView>(`/deliveries/${encodeURIComponent(id)}`, {}, { signal }),
  );
  const { data, reload } = loaded;
  useEffect(
    () =>
      live.on('deliveries', endpointId, ({ deliveries }) => {
        if (deliveries.some((told) => told.id === id)) reload();
      }),
    [id, endpointId, reload],
  );
  const state = data?.state;
  const dueAt = data?.dueAt ?? null;
  useEffect(() => {
    if (state === undefined || !onItsWay.has(state)) return;
    const timer = setInterval(() => {
      const waits = state === 'waiting' && dueAt !== null && Date.parse(dueAt) > Date.now();
      if (!waits && document.visibilityState === 'visible') reload();
    }, lookMs);
    return () => clearInterval(timer);
  }, [state, dueAt, reload]);
  const again = redelivered.value;
  useEffect(() => {
    if (again?.id === id) reload();
  }, [again, id, reload]);

  const event = data?.event;
  return (
    <LoadedPanel
      id={id}
      loaded={loaded}
      onClose={onClose}
      title={event ? <Text>{event.name}</Text> : texts.titleWithoutEvent}
      actions={data && <StateBadge state={data.state} />}
      gone={texts.gone}
      loading={texts.loading}
      heights={['2rem', '9rem', '20rem']}
      show={(shown) => <Shown data={shown} />}
    />
  );
}

function Shown({ data }: { data: DeliveryDetailView }) {
  const { event, attemptsCut } = data;
  const attempts = useMemo(() => shownAttempts(data), [data]);
  const latest = attempts.at(-1);
  return (
    <div class="stack delivery">
      <div class="actions">
        <Button
          small
          icon="repeat"
          operator
          why={data.redeliverProblem}
          onClick={() => void redeliver(data.id)}
        >
          {texts.redeliver}
        </Button>
        {latest && <CurlButton attempt={latest} />}
        {event?.resource != null && (
          <ButtonLink icon="event" to={pathTo('record', { record: `${event.resource}:${event.recordKey}` })}>
            {texts.otherEvents}
          </ButtonLink>
        )}
      </div>
      {data.redeliverProblem !== null && <p class="dim hint">{texts.notNow(data.redeliverProblem)}</p>}
      <StoryView story={data.story} title={texts.what} brief />
      <DeliveryFacts data={data} />
      <Attempts key={data.id} attempts={attempts} isCut={attemptsCut} />
    </div>
  );
}
