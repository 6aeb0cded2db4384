/**
 * Every code that rowhook throws, with what it means. A code never changes its meaning: scripts and alerts may match it.
 * docs/errors.md lists the same codes, which a test compares.
 */
export const errorCodes = {
  config_not_found: 'There is no config file where one was looked for.',
  config_invalid: 'The config file does not say what rowhook expects.',
  catalog_invalid: 'A resource or an event of the catalog contradicts itself.',
  database_unreachable: 'The database does not answer.',
  database_busy: 'The database did not do it in the time that it had.',
  database_version: 'The server is older than PostgreSQL 14.',
  privilege_missing: 'The database role may not do what is needed.',
  client_unsupported: 'The knex instance is not one for PostgreSQL.',
  table_unknown: 'The catalog has no table of this name.',
  table_missing: 'A table of the catalog, or one that was named, does not exist.',
  column_missing: 'A column of the catalog does not exist.',
  column_unsupported: 'A column of the catalog cannot be captured, since it is computed when it is read.',
  key_missing: 'A table has no unique key that its changes could be told apart by.',
  table_unsupported: 'A relation of this kind cannot be captured.',
  lock_timeout: 'The application held a table for longer than an installation may wait.',
  schema_missing: 'rowhook is not installed in this database.',
  schema_too_old: 'The rowhook schema is older than this program.',
  schema_too_new: 'The rowhook schema is newer than this program.',
  schema_foreign: 'A schema named rowhook exists that is not ours.',
  not_captured: 'A table of the catalog was never captured, or is captured by another plan.',
  listen_failed: 'The address for metrics and health, or for the admin page, cannot be listened on.',
  check_failed: 'The catalog does not fit the database.',
  config_exists: 'There is a config file already.',
  cancelled: 'A question was broken off instead of answered.',
  source_failed: 'The application does not give payloads: it does not answer, or answers with an error.',
  source_invalid: 'What the application gives is no payload.',
  endpoint_invalid: 'An endpoint cannot be registered as it was given.',
  endpoint_unknown: 'There is no endpoint with this id.',
  version_conflict: 'Somebody else changed the endpoint since it was read.',
  ping_unsupported: 'The dialect of the endpoint has no ping, or the endpoint is disabled.',
  secret_sealed: 'A secret in the database is sealed with a key that this program does not have.',
  event_unknown: 'The catalog has no event of this name.',
  delivery_unknown: 'There is no delivery with this id.',
  delivery_pending: 'The delivery is still on its way.',
  bulk_unknown: 'There is no bulk job with this id.',
  bulk_invalid: 'A bulk job cannot be about this span of time.',
  bulk_running: 'A bulk job redelivers some of the same deliveries already.',
  set_aside_unknown: 'Nothing like it is set aside.',
  id_unknown: 'There is no event and no delivery with this id.',
  resource_unknown: 'The catalog has no resource of this name.',
  record_invalid: 'A record was named in a way that none can be.',
  request_id_invalid: 'The value cannot be the value of an HTTP header.',
  transaction_missing: 'A Request-Id was given where no transaction is open, and would be lost.',
  request_invalid: 'A request to the admin API is not as it should be.',
  request_forged: 'A request to the admin API may come from another site.',
  route_unknown: 'The admin API has nothing at this path.',
  media_type_wrong: 'The body of a request to the admin API is not JSON.',
  body_too_large: 'The body of a request to the admin API is too large.',
  host_wrong: 'The admin page was asked for by a name that is not its own.',
  not_signed_in: 'Nobody is signed in, or not any more.',
  not_allowed: 'Whoever is signed in may not do this.',
  authorize_failed: 'The application that mounts the admin page does not say who asks.',
  tries_exceeded: 'Signing in was tried too often.',
  version_missing: 'A change does not say which version it is of.',
  live_full: 'There are as many live views as may be.',
  page_missing: 'The admin page was not built.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** One of several mistakes: where, what was expected there, what was found. */
export interface Mistaken {
  readonly code: string;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** What all our errors are: a stable `code`, and a message that says what was found and what to do about it. */
export class RowhookError extends Error {
  override readonly name = 'RowhookError';
  readonly code: ErrorCode;
  /** What to do now, as an imperative sentence. */
  readonly fix: string | undefined;
  /** Where the mistake is, e.g. `endpoints.events[2]` or `public.people`. */
  readonly where: string | undefined;
  /** Of `config_invalid` and `catalog_invalid`: every mistake, each with a stable code of its own. */
  readonly mistakes: readonly Mistaken[] | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      fix?: string | undefined;
      where?: string | undefined;
      cause?: unknown;
      mistakes?: readonly Mistaken[] | undefined;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fix = options.fix;
    this.where = options.where;
    this.mistakes = options.mistakes;
  }
}
