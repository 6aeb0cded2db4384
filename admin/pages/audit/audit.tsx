import type { AuditEntryView, AuditPageView } from '../../../src/admin/shapes/bulk.ts';
import { api } from '../../data/api.ts';
import { Link, pathTo, useRoute } from '../../routes.tsx';
import { auditWords as words } from '../../texts/audit.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useEndless } from '../../ui/endless.ts';
import { Page } from '../../ui/page.tsx';
import { Pager } from '../../ui/pager.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Entry } from './entry.tsx';

/** Who changed what, the newest first; of all webhooks, or of one (`?endpoint=4`). */
export function AuditPage() {
  const { endpoint = null } = useRoute().query;
  const list = useEndless<AuditEntryView>({
    key: `audit ${endpoint}`,
    id: (entry) => entry.id,
    load: async (before, signal) => {
      const { entries, next } = await api.get<AuditPageView>('/audit', { endpoint, before }, { signal });
      return { rows: entries, next };
    },
  });
  const empty = !list.first && list.rows.length === 0 && !list.problem;
  return (
    <Page title={words.title}>
      {endpoint === null ? (
        <p class="dim intro">{words.intro}</p>
      ) : (
        <p class="dim">
          {words.only(endpoint)} <Link to={pathTo('audit')}>{words.showAll}</Link>
        </p>
      )}
      {list.first && !list.problem && <Skeleton height="12rem" />}
      {empty && (
        <EmptyState title={words.emptyTitle} icon="audit">
          {words.emptyWords}
        </EmptyState>
      )}
      {list.rows.length > 0 && (
        <ul class="card entries" aria-label={words.entries}>
          {list.rows.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      <Pager list={list} />
    </Page>
  );
}
