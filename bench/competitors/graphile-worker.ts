import { Logger, run } from 'graphile-worker';
import { concurrency, deliver, endWhenAsked, type Job } from './post.ts';

/*
 * The same job on graphile-worker, with what its page on performance recommends: a local queue, so that jobs are fetched many at a
 * time, and completion in batches. It logs nothing.
 */

const [connectionString = ''] = process.argv.slice(2);
const runner = await run({
  preset: {
    worker: {
      connectionString,
      concurrentJobs: concurrency,
      maxPoolSize: 10,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  logger: new Logger(() => () => {}),
  noHandleSignals: true,
  taskList: { deliver: (payload, { job }) => deliver(String(job.id), payload as Job) },
});
endWhenAsked(() => runner.stop());
