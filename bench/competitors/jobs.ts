import { runMigrations } from 'graphile-worker';
import type pg from 'pg';
import PgBoss from 'pg-boss';

/** Bodies as rowhook's deliveries have them (backlog-rows.ts), each a job of its own. */
const job = (url: string) => `json_build_object('url', '${url}', 'secret', 's', 'eventName', 'tag_update',
  'body', json_build_object('id', i, 'name', repeat('x', 1170))::text)`;

export async function installGraphile(connectionString: string): Promise<void> {
  await runMigrations({ connectionString });
}

export async function makeGraphileJobs(client: pg.Client, url: string, count: number): Promise<void> {
  await client.query(
    `insert into graphile_worker._private_tasks (identifier) values ('deliver') on conflict do nothing`,
  );
  await client.query(
    `insert into graphile_worker._private_jobs (task_id, payload)
     select tasks.id, ${job(url)} from graphile_worker._private_tasks tasks, generate_series(1, ${count}) i
      where tasks.identifier = 'deliver'`,
  );
}

export async function installPgBoss(connectionString: string): Promise<void> {
  const boss = new PgBoss({ connectionString, supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue('deliver');
  await boss.stop({ graceful: false });
}

export async function makePgBossJobs(client: pg.Client, url: string, count: number): Promise<void> {
  await client.query('truncate pgboss.job');
  await client.query(
    `insert into pgboss.job (name, data) select 'deliver', ${job(url)} from generate_series(1, ${count}) i`,
  );
}
