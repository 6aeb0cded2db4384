import pg from 'pg';
import { takeSample } from '../../src/governor/sample.ts';
import { connectionConfig } from '../../src/store/connect.ts';
import { createRole, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

/** Sessions of an application's role, which is not ours and shows an ordinary role of ours nothing; ended after each test. */
export function sessionsKit() {
  const open: pg.Client[] = [];
  afterEach(async () => {
    // Their servers may be at work for long.
    await Promise.all(open.splice(0).map((client) => client.end().catch(() => {})));
  });

  const connect = async (config: pg.ClientConfig): Promise<pg.Client> => {
    const client = new pg.Client(config);
    client.on('error', () => {});
    await client.connect();
    open.push(client);
    return client;
  };
  const session = (url: string, name = 'shop'): Promise<pg.Client> =>
    connect({ connectionString: url, application_name: name });

  return {
    session,
    /** As the daemon connects. */
    ours: (url: string): Promise<pg.Client> => connect(connectionConfig(url)),
    /** So many sessions that are at work until `end` is called. */
    async busy(url: string, count: number, name?: string): Promise<{ end(): Promise<void> }> {
      const clients = await Promise.all(Array.from({ length: count }, () => session(url, name)));
      const pids: number[] = [];
      for (const client of clients) {
        pids.push((await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid);
        // Ended from outside.
        client.query('select pg_sleep(600)').catch(() => {});
      }
      return {
        async end() {
          const killer = await session(url, 'rowhook');
          await killer.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);
          await killer.end();
        },
      };
    },
  };
}

/** A role of the application's, with a table of its own. */
export async function applicationRole(db: TestDatabase): Promise<string> {
  const { url, name } = await createRole(db, 'shop');
  await db.query(`create table sale (id int primary key, n int); insert into sale values (1, 0), (2, 0);
    grant all on sale to ${name}`);
  return url;
}

/** Waits until a sample counts so many. */
export async function sampled(db: pg.Client, backends: number): Promise<void> {
  await waitUntil(async () => (await takeSample(db, null)).backends === backends, {
    what: `a sample of ${backends}`,
  });
}
