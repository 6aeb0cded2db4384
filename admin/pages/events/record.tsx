import { useEffect, useMemo, useState } from 'preact/hooks';
import type { StoryView as StoryShape } from '../../../src/admin/shapes/common.ts';
import type { EventPageView } from '../../../src/admin/shapes/event.ts';
import { api } from '../../data/api.ts';
import { useLoad } from '../../data/use-load.ts';
import { Link, navigate, pathTo, useRoute } from '../../routes.tsx';
import { event as eventTexts, events as list, record as texts } from '../../texts/events.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { StoryView } from '../deliveries/story-view.tsx';

const spanMs = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000, all: null } as const;
type Span = keyof typeof spanMs;
const spans = Object.keys(spanMs) as Span[];

/** What became of the changes of one record: its story since a time, and its events. */
export function RecordPage({ record }: { record: string }) {
  const route = useRoute();
  const chosen = spans.find((span) => span === route.query.since) ?? '24h';
  const back = <Link to={pathTo('events')}>{eventTexts.back}</Link>;
  const [told, setTold] = useState(false);
  return (
    <Page
      title={texts.title(record)}
      heading={
        <>
          {texts.heading} <Text mono>{record}</Text>
        </>
      }
      above={back}
      actions={
        <Choice
          label={texts.since}
          value={chosen}
          options={spans.map((value) => ({ value, label: texts.spans[value] }))}
          onChange={(since) => navigate(pathTo('record', { record }, { since }), { replace: true })}
        />
      }
    >
      <Story record={record} span={chosen} onTold={() => setTold(true)} />
      {/* How long the story is nobody knows before: what is below it waits, so that nothing jumps. */}
      <div hidden={!told}>
        <Events record={record} />
      </div>
    </Page>
  );
}

function Story({ record, span, onTold }: { record: string; span: Span; onTold: () => void }) {
  const { data, problem, reload } = useLoad(`${record} ${span}`, (signal) => {
    const ms = spanMs[span];
    const since = new Date(ms === null ? 0 : Date.now() - ms).toISOString();
    return api.get<StoryShape>(`/records/${encodeURIComponent(record)}/story`, { since }, { signal });
  });
  const isTold = data !== undefined || problem !== null;
  useEffect(() => {
    if (isTold) onTold();
  }, [isTold]);
  if (problem) return <ErrorNote problem={problem} onRetry={reload} />;
  return (
    <section class="card stack tight" aria-busy={data === undefined}>
      <div class="message-head">
        <h2>{texts.what}</h2>
        <Button small icon="repeat" onClick={reload}>
          {texts.reload}
        </Button>
      </div>
      {data ? <StoryView story={data} title={texts.what} /> : <Skeleton lines={5} />}
    </section>
  );
}

/** So many are listed here; the rest in the list of events. */
const listedMost = 20;

function Events({ record }: { record: string }) {
  const { data, problem, reload } = useLoad(record, (signal) =>
    api.get<EventPageView>('/events', { record, limit: listedMost }, { signal }),
  );
  const [opened] = useState(() => pathTo('events', {}, { record }));
  const rows = useMemo(() => data?.events ?? [], [data]);
  if (problem) return <ErrorNote problem={problem} onRetry={reload} />;
  return (
    <section class="stack tight">
      <h2>{texts.events}</h2>
      {data === undefined ? (
        <Skeleton lines={4} />
      ) : rows.length === 0 ? (
        <EmptyState title={texts.noEvents} icon="event" />
      ) : (
        <ul class="few-deliveries card">
          {rows.map((event) => (
            <li key={event.id}>
              <Link to={pathTo('event', { id: event.id })}>
                <Text>{event.name}</Text>
              </Link>
              <span class="dim">{event.deliveries === 0 ? list.nobody : list.got(event.deliveries)}</span>
              <span class="dim">
                <Time at={event.changedAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {data?.next && <Link to={opened}>{texts.allEvents}</Link>}
    </section>
  );
}
