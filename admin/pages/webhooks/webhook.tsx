import type { EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import type { ApiProblem } from '../../data/api.ts';
import { Link, navigate, pathTo } from '../../routes.tsx';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { DeliveriesView } from '../deliveries/view.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { hostOf } from './url-parts.ts';
import { useActions } from './use-actions.tsx';
import { useCatalog } from './use-catalog.ts';
import { useEndpoint } from './use-endpoint.ts';
import { WebhookActions, WebhookHeading, WebhookStanding } from './webhook-head.tsx';

const words = texts.page;

export interface WebhookPageProps {
  readonly id: string;
  readonly tab: 'deliveries' | 'settings';
  readonly deliveryId: string | null;
}

/** One webhook: how it stands, what it got, and what can be said and done about it. */
export function WebhookPage({ id, tab }: WebhookPageProps) {
  const { data: endpoint, problem, reload, set } = useEndpoint(id);
  const catalog = useCatalog();
  const actions = useActions({
    catalog: catalog.data,
    onChange: (now) => (now ? set(now) : reload()),
    onDeleted: () => navigate(pathTo('webhooks')),
  });
  const above = <Link to={pathTo('webhooks')}>{words.back}</Link>;
  if (problem && !endpoint) return <Missing id={id} problem={problem} onRetry={reload} />;
  const name = endpoint ? hostOf(endpoint.url) : texts.title;
  return (
    <Page
      title={name}
      above={above}
      heading={endpoint ? <WebhookHeading endpoint={endpoint} /> : <Skeleton height="1.5rem" />}
      actions={endpoint && <WebhookActions endpoint={endpoint} actions={actions} />}
    >
      {endpoint && isUnknown(problem) && <EmptyState icon="trash" title={words.goneTitle} />}
      {endpoint ? (
        <WebhookStanding endpoint={endpoint} catalog={catalog.data} actions={actions} />
      ) : (
        <Skeleton height="3.5rem" />
      )}
      <Tabs
        label={words.tabsName}
        tabs={[
          { path: pathTo('webhook', { id }), label: words.tabs.deliveries, current: tab === 'deliveries' },
          {
            path: pathTo('webhookSettings', { id }),
            label: words.tabs.settings,
            current: tab === 'settings',
          },
        ]}
      />
      {tab === 'deliveries' && <DeliveriesView endpointId={id} />}
      {tab === 'settings' && catalog.problem && (
        <ErrorNote problem={catalog.problem} onRetry={catalog.reload} />
      )}
      {tab === 'settings' &&
        (endpoint && catalog.data ? (
          <SettingsTab
            endpoint={endpoint}
            catalog={catalog.data}
            onSaved={(now: EndpointView) => set(now)}
            onRotate={() => actions.open('rotate', endpoint)}
          />
        ) : (
          <Skeleton height="40rem" />
        ))}
      {actions.layer}
    </Page>
  );
}

const isUnknown = (problem: ApiProblem | null): boolean => problem?.problem.code === 'endpoint_unknown';

function Missing({ id, problem, onRetry }: { id: string; problem: ApiProblem; onRetry: () => void }) {
  const above = <Link to={pathTo('webhooks')}>{words.back}</Link>;
  if (!isUnknown(problem)) {
    return (
      <Page title={texts.title} above={above}>
        <ErrorNote problem={problem} onRetry={onRetry} />
      </Page>
    );
  }
  return (
    <Page title={words.unknownTitle} above={above}>
      <EmptyState
        icon="webhook"
        title={`${words.unknownTitle} (${id})`}
        actions={<Link to={pathTo('webhooks')}>{words.unknownBack}</Link>}
      >
        {words.unknownWords}
      </EmptyState>
    </Page>
  );
}
