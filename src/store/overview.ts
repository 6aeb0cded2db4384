import { buckets, type OverviewRange, type RatePoint, ratePoints } from './delivery-stats.ts';
import { type EndpointStatus, joinedHealth, statusSql } from './endpoint-list.ts';
import { oldestDue } from './oldest-due.ts';
import type { Queryable } from './sql.ts';
import { type Count, queueStatus } from './status.ts';

/** What waits where, in short. */
export interface QueueView {
  readonly relayActive: boolean;
  readonly changesWaiting: Count;
  /** ISO 8601 in UTC. */
  readonly oldestChangeAt: string | null;
  readonly due: Count;
  readonly behind: Count;
  readonly waiting: Count;
  /** For how long the oldest due delivery of an active endpoint has waited; 0: none does. */
  readonly oldestDueSeconds: number;
  /** ISO 8601 in UTC. */
  readonly nextDueAt: string | null;
}

export interface Overview {
  /** By the clock of the database: ISO 8601 in UTC. */
  readonly at: string;
  readonly bucketSeconds: number;
  /** The oldest first; the last one is the present. */
  readonly points: readonly RatePoint[];
  readonly queue: QueueView;
  readonly endpoints: Readonly<Record<EndpointStatus, number>>;
}

/** How it goes, and what waits. Reads a bounded number of rows, whatever waits and however long the history. */
export async function overview(db: Queryable, range: OverviewRange): Promise<Overview> {
  const points = await ratePoints(db, range);
  const { at, queue } = await queueView(db);
  const endpoints = await endpointCounts(db);
  return { at, bucketSeconds: buckets[range].seconds, points, queue, endpoints };
}

/** What waits now, as the page and its live view show it. */
export async function queueView(db: Queryable): Promise<{ at: string; queue: QueueView }> {
  const { at, relay, deliveries } = await queueStatus(db);
  const { seconds } = await oldestDue(db);
  return {
    at,
    queue: {
      relayActive: relay.active,
      changesWaiting: relay.changesWaiting,
      oldestChangeAt: relay.oldestChangeAt,
      ...deliveries,
      oldestDueSeconds: seconds,
    },
  };
}

/** How many endpoints stand how. */
export async function endpointCounts(db: Queryable): Promise<Record<EndpointStatus, number>> {
  const { rows } = await db.query<{ status: EndpointStatus; count: number }>(
    `select ${statusSql} as status, count(*)::int as count from ${joinedHealth} group by 1`,
  );
  const counts = { active: 0, failing: 0, paused: 0, disabled: 0 };
  for (const { status, count } of rows) counts[status] = count;
  return counts;
}
