import type { Catalog } from '../../catalog/types.ts';
import type { AllowList } from '../../delivery/guard/allow-list.ts';
import type { Guard } from '../../delivery/guard/guard.ts';
import type { Drift } from '../../drift/kinds.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Log } from '../../store/log.ts';
import type { Sealer } from '../../store/sealer.ts';
import type { Queryable } from '../../store/sql.ts';
import type { Role } from '../shapes/session.ts';
import type { Places } from './places.ts';

/** A pool of connections, as pg.Pool is one. */
export interface AdminDatabase extends Queryable {
  connect(): Promise<AdminClient>;
}

/** A client out of its pool. */
export interface AdminClient extends Queryable {
  /** True: it is of no use any more. */
  release(destroy?: boolean | Error): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** What the API works with, whoever serves it. */
export interface AdminParts {
  readonly db: AdminDatabase;
  readonly catalog: Catalog;
  /** The daemon's: it seals what is written, and opens the names of headers. */
  readonly sealer: Sealer;
  /** Where requests may go, as the dispatcher has it. */
  readonly allow: AllowList;
  readonly guard: Guard;
  readonly log: Log;
  /** What is not as capture needs it: a daemon's last look, else one of some seconds ago. Never rejects for long: bounded. */
  drifts(): Promise<readonly Drift[]>;
  /** Of a daemon that runs in this process. */
  readonly relay?: { standing(): string; failingSince(): Date | undefined } | undefined;
  readonly metrics?: Metrics | undefined;
  /** Live views of this process: each takes a place, and there are so many. */
  readonly livePlaces: Places;
  /** Aborted when this ends: live views end then. */
  readonly closing: AbortSignal;
  readonly version: string;
  now(): Date;
}

export interface AdminUser {
  readonly name: string;
  readonly role: Role;
}

/** What a handler knows besides the request: `c.var.user`. */
export interface AdminEnv {
  Variables: {
    user: AdminUser;
    /** Asks once more, for what stays open: whether whoever asked is still signed in. */
    stillSignedIn: () => Promise<boolean>;
  };
}
