import { RowhookError } from '../errors.ts';
import { lowestUuid, uuidTime } from '../uuid-time.ts';
import { mostQueued, queuedText } from './bulk-queued.ts';
import { keyOf, only } from './endpoint-row.ts';
import { countFailed } from './failed-deliveries.ts';
import type { Queryable } from './sql.ts';

/** Which deliveries: those of an endpoint whose last attempt lies in this span and made them exhausted, and that are not under way. */
export interface BulkScope {
  readonly endpointId: string;
  readonly since: Date;
  /** Not included. Default, and at most: now. */
  readonly until?: Date | undefined;
}

/** What a job would be about. */
export interface BulkCount {
  /** Counted up to 100,000. */
  readonly count: number;
  /** There may be more: so far was counted. */
  readonly atLeast: boolean;
  readonly since: Date;
  readonly until: Date;
  /** Where the span begins before it: nothing older is kept of this endpoint. Null: all of the span is kept. */
  readonly keptFrom: Date | null;
}

/** Why a job that runs does not get on: its endpoint is held, or has more to redeliver in the queue than a job adds to. */
export type BulkHeld = 'disabled' | 'paused' | 'failing' | 'backlog';

/** Redelivers what failed; some daemon's sweeper does it, whoever asked. */
export interface BulkJob {
  readonly id: string;
  readonly endpointId: string;
  /** Null: the endpoint is deleted. */
  readonly endpointUrl: string | null;
  readonly since: Date;
  readonly until: Date;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly held: BulkHeld | null;
  /** How many it was about when it was asked for; `atLeast`: or more. */
  readonly total: { readonly count: number; readonly atLeast: boolean };
  /** Put back into the queue. Together with `skipped` about as many as `total`. */
  readonly done: number;
  /** Under way by then, redelivered by somebody else meanwhile, or without an event, which retention has taken. */
  readonly skipped: number;
  /** Everything that failed before this moment is done; null: nothing yet. */
  readonly reachedAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly endedAt: Date | null;
  /** Why it failed, in words. */
  readonly error: string | null;
}

/**
 * How many deliveries a job would be about. Changes nothing.
 * @throws RowhookError `endpoint_unknown`, `bulk_invalid` (the span)
 */
export async function countBulk(db: Queryable, scope: BulkScope): Promise<BulkCount> {
  const { since, until, keptFrom } = await resolveSpan(db, scope);
  const counted = await countFailed(db, {
    endpointId: scope.endpointId,
    after: lowestUuid(since),
    before: lowestUuid(until),
  });
  return { ...counted, since, until, keptFrom };
}

/**
 * Asks for all of them to be put back into the queue, each once, with its id and bytes. A running daemon does it, slice by slice;
 * it goes on after any restart.
 * @param by who asks, for people to read
 * @throws RowhookError `endpoint_unknown`, `bulk_invalid` (the span), `bulk_running` (one that is about some of the same)
 */
export async function createBulkJob(
  db: Queryable,
  scope: BulkScope,
  by: string,
): Promise<BulkJob & Pick<BulkCount, 'keptFrom'>> {
  const { count, atLeast, since, until, keptFrom } = await countBulk(db, scope);
  // No conflict is an error, so that the transaction that this may be part of can go on.
  const { rows } = await db.query<{ id: string }>(
    `insert into rowhook.bulk_job (endpoint_id, since, until, total, total_at_least, created_by)
     values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing
     returning id::text`,
    [scope.endpointId, since, until, count, atLeast, by],
  );
  const [made] = rows;
  if (!made)
    throw running(await listBulkJobs(db, { endpointId: scope.endpointId, limit: 500 }), since, until);
  return { ...(await showBulkJob(db, made.id)), keptFrom };
}

/** Jobs, the newest first. @returns `next`: the `before` of the next page; undefined: there are no more */
export async function listBulkJobs(
  db: Queryable,
  filter: {
    readonly endpointId?: string | undefined;
    readonly limit?: number;
    readonly before?: string | undefined;
  } = {},
): Promise<{ readonly jobs: readonly BulkJob[]; readonly next: string | undefined }> {
  const limit = Math.min(Math.max(1, filter.limit ?? 50), 500);
  const { rows } = await db.query<Row>(
    `${text} where ($1::bigint is null or job.endpoint_id = $1) and ($2::bigint is null or job.id < $2)
      order by job.id desc limit $3`,
    [filter.endpointId === undefined ? null : keyOf(filter.endpointId), filter.before ?? null, limit + 1],
  );
  const jobs = rows.slice(0, limit).map(shown);
  return { jobs, next: rows.length > limit ? jobs.at(-1)?.id : undefined };
}

