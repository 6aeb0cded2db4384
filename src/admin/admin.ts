import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type CatalogInput, defineCatalog } from '../catalog/define.ts';
import { parseAllowList } from '../delivery/guard/allow-list.ts';
import { createGuard } from '../delivery/guard/guard.ts';
import { createResolver } from '../delivery/guard/resolver.ts';
import type { Drift } from '../drift/kinds.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../store/log.ts';
import { resultTypes } from '../store/result-types.ts';
import { createSealer, type SecretKey } from '../store/sealer.ts';
import type { NamedStatement, Queryable } from '../store/sql.ts';
import { createAssets } from './assets.ts';
import { type Authorize, createApplicationGate } from './auth/application-gate.ts';
import type { Gate } from './auth/gate.ts';
import { createDriftReader } from './drifts.ts';
import type { AdminDatabase, AdminParts } from './http/parts.ts';
import { type Place, placeOf } from './http/place.ts';
import { createPlaces } from './http/places.ts';
import { createNodeHandler, type NodeHandler } from './node.ts';
import { createWeb } from './web.ts';

/** What a page needs, whoever serves it. */
export interface SharedOptions {
  /** The application's pg Pool; connections are taken for moments only. */
  readonly db: AdminDatabase;
  /** As the daemon's config has it. */
  readonly catalog: CatalogInput;
  /** Below which path it is mounted: `/webhooks-admin`. Default: the root. */
  readonly basePath?: string | undefined;
  /** Where people reach it, when a proxy in front has another name: `https://crm.example/webhooks-admin`. */
  readonly publicUrl?: string | undefined;
  /** What secrets are sealed with; the daemon's. Default: none. */
  readonly secretKeys?: readonly SecretKey[] | undefined;
  /** Where requests may go besides public addresses, as `delivery.allow` of the daemon's config: URLs are judged by it. */
  readonly allow?: readonly string[] | undefined;
  readonly allowHttp?: boolean | undefined;
  /** A pino logger, or the like. Default: nothing is logged. */
  readonly log?: Log | undefined;
  /** Of a daemon in the same process. Without them the page tells what the database knows. */
  readonly metrics?: Metrics | undefined;
  readonly drifts?: (() => readonly Drift[]) | undefined;
  readonly relay?: AdminParts['relay'];
}

export interface AdminOptions extends SharedOptions {
  /** Who asks, as the application knows it, and what they may do; null: nobody who may see this. Asked for every request. */
  readonly authorize: Authorize;
}

/** The admin page and its API, to be mounted. */
export interface Admin {
  /** For servers of web-standard requests. What is not below the base path is answered with 404. */
  fetch(request: Request): Promise<Response>;
  /** For node:http, Express and Fastify. What is not below the base path goes to `next`. */
  readonly node: NodeHandler;
  /** Ends live views. Resolves when no request is under way any more; the pool is the application's to end. */
  close(): Promise<void>;
}

/**
 * The admin page within an application, behind its own login.
 * @throws RowhookError `config_invalid` for a base path, a public URL or an allow-list that is none, `catalog_invalid`
 */
export function createAdmin({ authorize, ...options }: AdminOptions): Admin {
  const gate = createApplicationGate(authorize);
  return adminWith({ ...options, db: ownTypes(options.db) }, placeOf(options), gate);
}

/** The same with whoever says who asks. */
export function adminWith(options: SharedOptions, place: Place, gate: Gate): Admin {
  const { db, log = silent, allow = [], allowHttp, secretKeys = [], metrics, relay } = options;
  const catalog = defineCatalog(options.catalog);
  const list = parseAllowList(allow, { http: allowHttp });
  const closing = new AbortController();
  setMaxListeners(mostLive + 10, closing.signal);
  const { drifts } = options;
  const parts: AdminParts = {
    db,
    catalog,
    sealer: createSealer(secretKeys),
    allow: list,
    guard: createGuard(list, createResolver()),
    log,
    drifts: drifts ? () => Promise.resolve(drifts()) : createDriftReader(db, catalog, log),
    relay,
    metrics,
    livePlaces: createPlaces(mostLive, mostLiveEach),
    closing: closing.signal,
    version,
    now: () => new Date(),
  };
  const web = createWeb({ parts, gate, assets: createAssets(place.basePath), place });

  const underWay = new Set<Promise<unknown>>();
  const counted: typeof web = (asked) => {
    const answer = web(asked);
    underWay.add(answer);
    void answer.finally(() => underWay.delete(answer));
    return answer;
  };
  return {
    fetch: async (request) =>
      (await counted({ request, incoming: undefined, address: '' })) ??
      new Response('There is nothing here.\n', { status: 404 }),
    node: createNodeHandler(counted, place.basePath, (incoming) =>
      addressOf(incoming, place.publicUrl !== undefined),
    ),
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

/** Live views of one process; each is a connection that stays open. */
const mostLive = 50;
/** Of one person: the last ones are for others. */
const mostLiveEach = 40;

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Behind a proxy on this machine everybody has its address: the last one that it names is the one that it saw. */
function addressOf({ socket, headers }: IncomingMessage, behindProxy: boolean): string {
  const direct = socket.remoteAddress ?? '';
  const named = [headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').at(-1)?.trim() ?? '';
  const isLocal = /^(127\.|::1$|::ffff:127\.)/.test(direct);
  return behindProxy && isLocal && named !== '' && named.length <= 60 ? named : direct;
}

/** An application may have other parsers for its values; those of our statements are read as we expect them. */
function ownTypes(pool: AdminDatabase): AdminDatabase {
  const with_ = (db: Queryable): Queryable['query'] =>
    ((statement: string | NamedStatement, values?: readonly unknown[]) => {
      const parts = typeof statement === 'string' ? { text: statement, values } : statement;
      return db.query({ ...parts, types: resultTypes } as unknown as NamedStatement);
    }) as Queryable['query'];
  return {
    query: with_(pool),
    async connect() {
      const client = await pool.connect();
      return {
        query: with_(client),
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener),
      };
    },
  };
}
