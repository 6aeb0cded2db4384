import { useCallback, useMemo } from 'preact/hooks';
import type { EventPageView, EventView } from '../../../src/admin/shapes/event.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { navigate, pathTo, useRoute } from '../../routes.tsx';
import { deliveries } from '../../texts/deliveries.ts';
import { events } from '../../texts/events.ts';
import { copyText } from '../../ui/copy-button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { SplitView } from '../../ui/side-panel.tsx';
import { toast } from '../../ui/toast.tsx';
import { FilterBar } from '../deliveries/filter-bar.tsx';
import { askedOf, type Filters, filtersOf, queryOf } from '../deliveries/filters.ts';
import { LiveGrid } from '../deliveries/live-grid.tsx';
import { useBeside } from '../deliveries/use-beside.ts';
import { useList } from '../deliveries/use-list.ts';
import { useCatalog } from '../webhooks/use-catalog.ts';
import { columnsOf, nameOf } from './columns.tsx';
import { EventPanel } from './event-panel.tsx';

/** No stream tells of events that go to nobody: the newest are asked for this often while the page is seen. */
const lookMs = 5_000;

/** What happened, the newest first, whether or not somebody got it; the event that the address names is open beside the list. */
export function EventsPage({ eventId }: { eventId: string | null }) {
  const route = useRoute();
  const hasTenants = useCatalog().data?.hasTenants === true;
  const query = queryOf(filtersOf(new URLSearchParams(route.query).toString()));
  const filters = useMemo(() => filtersOf(query), [query]);
  const { store, cameBack } = useList<EventView>(`events ${query}`, {
    load: (before, signal) => loadPage(filters, before, signal),
    isWanted: () => true,
    listen({ missed }) {
      const look = setInterval(() => {
        if (document.visibilityState === 'visible') missed();
      }, lookMs);
      const end = live.onGap(missed);
      return () => {
        clearInterval(look);
        end();
      };
    },
  });
  const listPath = pathTo('events') + query;
  const pathOf = useCallback(({ id }: { id: string }) => pathTo('event', { id }) + query, [query]);
  const change = (next: Filters) => navigate(pathTo('events') + queryOf(next), { replace: true });
  const { open, close } = useBeside(eventId, listPath);
  const isFiltered = query !== '';
  const about = isFiltered ? events.emptyFiltered : events.empty;

  const menuOf = (event: EventView): readonly MenuItem[] => [
    {
      label: events.open,
      icon: 'next',
      hint: 'Enter',
      run: () => open(pathOf(event)),
    },
    ...(event.resource === null
      ? []
      : [
          {
            label: events.recordStory,
            icon: 'event' as const,
            run: () => navigate(pathTo('record', { record: `${event.resource}:${event.recordKey}` })),
          },
          {
            label: deliveries.menu.sameRecord,
            icon: 'filter' as const,
            apart: true,
            run: () => change({ ...filters, record: `${event.resource}:${event.recordKey}` }),
          },
        ]),
    {
      label: deliveries.menu.sameEvent,
      icon: 'filter',
      run: () => change({ ...filters, event: event.name }),
    },
    { label: events.copyId, icon: 'copy', apart: true, run: () => void copyId(event.id) },
  ];

  return (
    <Page title={events.title}>
      <SplitView panel={eventId !== null && <EventPanel id={eventId} onClose={close} />}>
        <FilterBar filters={filters} of="events" onChange={change} />
        <LiveGrid
          key={query}
          store={store}
          cameBack={cameBack}
          kind="of-events"
          texts={events}
          columns={columnsOf(hasTenants)}
          pathOf={pathOf}
          nameOf={nameOf}
          menuOf={menuOf}
          current={eventId}
          isSearch={isFiltered}
          keys={events.keys}
          keysOf={() => (eventId === null ? [] : [{ keys: 'Escape', words: events.keys.close, run: close }])}
          empty={
            <EmptyState title={about.title} icon={isFiltered ? 'filter' : 'event'}>
              {about.text}
            </EmptyState>
          }
        />
      </SplitView>
    </Page>
  );
}

async function loadPage(filters: Filters, before: string | null, signal: AbortSignal) {
  const { endpoint: _e, state: _s, status: _t, ...asked } = askedOf(filters, Date.now());
  const page = await api.get<EventPageView>('/events', { ...asked, limit: 50, before }, { signal });
  return { items: page.events, next: page.next, searchedUntil: page.searchedUntil };
}

async function copyId(id: string): Promise<void> {
  const ok = await copyText(id);
  toast(ok ? deliveries.copied : deliveries.copyFailed, { kind: ok ? 'ok' : 'error' });
}