/** @throws RowhookError `bulk_unknown` */
export async function showBulkJob(db: Queryable, id: string): Promise<BulkJob> {
  const { rows } = await db.query<Row>(`${text} where job.id = $1`, [keyOf(id)]);
  const [row] = rows;
  if (row) return shown(row);
  throw new RowhookError('bulk_unknown', `there is no bulk job ${id}`, {
    fix: 'List the bulk jobs to see their ids.',
  });
}

/**
 * Ends a job where it is, once the slice that is under way is over. What it has put back stays in the queue. One that has ended already
 * stays as it ended.
 * @throws RowhookError `bulk_unknown`
 */
export async function cancelBulkJob(db: Queryable, id: string): Promise<BulkJob> {
  await db.query(
    `update rowhook.bulk_job set state = 'cancelled', ended_at = clock_timestamp() where id = $1 and state = 'running'`,
    [keyOf(id)],
  );
  return showBulkJob(db, id);
}

/** The span as the database's clock and what is kept make it. */
async function resolveSpan(
  db: Queryable,
  { endpointId, since, until }: BulkScope,
): Promise<Pick<BulkCount, 'since' | 'until' | 'keptFrom'>> {
  const { rows } = await db.query<{ now: Date; oldest: string | null }>(
    `select clock_timestamp() as now, (select id from rowhook.attempt where endpoint_id = endpoint.id order by id limit 1) as oldest
       from rowhook.endpoint
      where id = $1`,
    [keyOf(endpointId)],
  );
  const { now, oldest } = only(rows, endpointId);
  if (Number.isNaN(since.getTime()) || since >= now) {
    throw new RowhookError('bulk_invalid', `nothing can have failed since ${told(since)}`, {
      where: 'since',
      fix: `Give a moment before now, ${told(now)}.`,
    });
  }
  if (until !== undefined && !(until > since)) {
    throw new RowhookError('bulk_invalid', `the span ends at ${told(until)}, before it begins`, {
      where: 'until',
      fix: `Give a moment after ${told(since)}, or none for all until now.`,
    });
  }
  // What fails again while the job runs comes after now: it is not taken a second time.
  const end = until === undefined || until > now ? now : until;
  const kept = oldest === null ? null : uuidTime(oldest);
  if (kept === null || kept <= since) return { since, until: end, keptFrom: null };
  return { since: kept < end ? kept : since, until: end, keptFrom: kept };
}

const told = (at: Date): string => (Number.isNaN(at.getTime()) ? 'that' : at.toISOString());

function running({ jobs }: { jobs: readonly BulkJob[] }, since: Date, until: Date): RowhookError {
  const job = jobs.find((each) => each.state === 'running' && each.since < until && since < each.until);
  const which = job ? `bulk job ${job.id} redelivers` : 'another bulk job redelivers';
  return new RowhookError('bulk_running', `${which} some of the same deliveries already`, {
    fix: 'Wait until it is done, or cancel it.',
  });
}

interface Row extends Omit<BulkJob, 'total' | 'reachedAt'> {
  readonly total: number;
  readonly atLeast: boolean;
  readonly reached: string | null;
}

const text = `
select job.id::text, job.endpoint_id::text as "endpointId", endpoint.url as "endpointUrl", since, until, job.state, total,
       total_at_least as "atLeast", done, skipped, reached, job.created_at as "createdAt", created_by as "createdBy",
       ended_at as "endedAt", error,
       case when job.state <> 'running' or endpoint.id is null then null
            when not endpoint.active then 'disabled'
            when endpoint.paused_at is not null then 'paused'
            when health.open_until is not null or health.paused_until > now() then 'failing'
            when (${queuedText('job.endpoint_id')}) >= ${mostQueued} then 'backlog' end as held
  from rowhook.bulk_job as job
  left join rowhook.endpoint on endpoint.id = job.endpoint_id
  left join rowhook.endpoint_health as health on health.endpoint_id = job.endpoint_id`;

function shown({ total, atLeast, reached, ...row }: Row): BulkJob {
  return {
    ...row,
    total: { count: total, atLeast },
    reachedAt: reached === null ? null : uuidTime(reached),
  };
}
