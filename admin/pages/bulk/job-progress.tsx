import type { BulkJobView } from '../../../src/admin/shapes/bulk.ts';
import { formatCount, plural } from '../../data/format.ts';
import { bulkWords as words } from '../../texts/bulk.ts';
import { Note } from '../../ui/note.tsx';
import { Progress } from '../../ui/progress.tsx';
import { Text } from '../../ui/text.tsx';
import { progressOf } from './span.ts';

/** How far a job is, and what it waits for. */
export function JobProgress({ job }: { job: BulkJobView }) {
  const label = words.progress(formatCount(job.done), plural(job.total, ...words.deliveries));
  return (
    <div class="job-progress">
      <Progress value={progressOf(job)} label={label} />
      <p>
        {label}
        {job.skipped > 0 && (
          <span class="dim" title={words.skippedHint}>
            {' '}
            · {words.skipped(formatCount(job.skipped))}
          </span>
        )}
      </p>
      {job.held && job.state === 'running' && <Note tone="warn">{words.held[job.held]}</Note>}
      {job.error && (
        <Note tone="bad">
          <Text>{job.error}</Text>
        </Note>
      )}
    </div>
  );
}
