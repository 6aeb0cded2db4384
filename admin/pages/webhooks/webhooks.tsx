import { useState } from 'preact/hooks';
import type { EndpointRowView, EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { canChange } from '../../data/session-state.ts';
import { navigate, pathTo, useRoute } from '../../routes.tsx';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useHotkeys } from '../../ui/hotkeys.ts';
import { Page } from '../../ui/page.tsx';
import { Pager } from '../../ui/pager.tsx';
import { Table } from '../../ui/table.tsx';
import { dialectOf } from './form/draft.ts';
import { hostOf } from './url-parts.ts';
import { useActions } from './use-actions.tsx';
import { useCatalog } from './use-catalog.ts';
import { useWebhookList, type WebhookList } from './use-webhook-list.ts';
import { useWindow } from './use-window.ts';
import { columnsFor } from './webhook-columns.tsx';
import { WebhookFilter } from './webhook-filter.tsx';

const words = texts.list;

/** All webhooks: how they do, and every way to what can be done with them. */
export function WebhooksPage() {
  const { query } = useRoute();
  const filter = { search: query.search ?? '', status: query.status ?? '' };
  const [view] = useState({ from: 0, to: 50 });
  const list = useWebhookList(filter, () => view);
  const rows = useWindow(list.rows.length);
  Object.assign(view, { from: rows.from, to: rows.to });
  const catalog = useCatalog().data;
  const actions = useActions({ catalog, onChange: list.merge, onDeleted: list.merge });
  const create = () => navigate(pathTo('newWebhook'));
  useHotkeys(canChange.value ? [{ keys: 'n', words: words.keyNew, run: create }] : []);
  const filtered = filter.search !== '' || filter.status !== '';
  const isEmpty = !list.first && list.rows.length === 0 && list.problem === null;
  const menu = (row: EndpointView) => (list.gone.has(row.id) ? [] : actions.items(row));
  return (
    <Page
      title={texts.title}
      actions={
        <Button kind="primary" icon="plus" operator onClick={create}>
          {words.create}
        </Button>
      }
    >
      {!(isEmpty && !filtered) && <WebhookFilter filter={filter} list={list} />}
      {isEmpty ? (
        <Nothing filtered={filtered} catalog={catalog} onCreate={create} />
      ) : (
        <div class="webhooks" ref={rows.box}>
          <div style={{ height: `${rows.above}px` }} />
          <Table
            label={words.label}
            columns={columnsFor({ catalog, gone: list.gone })}
            rows={list.rows.slice(rows.from, rows.to)}
            rowKey={(row) => row.id}
            rowName={(row) => hostOf(row.url)}
            rowPath={(row) => pathTo('webhook', { id: row.id })}
            rowMenu={menu}
            rowClass={(row) => rowClass(row, list)}
            loading={list.loading}
          />
          <div style={{ height: `${rows.below}px` }} />
          <Pager list={list} />
        </div>
      )}
      {actions.layer}
    </Page>
  );
}

const rowClass = ({ id }: EndpointRowView, { gone }: WebhookList) => (gone.has(id) ? 'gone' : undefined);

interface NothingProps {
  filtered: boolean;
  catalog: CatalogView | undefined;
  onCreate: () => void;
}

/** Why there is nothing, and what to do. */
function Nothing({ filtered, catalog, onCreate }: NothingProps) {
  if (filtered) {
    return (
      <EmptyState
        icon="search"
        title={words.noneFound}
        actions={
          <Button onClick={() => navigate(pathTo('webhooks'), { replace: true })}>{words.clear}</Button>
        }
      >
        {words.noneFoundWords}
      </EmptyState>
    );
  }
  const hasPing = !catalog || dialectOf(catalog, null).hasPing;
  return (
    <EmptyState
      icon="webhook"
      title={words.emptyTitle}
      actions={
        canChange.value && (
          <Button kind="primary" icon="plus" onClick={onCreate}>
            {words.create}
          </Button>
        )
      }
    >
      {canChange.value ? (hasPing ? words.emptyWords : words.emptyWordsNoPing) : words.emptyViewer}
    </EmptyState>
  );
}
