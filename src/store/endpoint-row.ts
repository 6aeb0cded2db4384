import { RowhookError } from '../errors.ts';
import type { EndpointValues } from '../wire/endpoint-input.ts';
import { type CertificateView, viewOfCertificates } from '../wire/pem.ts';
import { shownProxy } from '../wire/proxy-url.ts';
import { ringText } from './ring.ts';
import { plainSealer, type SealedColumn, type Sealer } from './sealer.ts';
import type { Queryable } from './sql.ts';

/** Stands where a key would be needed to say what is there. */
export const sealedView = 'sealed';

type Hidden = 'secret' | 'headers' | 'clientCertificate' | 'clientKey' | 'ca' | 'proxy';

/** A registered receiver, as anybody may see it: never with its secret, its key, a password or a value of its headers. */
export interface Endpoint extends Omit<EndpointValues, Hidden> {
  readonly id: string;
  /** Another one whenever the endpoint's row is written, whoever does it; of its health it says nothing. For `ifVersion`. */
  readonly version: string;
  readonly hasSecret: boolean;
  /** The names of its own headers; `sealed` to whoever has no key. */
  readonly headers: readonly string[] | typeof sealedView;
  /** What it is shown of us; null: nothing. */
  readonly clientCertificate: CertificateView | null;
  /** Who may have signed its certificate; null: whom the system trusts. */
  readonly ca: readonly CertificateView[] | null;
  /** Without user and password; `sealed` to whoever has no key. */
  readonly proxy: string | null;
  /**
   * `paused`: a person holds its deliveries, and it goes on getting new ones. `disabled` (`active` is false): what waits is held, and
   * it gets no new ones.
   */
  readonly state: 'active' | 'paused' | 'disabled';
  /** Since when it is paused or disabled; null while it is active. */
  readonly stateSince: Date | null;
  /** Why rowhook disabled it by itself, e.g. `http_410` or `failing`; null where a person did, and while it is not. */
  readonly disabledReason: string | null;
  readonly health: EndpointHealth;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** How its receiver does, as all daemons see it. Of one that does well all is null and 0. */
export interface EndpointHealth {
  /** Requests that failed since the last one that succeeded. */
  readonly failures: number;
  readonly failingSince: Date | null;
  /** The breaker is open: nothing goes out before, then one probe. */
  readonly openUntil: Date | null;
  /** The receiver asked for a pause. */
  readonly pausedUntil: Date | null;
  /** Requests a second, after the receiver said that it is too busy. */
  readonly throttle: number | null;
}

/** Who may open what is sealed. Default: nobody; then what is written is kept as it is, and what was sealed stays closed. */
export interface Sealing {
  readonly sealer?: Sealer | undefined;
}

/** Lets a change happen only to the endpoint that somebody has seen. */
export interface IfVersion {
  /** The `version` that it must still have. Default: any. */
  readonly ifVersion?: string | undefined;
}

interface Row
  extends Omit<Endpoint, 'headers' | 'clientCertificate' | 'ca' | 'proxy' | 'health'>,
    EndpointHealth {
  readonly headers: string | null;
  readonly clientCertificate: string | null;
  readonly ca: string | null;
  readonly proxy: string | null;
}

// Since when it is disabled, only the history of its changes tells: the first row of those after it was last active.
const text = `
select endpoint.id::text, endpoint.xmin::text as version, url, description, events, secret is not null as "hasSecret", active, dialect, tenant,
       concurrency, rate, timeout_ms as "timeoutMs", schedule, ordering, headers, client_certificate as "clientCertificate", ca, proxy,
       case when not active then 'disabled' when paused_at is not null then 'paused' else 'active' end as state,
       case when active then paused_at
            else (select change.changed_at
                    from rowhook.endpoint_change as change
                   where change.endpoint_id = endpoint.id and not change.active
                     and change.id > coalesce((select max(id) from rowhook.endpoint_change
                                                where endpoint_id = endpoint.id and endpoint_change.active), 0)
                   order by change.id
                   limit 1) end as "stateSince",
       disabled_reason as "disabledReason", created_at as "createdAt", updated_at as "updatedAt",
       coalesce(failures, 0) as failures, failing_since as "failingSince", open_until as "openUntil",
       case when paused_until > now() then paused_until end as "pausedUntil", throttle
  from rowhook.endpoint
  left join rowhook.endpoint_health as health on health.endpoint_id = endpoint.id`;

/** All endpoints, the oldest first. */
export async function readEndpoints(
  db: Queryable,
  { sealer = plainSealer }: Sealing = {},
): Promise<Endpoint[]> {
  const { rows } = await db.query<Row>(`${text} order by endpoint.id`);
  return rows.map((row) => shown(row, sealer));
}

/** Those of these endpoints that there are, the oldest first. */
export async function readEndpointsOf(
  db: Queryable,
  ids: readonly string[],
  { sealer = plainSealer }: Sealing = {},
): Promise<Endpoint[]> {
  const { rows } = await db.query<Row>(
    `${text} where endpoint.id = any ($1::bigint[]) order by endpoint.id`,
    [ids],
  );
  return rows.map((row) => shown(row, sealer));
}

/** @throws RowhookError `endpoint_unknown` */
export async function readEndpoint(
  db: Queryable,
  id: string,
  { sealer = plainSealer }: Sealing = {},
): Promise<Endpoint> {
  const { rows } = await db.query<Row>(`${text} where endpoint.id = $1`, [keyOf(id)]);
  return shown(only(rows, id), sealer);
}

function shown(row: Row, sealer: Sealer): Endpoint {
  const { failures, failingSince, openUntil, pausedUntil, throttle, clientCertificate, ca, ...rest } = row;
  const view = <View>(
    column: SealedColumn,
    stored: string,
    make: (opened: string) => View,
  ): View | typeof sealedView => {
    try {
      return make(sealer.open(stored, { endpointId: row.id, column }));
    } catch (error) {
      if (error instanceof RowhookError && error.code === 'secret_sealed') return sealedView;
      throw error;
    }
  };
  return {
    ...rest,
    headers: row.headers === null ? [] : view('headers', row.headers, namesOf),
    clientCertificate: clientCertificate === null ? null : (viewOfCertificates(clientCertificate)[0] ?? null),
    ca: ca === null ? null : viewOfCertificates(ca),
    proxy: row.proxy === null ? null : view('proxy', row.proxy, shownProxy),
    health: { failures, failingSince, openUntil, pausedUntil, throttle },
  };
}

const namesOf = (stored: string): string[] => headersIn(stored).map(([name]) => name);

/** The headers in an opened text, whether or not they would be let in today. */
export function headersIn(text: string): [name: string, value: string][] {
  try {
    return (JSON.parse(text) as unknown[]).map((pair) => {
      const [name, value] = pair as unknown[];
      return [String(name), String(value)];
    });
  } catch {
    // Somebody else wrote it: it is sent to nobody.
    return [];
  }
}

/** Only a hint that deliveries are due, heard when the transaction commits. */
export async function ring(db: Queryable): Promise<void> {
  await db.query(ringText('rowhook_delivery'));
}

/** Ids are bigint; what cannot be one belongs to no endpoint. */
export function keyOf(id: string): string {
  return /^\d{1,18}$/.test(id) ? id : '0';
}

/** What a change says that was to happen to another version than there is. */
export function versionConflict(id: string): RowhookError {
  return new RowhookError(
    'version_conflict',
    `endpoint ${id} was changed by somebody else since it was read`,
    {
      fix: 'Read it again, and say the change again.',
    },
  );
}

export function only<Row>(rows: readonly Row[], id: string): Row {
  const [row] = rows;
  if (row) return row;
  throw unknownEndpoint(id);
}

export function unknownEndpoint(id: string): RowhookError {
  return new RowhookError('endpoint_unknown', `there is no endpoint ${id}`, {
    fix: 'List the endpoints to see their ids.',
  });
}
