import pg from 'pg';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';

/**
 * Major version of the server that tests share. What an older one cannot do (MERGE: 15, virtual generated columns: 18) has no tests
 * there; `npm run test:matrix` names the version.
 */
export const postgresMajor = Number(process.env.ROWHOOK_TEST_POSTGRES ?? 18);

/** The Postgres server all tests share. */
export interface TestServer {
  /** Sessions of the role that may create databases, in its own database. */
  readonly admin: pg.Pool;
  /** For CREATE DATABASE, how: copied file by file it takes half the time, where nothing is synced. */
  readonly copying: string;
  /** The admin's connection URL, for another database. */
  url(database: string): string;
  close(): Promise<void>;
}

/** What one run of the tests shares. */
export interface Run {
  server: Promise<TestServer> | undefined;
  /** Names of finished template databases, by key. */
  readonly templates: Map<string, Promise<string>>;
  /** Databases that are not dropped yet; see database.ts. */
  readonly leftovers: Set<Leftover>;
  /** Set while a test (or its beforeEach) runs; unset in `before` hooks. */
  inTest: boolean;
}

export interface Leftover {
  /** Of the database. */
  readonly name: string;
  /** Made for one test, and so gone after it; false: for a suite, gone at the latest after the run. */
  readonly ofTest: boolean;
  /** Clients of its pool that are checked out. */
  takenClients(): readonly pg.PoolClient[];
  drop(): Promise<void>;
}

/**
 * The state of the run. Kept on the global object, not in this module: mocha loads a test file with `require`
 * or, when it awaits at top level, with `import`, and each way has module instances of its own.
 */
export function run(): Run {
  const key = Symbol.for('rowhook.test.run');
  const holder = globalThis as { [key]?: Run };
  holder[key] ??= { server: undefined, templates: new Map(), leftovers: new Set(), inTest: false };
  return holder[key];
}

/**
 * Returns the server of this run, started when first asked for: a run of tests without a database has none.
 * With ROWHOOK_TEST_DATABASE_URL set it is that server, whose role must be allowed to create databases.
 * @throws Error when it cannot be started or reached.
 */
export function testServer(): Promise<TestServer> {
  const state = run();
  state.server ??= open();
  return state.server;
}

async function open(): Promise<TestServer> {
  const given = process.env.ROWHOOK_TEST_DATABASE_URL;
  const local: LocalPostgres | undefined = given ? undefined : await startPostgres({ inMemory: true });
  const adminUrl = given ?? local?.superuserUrl ?? '';
  const admin = new pg.Pool({ connectionString: adminUrl, max: 4, allowExitOnIdle: true });
  admin.on('error', () => {}); // a lost idle session is replaced when needed
  await admin.query('select 1');
  return {
    admin,
    copying: local && postgresMajor >= 15 ? 'strategy file_copy' : '',
    url(database) {
      const url = new URL(adminUrl);
      url.pathname = `/${encodeURIComponent(database)}`;
      return url.href;
    },
    async close() {
      await admin.end();
      await local?.close();
    },
  };
}
