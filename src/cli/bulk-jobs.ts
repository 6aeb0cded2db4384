import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type BulkHeld,
  type BulkJob,
  type BulkScope,
  cancelBulkJob,
  countBulk,
  createBulkJob,
  listBulkJobs,
  showBulkJob,
} from '../store/bulk-jobs.ts';
import { checkSchema } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import type { Act, Context } from './context.ts';
import { Unsuccessful } from './failure.ts';
import { table } from './output.ts';

export interface BulkOptions {
  readonly endpoint: string;
  /** A moment, or milliseconds before now. */
  readonly failedSince: number | Date;
  readonly failedUntil?: number | Date;
  readonly count?: boolean;
  readonly wait?: boolean;
}

const pollMs = 1_000;

/** Counts what failed at an endpoint, or asks for all of it to be redelivered, and waits for the end of that if it is to. */
export async function redeliverFailed(context: Context, options: BulkOptions): Promise<void> {
  const { withDatabase, output, env, note, now } = context;
  const at = (when: number | Date): Date =>
    typeof when === 'number' ? new Date(now().getTime() - when) : when;
  const { endpoint: endpointId, failedSince, failedUntil } = options;
  const scope: BulkScope = {
    endpointId,
    since: at(failedSince),
    until: failedUntil === undefined ? undefined : at(failedUntil),
  };
  await withDatabase(async (db) => {
    await checkSchema(db);
    if (options.count) {
      const counted = await countBulk(db, scope);
      sayWhatIsKept(context, counted.keptFrom);
      output.show(counted, () => `${amount(counted)} can be redelivered`);
      return;
    }
    const made = await createBulkJob(db, scope, env.USER ?? env.LOGNAME ?? 'the command line');
    sayWhatIsKept(context, made.keptFrom);
    if (!options.wait) {
      output.show(
        made,
        () => `bulk job ${made.id} redelivers ${amount(made.total)}; a running daemon does it`,
      );
      return;
    }
    const job = await ended(db, made, (text) => note(text));
    output.show(job, () => jobText(job));
    if (job.state !== 'done') throw new Unsuccessful();
  });
}

export function bulkJobCommands(deliveries: Command, act: Act): void {
  deliveries
    .command('jobs')
    .description('The bulk jobs that redeliver what failed, the newest first.')
    .action(
      act(async ({ withDatabase, output }) => {
        const { jobs } = await withDatabase(async (db) => {
          await checkSchema(db);
          return listBulkJobs(db, { limit: 100 });
        });
        output.show({ jobs }, () => table(jobs, columns, 'There are none.'));
      }),
    );

  deliveries
    .command('cancel-job')
    .argument('<id>')
    .description('End a bulk job where it is. What it has put back stays in the queue.')
    .action(
      act(async ({ withDatabase, output }, id: string) => {
        const job = await withDatabase(async (db) => {
          await checkSchema(db);
          return cancelBulkJob(db, id);
        });
        output.show(job, () => jobText(job));
      }),
    );
}

/** @throws InvalidArgumentError, which commander tells with the option's name */
export function endpointId(text: string): string {
  if (/^\d{1,18}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected the number of an endpoint, as `rowhook endpoints list` shows it.');
}

/** Polls: a daemon somewhere does it. Tells each progress once. */
async function ended(db: Queryable, made: BulkJob, tell: (text: string) => void): Promise<BulkJob> {
  let told = '';
  for (let job = made; ; job = await showBulkJob(db, made.id)) {
    if (job.state !== 'running') return job;
    const text = jobText(job);
    if (text !== told) tell(text);
    told = text;
    await sleep(pollMs);
  }
}

/** For eyes; in JSON it is part of the answer. */
function sayWhatIsKept({ output, note }: Context, keptFrom: Date | null): void {
  if (keptFrom !== null && !output.json)
    note(`nothing older than ${keptFrom.toISOString()} is kept of this endpoint`);
}

const amount = ({ count, atLeast }: BulkJob['total']): string =>
  `${atLeast ? `${count} or more` : count} ${count === 1 && !atLeast ? 'delivery' : 'deliveries'}`;

const heldWords: Readonly<Record<BulkHeld, string>> = {
  disabled: 'the endpoint is disabled, and what is put back is held',
  paused: 'the endpoint is paused, and what is put back is held',
  failing: 'the endpoint fails, and what is put back waits',
  backlog: 'it goes on when fewer are queued',
};

function jobText(job: BulkJob): string {
  const { id, state, done, skipped, total, held, error } = job;
  const more = [
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(held === null ? [] : [heldWords[held]]),
    ...(error === null ? [] : [error]),
  ];
  return [`bulk job ${id} ${state}: ${done} of ${amount(total)} put back into the queue`, ...more].join('; ');
}

const columns = {
  job: (job: BulkJob) => job.id,
  endpoint: (job: BulkJob) => job.endpointId,
  state: (job: BulkJob) => job.state,
  total: (job: BulkJob) => `${job.total.count}${job.total.atLeast ? '+' : ''}`,
  done: (job: BulkJob) => job.done,
  skipped: (job: BulkJob) => job.skipped,
  since: (job: BulkJob) => job.since,
  until: (job: BulkJob) => job.until,
  'asked by': (job: BulkJob) => job.createdBy,
  why: (job: BulkJob) => job.error ?? job.held,
};
