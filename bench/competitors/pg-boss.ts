import PgBoss from 'pg-boss';
import { concurrency, deliver, endWhenAsked, type Job } from './post.ts';

/*
 * The same job on pg-boss: its workers fetch and complete in batches. Several of them, so that one sends while another fetches; together
 * they make as many requests at a time as the others do.
 */

const [connectionString = ''] = process.argv.slice(2);
const batchSize = 2_000;
const workers = 2;
const boss = new PgBoss({ connectionString, max: 10, supervise: false, schedule: false });
boss.on('error', (error) => console.error(error));
await boss.start();

let free = concurrency;
const waiting: Array<() => void> = [];

async function limited(work: () => Promise<void>): Promise<void> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

for (let worker = 0; worker < workers; worker++) {
  await boss.work<Job>('deliver', { batchSize, pollingIntervalSeconds: 0.5 }, async (jobs) => {
    await Promise.all(jobs.map(({ id, data }) => limited(() => deliver(id, data))));
  });
}
endWhenAsked(() => boss.stop({ graceful: true, wait: true }));
