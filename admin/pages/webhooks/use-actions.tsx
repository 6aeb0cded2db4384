import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { EndpointView, ResumedView } from '../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { api } from '../../data/api.ts';
import { navigate, pathTo } from '../../routes.tsx';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { lazy } from '../../ui/lazy.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { toast, toastProblem } from '../../ui/toast.tsx';
import type { DialogName } from './dialogs/ask-props.ts';
import type { EndpointDialogProps } from './dialogs/dialogs.tsx';
import { dialectOf } from './form/draft.ts';

const words = texts.actions;

// What is asked before something is done comes with the first press, not with the first page.
const EndpointDialog = lazy<EndpointDialogProps>(
  async () => (await import('./dialogs/dialogs.tsx')).EndpointDialog,
  '0',
);

export interface Actions {
  /** The same menu wherever a webhook has one. */
  readonly items: (endpoint: EndpointView, options?: { readonly onItsPage?: boolean }) => MenuItem[];
  /** Opens what is asked before it is done. */
  readonly open: (name: DialogName, endpoint: EndpointView) => void;
  /** Forgets that its receiver failed: what waits goes out now, not at the next try. */
  readonly tryNow: (endpoint: EndpointView) => void;
  /** Put it once where the dialogs belong. */
  readonly layer: ComponentChildren;
}

interface Told {
  readonly catalog: CatalogView | undefined;
  /** Somebody changed it here; with how it is now, where the server told. */
  readonly onChange: (endpoint?: EndpointView) => void;
  readonly onDeleted: (id: string) => void;
}

/** What can be done with a webhook: the menu, and the dialogs that it opens. */
export function useActions({ catalog, onChange, onDeleted }: Told): Actions {
  const [asked, setAsked] = useState<{ name: DialogName; endpoint: EndpointView } | null>(null);
  const open = (name: DialogName, endpoint: EndpointView) => setAsked({ name, endpoint });
  const tryNow = async ({ id }: EndpointView) => {
    try {
      onChange((await api.post<ResumedView>(`/endpoints/${id}/resume`, { held: 'deliver' })).endpoint);
      toast(words.triedNow, { kind: 'ok' });
    } catch (error) {
      toastProblem(error);
    }
  };
  const items: Actions['items'] = (endpoint, { onItsPage = false } = {}) => {
    const { id, status } = endpoint;
    const isHeld = status === 'paused' || status === 'disabled';
    const hasPing = catalog === undefined || dialectOf(catalog, endpoint.dialect).hasPing;
    const ways: MenuItem[] = onItsPage
      ? []
      : [
          {
            label: words.deliveries,
            icon: 'delivery',
            run: () => navigate(pathTo('webhook', { id })),
          },
          { label: words.edit, icon: 'edit', run: () => navigate(pathTo('webhookSettings', { id })) },
        ];
    return [
      ...ways,
      {
        label: words.ping,
        icon: 'webhook',
        operator: true,
        why: hasPing ? (status === 'disabled' ? words.why.pingDisabled : null) : words.why.noPing,
        run: () => open('ping', endpoint),
      },
      ...(status === 'failing'
        ? [
            {
              label: words.tryNow,
              icon: 'play' as const,
              operator: true,
              apart: true,
              run: () => void tryNow(endpoint),
            },
          ]
        : []),
      isHeld
        ? {
            label: words.resume,
            icon: 'play',
            operator: true,
            apart: true,
            run: () => open('resume', endpoint),
          }
        : {
            label: words.pause,
            icon: 'pause',
            operator: true,
            apart: status !== 'failing',
            run: () => open('pause', endpoint),
          },
      { label: words.redeliver, icon: 'repeat', operator: true, run: () => open('redeliver', endpoint) },
      {
        label: endpoint.hasSecret ? words.rotate : words.setSecret,
        icon: 'key',
        operator: true,
        run: () => open('rotate', endpoint),
      },
      {
        label: words.disable,
        icon: 'out',
        operator: true,
        apart: true,
        why: status === 'disabled' ? words.why.disabled : null,
        run: () => open('disable', endpoint),
      },
      {
        label: words.remove,
        icon: 'trash',
        operator: true,
        danger: true,
        run: () => open('remove', endpoint),
      },
    ];
  };
  const layer = asked && (
    <EndpointDialog
      key={`${asked.name} ${asked.endpoint.id}`}
      name={asked.name}
      endpoint={asked.endpoint}
      catalog={catalog}
      onClose={() => setAsked(null)}
      onOpen={(name) => open(name, asked.endpoint)}
      onChange={onChange}
      onDeleted={onDeleted}
    />
  );
  return { items, open, tryNow: (endpoint) => void tryNow(endpoint), layer };
}
