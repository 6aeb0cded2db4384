import pg from 'pg';
import { createEndpoint } from '../../src/index.ts';
import { ask, captureThings, things } from '../relay/thing-reader.ts';
import { createTestDatabase, withTemplate } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';
import { type DaemonOptions, type DaemonProcess, startDaemon } from './daemon-process.ts';
import { type PostgresGate, startPostgresGate } from './postgres-gate.ts';
import { type StagedReceiver, startStagedReceiver } from './staged-receiver.ts';

/**
 * A database whose table `thing` is captured, its two endpoints at one receiver (`/any` takes things in any order, `/ordered` one of a
 * record at a time), and between these, the daemons and the database everything that can be stopped.
 */
export interface Scene {
  readonly db: pg.Client;
  /** Makes `db` anew: the server was away. */
  reconnect(): Promise<void>;
  /** The daemons' way to the database. */
  readonly gate: PostgresGate;
  /** The daemons' way to the receiver. */
  readonly network: TcpProxy;
  readonly receiver: StagedReceiver;
  /** Of each thing, how many changes were committed. */
  readonly changes: ReadonlyMap<number, number>;
  /** Starts one; it is gone with the scene. */
  daemon(options?: DaemonOptions): Promise<DaemonProcess>;
  /** Changes so many times one thing after the other, each change in a transaction of its own. */
  write(count: number, options?: { readonly things?: number; readonly name?: string }): Promise<void>;
  close(): Promise<void>;
}

export interface SceneOptions {
  /** Of a prepared database. Default: one on the shared server. */
  readonly url?: string;
  readonly tls?: boolean;
}

export async function openScene({ url, tls = false }: SceneOptions = {}): Promise<Scene> {
  const target = url ?? (await thingsDatabase());
  const receiver = await startStagedReceiver({ tls });
  const network = await startTcpProxy(receiver.url('/'));
  const gate = await startPostgresGate(target);
  let db = await connected(target);
  for (const path of ['any', 'ordered']) {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const url = `http${tls ? 's://localhost' : '://127.0.0.1'}:${network.port}/${path}`;
    await createEndpoint(db, things, { url, events: ['*'], secret });
  }
  await db.query(`update rowhook.endpoint set ordering = 'record' where url like '%ordered'`);
  const daemons: DaemonProcess[] = [];
  const changes = new Map<number, number>();
  let written = 0;
  return {
    get db() {
      return db;
    },
    async reconnect() {
      await db.end().catch(() => {});
      db = await connected(target);
    },
    gate,
    network,
    receiver,
    changes,
    async daemon(options) {
      const daemon = await startDaemon(gate.url, options);
      daemons.push(daemon);
      return daemon;
    },
    async write(count, { things = 3, name = 'n' } = {}) {
      for (let i = 0; i < count; i++) {
        const id = (written++ % things) + 1;
        const change = (changes.get(id) ?? 0) + 1;
        await db.query(
          'insert into thing values ($1, $2) on conflict (id) do update set name = excluded.name',
          [id, `${name}${change}`],
        );
        changes.set(id, change);
      }
    },
    async close() {
      // A frozen one does not hear SIGKILL's gentler relatives.
      await Promise.all(daemons.map((daemon) => daemon.kill()));
      await gate.close();
      await network.close();
      await receiver.close();
      await db.end();
    },
  };
}

async function thingsDatabase(): Promise<string> {
  const template = await withTemplate('captured-things', prepareThings);
  return (await createTestDatabase({ template })).url;
}

/** Makes an empty database one for a scene. */
export async function prepareThings(url: string): Promise<void> {
  await captureThings(url);
  await ask(url, 'delete from rowhook.endpoint');
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** How many rows a query of the scene's database gives. */
export async function rowsOf(scene: Scene, query: string): Promise<number> {
  return (await scene.db.query(query)).rowCount ?? 0;
}

/** Waits until everything that was written is in the queue, or beyond. */
export async function relayed(scene: Scene): Promise<void> {
  const written = [...scene.changes.values()].reduce((sum, count) => sum + count, 0);
  await waitUntil(
    async () => (await rowsOf(scene, `select from rowhook.event where resource = 'thing'`)) === written,
    { what: 'all changes to be events', timeoutMs: 30_000 },
  );
}

/** Waits until nothing is left to be delivered. */
export async function settled(scene: Scene, timeoutMs = 40_000): Promise<void> {
  await relayed(scene);
  await waitUntil(
    async () =>
      (await rowsOf(
        scene,
        `select from rowhook.delivery union all select from rowhook.delivery_waiting
         union all select from rowhook.delivery_behind`,
      )) === 0,
    { what: 'everything to be delivered', timeoutMs },
  );
}

/** Waits until the server knows that none of the daemons' sessions is left. */
export async function sessionsGone(scene: Scene): Promise<void> {
  await waitUntil(
    async () =>
      (await rowsOf(
        scene,
        `select from pg_stat_activity where application_name = 'rowhook' and datname = current_database()`,
      )) === 0,
    { what: 'the sessions to end', timeoutMs: 30_000 },
  );
}
