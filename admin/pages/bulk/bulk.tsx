import { useEffect } from 'preact/hooks';
import type { BulkJobView } from '../../../src/admin/shapes/bulk.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { Link, navigate, pathTo, useRoute } from '../../routes.tsx';
import { bulkWords as words } from '../../texts/bulk.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useEndless } from '../../ui/endless.ts';
import { Page } from '../../ui/page.tsx';
import { Pager } from '../../ui/pager.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { JobCard } from './job-card.tsx';

interface JobPage {
  jobs: BulkJobView[];
  next: string | null;
}

/** All bulk jobs, the newest first, live. */
export function BulkPage() {
  const { endpoint = null } = useRoute().query;
  const list = useEndless<BulkJobView>({
    key: `bulk ${endpoint}`,
    id: (job) => job.id,
    load: async (before, signal) => {
      const { jobs, next } = await api.get<JobPage>('/bulk-jobs', { endpoint, before }, { signal });
      return { rows: jobs, next };
    },
  });
  const { merge } = list;
  useEffect(
    () =>
      live.on('bulk', null, (job) => {
        if (endpoint === null || job.endpointId === endpoint) merge([job]);
      }),
    [merge, endpoint],
  );
  const empty = !list.first && list.rows.length === 0 && !list.problem;
  return (
    <Page title={words.title}>
      {endpoint === null ? (
        <p class="dim intro">{words.intro}</p>
      ) : (
        <p class="dim">
          {words.only(endpoint)} <Link to={pathTo('bulk')}>{words.showAll}</Link>
        </p>
      )}
      {list.first && !list.problem && <Skeleton height="9rem" />}
      {empty && (
        <EmptyState
          title={words.emptyTitle}
          icon="bulk"
          actions={<Button onClick={() => navigate(pathTo('webhooks'))}>{words.emptyAction}</Button>}
        >
          {words.emptyWords}
        </EmptyState>
      )}
      <ul class="jobs" aria-label={words.jobs}>
        {list.rows.map((job) => (
          <JobCard key={job.id} job={job} onChange={(changed) => merge([changed])} />
        ))}
      </ul>
      <Pager list={list} />
    </Page>
  );
}
