import type { BulkCount, BulkJob } from '../../store/bulk-jobs.ts';
import type { BulkCountView, BulkJobView } from '../shapes/bulk.ts';
import { iso, isoOrNull } from './times.ts';

/** A bulk job as the API shows it. Pure. */
export function bulkView(job: BulkJob): BulkJobView {
  return {
    id: job.id,
    endpointId: job.endpointId,
    endpointUrl: job.endpointUrl,
    since: iso(job.since),
    until: iso(job.until),
    state: job.state,
    held: job.held,
    total: job.total,
    done: job.done,
    skipped: job.skipped,
    reachedAt: isoOrNull(job.reachedAt),
    createdAt: iso(job.createdAt),
    createdBy: job.createdBy,
    endedAt: isoOrNull(job.endedAt),
    error: job.error,
  };
}

/** What a bulk job would be about. Pure. */
export function bulkCountView({ count, atLeast, since, until, keptFrom }: BulkCount): BulkCountView {
  return {
    deliveries: { count, atLeast },
    since: iso(since),
    until: iso(until),
    keptFrom: isoOrNull(keptFrom),
  };
}
