import type { BulkJobView } from '../../../src/admin/shapes/bulk.ts';
import { api } from '../../data/api.ts';
import { formatCount } from '../../data/format.ts';
import { Link, pathTo } from '../../routes.tsx';
import { bulkWords as words } from '../../texts/bulk.ts';
import { Button } from '../../ui/button.tsx';
import { confirm } from '../../ui/confirm.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { toast, toastProblem } from '../../ui/toast.tsx';
import { JobProgress } from './job-progress.tsx';

/** A job: of which webhook, of what, by whom, and how far. */
export function JobCard({ job, onChange }: { job: BulkJobView; onChange: (job: BulkJobView) => void }) {
  return (
    <li class="card job">
      <div class="job-head">
        <h2>
          <Link to={pathTo('webhook', { id: job.endpointId })}>{words.webhook(job.endpointId)}</Link>{' '}
          <StateBadge state={job.state} />
        </h2>
        {job.state === 'running' && (
          <Button small operator onClick={() => void cancel(job, onChange)}>
            {words.cancel}
          </Button>
        )}
      </div>
      <p class="dim job-url">{job.endpointUrl ? <Text mono>{job.endpointUrl}</Text> : words.deleted}</p>
      <JobProgress job={job} />
      <p class="dim">
        {words.failedBetween} <Time at={job.since} form="clock" /> {words.and}{' '}
        <Time at={job.until} form="clock" />. {words.startedBy} <Text>{job.createdBy}</Text>{' '}
        <Time at={job.createdAt} />
        {job.endedAt && (
          <>
            , {words.ended} <Time at={job.endedAt} />
          </>
        )}
        .
      </p>
    </li>
  );
}

async function cancel(job: BulkJobView, onChange: (job: BulkJobView) => void): Promise<void> {
  const rest = Math.max(0, job.total.count - job.done - job.skipped);
  const yes = await confirm({
    title: words.cancelTitle,
    body: words.cancelBody(formatCount({ count: rest, atLeast: job.total.atLeast })),
    action: words.cancelAction,
    keep: words.cancelKeep,
    danger: true,
  });
  if (!yes) return;
  try {
    onChange(await api.post<BulkJobView>(`/bulk-jobs/${job.id}/cancel`));
    toast(words.cancelled, { kind: 'ok' });
  } catch (error) {
    toastProblem(error);
  }
}
