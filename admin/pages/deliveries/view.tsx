import { useCallback, useMemo } from 'preact/hooks';
import type { DeliveryPageView, DeliveryView } from '../../../src/admin/shapes/delivery.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { navigate, pathTo, useRoute } from '../../routes.tsx';
import { deliveries } from '../../texts/deliveries.ts';
import { copyText } from '../../ui/copy-button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { SplitView } from '../../ui/side-panel.tsx';
import { toast } from '../../ui/toast.tsx';
import { columnsOf, nameOf } from './columns.tsx';
import { FilterBar } from './filter-bar.tsx';
import { askedOf, type Filters, filtersOf, isBelow, isWanted, queryOf } from './filters.ts';
import { LiveGrid } from './live-grid.tsx';
import { DeliveryPanel } from './panel.tsx';
import { redeliver } from './redeliver.ts';
import { useBeside } from './use-beside.ts';
import { useList } from './use-list.ts';

/** Deliveries as they happen, of one webhook or of all; the one that the address names is open beside them. */
export function DeliveriesView({ endpointId }: { endpointId?: string | undefined }) {
  const route = useRoute();
  const openId = route.params.deliveryId ?? null;
  const query = queryOf(filtersOf(new URLSearchParams(route.query).toString()));
  const filters = useMemo(() => filtersOf(query), [query]);
  const { store, cameBack } = useList<DeliveryView>(`deliveries ${endpointId ?? ''}${query}`, {
    load: (before, signal) => loadPage({ ...filters, ...ofWebhook(endpointId) }, before, signal),
    isWanted: (delivery, next) =>
      !isBelow(delivery, next) && isWanted({ ...filters, ...ofWebhook(endpointId) }, delivery, Date.now()),
    listen({ news, missed }) {
      const ends = [
        live.on('deliveries', endpointId ?? null, (told) => {
          news(told.deliveries);
          // More happened than the stream tells.
          if ('more' in told && told.more === true) missed();
        }),
        live.onGap(missed),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
  });
  const listPath =
    (endpointId === undefined ? pathTo('deliveries') : pathTo('webhook', { id: endpointId })) + query;
  const pathOf = useCallback(
    ({ id }: { id: string }) =>
      (endpointId === undefined
        ? pathTo('delivery', { deliveryId: id })
        : pathTo('webhookDelivery', { id: endpointId, deliveryId: id })) + query,
    [endpointId, query],
  );
  const change = (next: Filters) => navigate(listPath.replace(/\?.*/, '') + queryOf(next), { replace: true });
  const { open, close } = useBeside(openId, listPath);
  const columns = useMemo(() => columnsOf(endpointId === undefined), [endpointId]);
  const isFiltered = query !== '';

  const menuOf = (delivery: DeliveryView): readonly MenuItem[] => [
    {
      label: deliveries.menu.open,
      icon: 'next',
      hint: 'Enter',
      run: () => open(pathOf(delivery)),
    },
    {
      label: deliveries.menu.redeliver,
      icon: 'repeat',
      hint: 'r',
      operator: true,
      run: () => void redeliver(delivery.id),
    },
    ...(delivery.resource === null
      ? []
      : [
          {
            label: deliveries.menu.recordStory,
            icon: 'event' as const,
            apart: true,
            run: () => navigate(pathTo('record', { record: `${delivery.resource}:${delivery.recordKey}` })),
          },
          {
            label: deliveries.menu.sameRecord,
            icon: 'filter' as const,
            run: () => change({ ...filters, record: `${delivery.resource}:${delivery.recordKey}` }),
          },
        ]),
    ...(delivery.eventName === null
      ? []
      : [
          {
            label: deliveries.menu.sameEvent,
            icon: 'filter' as const,
            run: () => change({ ...filters, event: delivery.eventName ?? '' }),
          },
        ]),
    { label: deliveries.menu.copyId, icon: 'copy', apart: true, run: () => void copyId(delivery.id) },
  ];

  const about = isFiltered
    ? deliveries.emptyFiltered
    : endpointId
      ? deliveries.emptyOfWebhook
      : deliveries.empty;
  return (
    <SplitView
      panel={openId !== null && <DeliveryPanel id={openId} endpointId={endpointId ?? null} onClose={close} />}
    >
      <FilterBar
        filters={filters}
        of={endpointId === undefined ? 'deliveries' : 'webhook'}
        onChange={change}
      />
      <LiveGrid
        key={`${endpointId ?? ''}${query}`}
        store={store}
        cameBack={cameBack}
        kind={endpointId === undefined ? 'of-all' : 'of-one'}
        texts={deliveries}
        columns={columns}
        pathOf={pathOf}
        nameOf={nameOf}
        menuOf={menuOf}
        current={openId}
        isSearch={isFiltered}
        keys={deliveries.keys}
        keysOf={(at) => [
          {
            keys: 'r',
            words: deliveries.keys.redeliver,
            run: () => {
              const id = openId ?? at()?.id;
              if (id !== undefined) void redeliver(id);
            },
          },
          ...(openId === null ? [] : [{ keys: 'Escape', words: deliveries.keys.close, run: close }]),
        ]}
        empty={
          <EmptyState title={about.title} icon={isFiltered ? 'filter' : 'delivery'}>
            {about.text}
          </EmptyState>
        }
      />
    </SplitView>
  );
}

const ofWebhook = (endpointId: string | undefined): Filters =>
  endpointId === undefined ? {} : { endpoint: endpointId };

async function loadPage(filters: Filters, before: string | null, signal: AbortSignal) {
  const query = { ...askedOf(filters, Date.now()), limit: 50, before };
  const page = await api.get<DeliveryPageView>('/deliveries', query, { signal });
  return { items: page.deliveries, next: page.next, searchedUntil: page.searchedUntil };
}

async function copyId(id: string): Promise<void> {
  const ok = await copyText(id);
  toast(ok ? deliveries.copied : deliveries.copyFailed, { kind: ok ? 'ok' : 'error' });
}
