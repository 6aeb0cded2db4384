import type { ClientConfig } from 'pg';
import type { Catalog } from '../catalog/types.ts';
import type { Pace } from '../pace.ts';
import type { Log } from '../store/log.ts';
import type { Bell } from './bell.ts';
import type { PayloadSources } from './payloads/external.ts';

export interface RelayOptions {
  readonly connection: ClientConfig;
  readonly catalog: Catalog;
  readonly log: Log;
  readonly bell: Bell;
  /** Called after deliveries were committed. */
  readonly onDeliveries: () => void;
  /** Payloads that do not come from the database, by resource. */
  readonly sources?: PayloadSources;
  /** Characters of them that are held at most for a page. Default: 64 million. */
  readonly mostFetched?: number;
  /** How long a change waits at most when its ring is lost, in ms. */
  readonly pollMs?: number;
  /** Nothing came for so long: it goes to sleep, in ms. Default: 400. */
  readonly drowsyMs?: number;
  /** How long a relay that is frozen, or cut off, keeps others from taking over, in ms. Default: 30,000. */
  readonly frozenMs?: number;
  /** Default: full speed. */
  readonly pace?: Pace;
  /** Called after each page that was not empty, with how much was on it. */
  readonly onPage?: (page: {
    readonly changes: number;
    readonly events: number;
    readonly deliveries: number;
  }) => void;
}
