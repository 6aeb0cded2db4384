import type { Pool } from 'pg';
import type { Pace } from '../../pace.ts';
import type { Log } from '../../store/log.ts';
import { withClient } from '../queue/out-of-pool.ts';
import { doSlice } from './slice.ts';

export interface BulkParts {
  readonly pool: Pool;
  readonly log: Log;
  readonly pace: Pace;
  /** Tells the dispatcher that deliveries have become due. */
  wake(): void;
  readonly stopping: AbortSignal;
}

/** Of a job and a round, at most: 500 deliveries a second, and a walk over failed attempts that leaves the database room. */
const sliceSize = { walked: 10_000, deliveries: 500 };
/** Slices of a job and a round: most attempts that failed are followed by others, and a walk over nothing but those need not wait. */
const mostSlices = 5;

// By an index that holds running jobs alone. Those that have waited longest first, so that each comes to its turn.
const runningText = `
select id::text
  from rowhook.bulk_job
 where state = 'running' and next_at <= clock_timestamp()
 order by next_at
 limit 100`;

/** One round: a slice of each bulk job whose time has come. What fails of one keeps no other from getting on. */
export async function doBulkJobs(parts: BulkParts): Promise<void> {
  const { rows } = await parts.pool.query<{ id: string }>(runningText);
  for (const { id } of rows) {
    if (parts.stopping.aborted) return;
    await getOn(parts, id).catch((error) =>
      parts.log.warn(
        { err: error, duty: 'bulk', bulkJob: id },
        'bulk job failed in part; it will be tried again',
      ),
    );
  }
}

async function getOn({ pool, log, pace, wake, stopping }: BulkParts, id: string): Promise<void> {
  for (let n = 0; n < mostSlices && !stopping.aborted; n += 1) {
    const { outcome, endpointId, put } = await withClient(pool, (client) =>
      doSlice(client, id, {
        walked: pace.batch(sliceSize.walked),
        deliveries: pace.batch(sliceSize.deliveries),
      }),
    );
    if (put > 0) wake();
    if (outcome === 'ended') log.info({ bulkJob: id, endpointId }, 'bulk job done');
    if (outcome === 'failed')
      log.warn({ bulkJob: id, endpointId }, 'bulk job ended: its endpoint was deleted');
    // The next round goes on. While the application goes first, one slice is enough for this one.
    if (outcome !== 'moved' || put > 0 || pace.givesWay) return;
  }
}
