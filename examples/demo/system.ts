import type pg from 'pg';
import type { Application } from './application.ts';
import type { Json } from './json.ts';
import type { Expected } from './ledger.ts';
import type { Receiving } from './receiving.ts';

/** A system that the demo can show: what is its own of the play. One object for each run. */
export interface System extends Receiving {
  /** For headings: `Site Stacker, a CRM`. */
  readonly title: string;
  /** What its application is called: `CRM`. */
  readonly applicationName: string;
  /** Of the database, and of the role that owns it. */
  readonly databaseName: string;
  /** The application's tables and sample rows. */
  readonly presetSql: URL;
  /** The config of the daemon. */
  readonly config: URL;
  /** By which its deliveries are made, and retried. */
  readonly dialect: string;
  /** Every event that must arrive at least once, in the order in which they are shown. */
  readonly eventNames: readonly string[];
  /** The application tells with which request it made a change. */
  readonly hasRequestIds: boolean;
  /** The application's own API. */
  startApi(pool: pg.Pool): Promise<{ readonly url: string; close(): Promise<void> }>;
  /**
   * Installs rowhook as the application's deployment would, and registers the endpoints.
   * @param receiverUrl they are at it, or below it
   */
  install(databaseUrl: string, receiverUrl: string): Promise<Installation>;
  /**
   * Makes, before the daemon is there, what it has to deliver first: when that has arrived, it is up.
   * @returns what must arrive, and of which change
   */
  opening(pool: pg.Pool): Promise<{ readonly what: string; readonly raises: readonly Expected[] }>;
  /** A change like any other, whose arrival shows that all is warm. */
  warmUp(application: Application): Promise<unknown>;
  /** What `--once` changes: all events, by the API and by SQL, with what each change must raise. */
  readonly chapters: Readonly<Record<string, (application: Application) => Promise<void>>>;
  /** Returns what makes one change each time, as they happen all day. */
  changesAtRandom(): (application: Application) => Promise<unknown>;

  /**
   * Compares a delivery's body with what the application's own API says of the record at this moment.
   * @returns undefined when they are the same, keys in order; else a sentence that names the first difference
   */
  differenceOf(event: string, body: Json, application: Application): Promise<string | undefined>;

  /** Requests that the header of the live view invites to, as arguments of curl. The first one is a GET. */
  invitations(apiUrl: string): readonly string[];
  /** What a delivery speaks of, for people: `412 Maren Okafor`. */
  recordText(event: string, body: Json): string;
}

export interface Installation {
  /** Names of the migrations that ran. */
  readonly migrations: readonly string[];
}
