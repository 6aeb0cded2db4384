import pg from 'pg';
import { RowhookError } from '../errors.ts';
import { resultTypes } from './result-types.ts';

/** Milliseconds to wait for a connection: a host that swallows packets would hold us for minutes. */
const connectMs = 10_000;
/** Milliseconds to wait for the answer to a statement of the pool. */
const answerMs = 30_000;

/** How every connection of ours is made, which pg_stat_activity shows as `rowhook`. */
export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'rowhook',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: resultTypes,
  };
}

/**
 * Opens one connection. The caller ends it.
 * @throws RowhookError `database_unreachable`
 */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(connectionConfig(url));
  // A connection that is lost between two statements says so here, and again to the next statement. Unheard, it ends the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw unreachable(error, client);
  }
}

/**
 * A pool whose lost connections are reported and replaced: losing the database must never end the process.
 * @param onLoss hears once of each connection that broke
 * @param statementMs milliseconds after which the server itself ends a statement; default: as the server has it
 */
export function createPool(
  url: string,
  max: number,
  onLoss: (error: Error) => void,
  statementMs?: number,
): pg.Pool {
  const pool = new pg.Pool({
    ...connectionConfig(url),
    max,
    // Without an answer in time the connection is given up: a network that swallows packets would hold its user for ever.
    query_timeout: answerMs,
    // Not with the connection's start, where poolers refuse it.
    async onConnect(client) {
      if (statementMs !== undefined) await client.query(`set statement_timeout = ${statementMs}`);
    },
  });
  // The same error as the client's, with the whole client hung on to it. Unheard, it ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', onLoss));
  return pool;
}

/**
 * A first statement through a pool, to know that the database is there.
 * @throws RowhookError `database_unreachable`
 */
export async function reach(pool: pg.Pool, url: string): Promise<void> {
  try {
    await pool.query('select 1');
  } catch (error) {
    throw unreachable(error, new pg.Client(connectionConfig(url)));
  }
}

/** The error that says where was looked for the database, as whom, and what came of it. Never holds the password. */
function unreachable(
  error: unknown,
  { user, host, port, database }: Pick<pg.Client, 'user' | 'host' | 'port' | 'database'>,
): RowhookError {
  const where = `${host}:${port}/${database ?? ''}`;
  return new RowhookError(
    'database_unreachable',
    `cannot connect to ${where} as ${user ?? 'nobody'}: ${reasonOf(error)}`,
    {
      where,
      fix: remedyOf(error),
      cause: error,
    },
  );
}

/**
 * An error of a statement whose connection broke, as `database_unreachable`; any other error as it is.
 */
export function explainLoss(error: unknown, client: pg.Client): unknown {
  const lost =
    lossCodes.test(sqlState(error) ?? '') ||
    (error instanceof Error && /^Connection terminated|not queryable/.test(error.message));
  return lost ? unreachable(error, client) : error;
}

/** admin_shutdown, crash_shutdown, cannot_connect_now; connection exceptions; what the operating system says. */
const lossCodes = /^(57P0[123]|08...|ECONNRESET|EPIPE|ETIMEDOUT)$/;

/** A name with several addresses fails with an AggregateError, whose own message is empty. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each: Error) => each.message).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Start the server, or correct host and port.',
  ENOTFOUND: 'Correct the host name.',
  EAI_AGAIN: 'Correct the host name, or see to the DNS.',
  '28P01': 'Correct user name and password.',
  '28000': "Correct the user name, or let it in (the server's pg_hba.conf).",
  '3D000': 'Correct the name of the database, or create it.',
  '53300': 'Raise max_connections of the server, or end sessions that are not needed.',
};

function remedyOf(error: unknown): string {
  const code = sqlState(error) ?? '';
  return remedies[code] ?? 'Check the database URL (--database, the config, ROWHOOK_DATABASE_URL).';
}

/** The SQLSTATE of a server's error (`42501`), or the code of a system error (`ECONNREFUSED`). */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
