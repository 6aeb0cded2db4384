import type { EndpointValues } from '../wire/endpoint-input.ts';
import type { OldSecret } from '../wire/secrets.ts';
import {
  type Endpoint,
  headersIn,
  type IfVersion,
  keyOf,
  only,
  readEndpoint,
  ring,
  type Sealing,
  versionConflict,
} from './endpoint-row.ts';
import { openTexts, type SealedTexts, sealedTextColumns, sealTexts } from './sealed-texts.ts';
import { plainSealer, type SealedColumn, type Sealer } from './sealer.ts';
import type { Queryable } from './sql.ts';

/** All that can change of an endpoint. */
export interface EndpointContent extends EndpointValues {
  /** The newest first. */
  readonly oldSecrets: readonly OldSecret[];
}

type Stored = Omit<EndpointContent, keyof SealedTexts> &
  SealedTexts & { readonly id: string; readonly version: string; readonly now: Date };

// One that an update makes active again starts afresh, as one that is resumed does.
const amendText = `
with before as materialized (
  select active from rowhook.endpoint where id = $1
), changed as (
  update rowhook.endpoint
     set url = $2, description = $3, events = $4, secret = $5, active = $6, dialect = $7, old_secrets = $8::jsonb,
         concurrency = $10, rate = $11, timeout_ms = $12, schedule = $13, ordering = $14, headers = $15,
         client_certificate = $16, client_key = $17, ca = $18, proxy = $19,
         disabled_reason = case when active = $6 then disabled_reason end, updated_at = now()
   where id = $1 and xmin = $9::xid
  returning id, active
), well as (
  update rowhook.endpoint_health
     set failures = 0, failing_since = null, open_until = null, probes = 0, paused_until = null,
         throttle = null, throttled_at = null
    from changed, before
   where endpoint_id = changed.id and changed.active and not before.active
)
select from changed`;

/**
 * Changes an endpoint to what `change` makes of it. That may be called again: where somebody else changed it in between, with
 * what it is then, so that neither change is undone.
 * @param sealing.ifVersion only what was read at this version is changed, and nobody else's change in between is built upon
 * @param sealing.replaced columns of which `change` makes something new, whatever is there: these need not be openable
 * @param change gets everything opened, and the database's time besides
 * @throws RowhookError `endpoint_unknown`, `version_conflict`, `secret_sealed`, and what `change` throws
 */
export async function amend(
  db: Queryable,
  asked: string,
  sealing: Sealing & IfVersion & { readonly replaced?: readonly SealedColumn[] },
  change: (before: EndpointContent, now: Date) => EndpointContent,
): Promise<Endpoint> {
  const { sealer = plainSealer, ifVersion } = sealing;
  for (;;) {
    // The id as the database writes it: secrets are sealed for that one.
    const { id, version, now, ...stored } = await read(db, asked);
    // The statement below changes this version or none: read, it cannot become another one unseen.
    if (ifVersion !== undefined && ifVersion !== version) throw versionConflict(id);
    const opened = openTexts(stored, sealer, id, sealing.replaced);
    const headers = opened.texts.headers === null ? null : headersIn(opened.texts.headers);
    const after = change({ ...stored, ...opened.texts, headers }, now);
    const texts = sealTexts(textsToStore(after), sealer, id, opened);
    const { rows } = await db.query(amendText, [
      id,
      after.url,
      after.description,
      after.events,
      texts.secret,
      after.active,
      after.dialect,
      JSON.stringify(texts.oldSecrets),
      version,
      ...settingColumns(after, texts),
    ]);
    if (rows.length === 0) continue;
    // It may have become active, with deliveries waiting.
    await ring(db);
    return readEndpoint(db, id, sealing);
  }
}

/** What a new endpoint's columns hold. */
export function newTexts(values: EndpointValues, sealer: Sealer, id: string): SealedTexts {
  return sealTexts(textsToStore({ ...values, oldSecrets: [] }), sealer, id);
}

/** concurrency, rate, timeout_ms, schedule, ordering, headers, client_certificate, client_key, ca, proxy. */
export function settingColumns(values: EndpointValues, texts: SealedTexts): unknown[] {
  const { concurrency, rate, timeoutMs, schedule, ordering, clientCertificate, ca } = values;
  const { headers, clientKey, proxy } = texts;
  return [concurrency, rate, timeoutMs, schedule, ordering, headers, clientCertificate, clientKey, ca, proxy];
}

const textsToStore = ({ headers, ...content }: EndpointContent): SealedTexts => ({
  ...content,
  headers: headers && JSON.stringify(headers),
});

async function read(db: Queryable, id: string): Promise<Stored> {
  const { rows } = await db.query<Stored>(
    `select id::text, url, description, events, active, dialect, tenant, concurrency, rate, timeout_ms as "timeoutMs", schedule, ordering,
            client_certificate as "clientCertificate", ca, ${sealedTextColumns},
            xmin::text as version, date_trunc('milliseconds', clock_timestamp()) as now
       from rowhook.endpoint
      where id = $1`,
    [keyOf(id)],
  );
  return only(rows, id);
}
