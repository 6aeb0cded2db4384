import { RowhookError } from '../errors.ts';
import { isSealed, keyIdOf } from '../wire/secret-key.ts';
import { openTexts, resealTexts, type SealedTexts, sealedTextColumns, textsOf } from './sealed-texts.ts';
import type { Sealer } from './sealer.ts';
import type { Queryable } from './sql.ts';

/** Endpoints that are read, and written, at a time. */
const batch = 500;

/** How many secrets are kept in one way. */
export interface SealedCount {
  /** The id of the key that they are sealed with; null: they are plain. */
  readonly key: string | null;
  readonly secrets: number;
  /** How many endpoints have them. */
  readonly endpoints: number;
  /** How many cannot be opened: their key is not configured, or is another one. */
  readonly closed: number;
}

export interface SealedStatus {
  /** The plain ones first, then by the id of the key. */
  readonly kept: readonly SealedCount[];
  /** Secrets that can be opened, and are not kept as the sealer would keep them now: `sealAll` is still to be done. */
  readonly stale: number;
}

/** How the secrets of all endpoints are kept, in one walk over them. */
export async function sealedStatus(db: Queryable, sealer: Sealer): Promise<SealedStatus> {
  const counts = new Map<string | null, { secrets: number; endpoints: number; closed: number }>();
  let stale = 0;
  for await (const rows of batches(db)) {
    for (const { id, version: _, ...texts } of rows) {
      const seen = new Set<string | null>();
      for (const [column, text] of textsOf(texts)) {
        const key = isSealed(text) ? (keyIdOf(text) ?? 'unknown') : null;
        const count = counts.get(key) ?? { secrets: 0, endpoints: 0, closed: 0 };
        counts.set(key, count);
        count.secrets += 1;
        if (!seen.has(key)) count.endpoints += 1;
        seen.add(key);
        if (!opens(() => sealer.open(text, { endpointId: id, column }))) count.closed += 1;
        else if (!sealer.isCurrent(text)) stale += 1;
      }
    }
  }
  const kept = [...counts].map(([key, count]) => ({ key, ...count }));
  return { kept: kept.sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1)), stale };
}

export interface SealAllResult {
  /** Endpoints whose secrets were sealed anew. */
  readonly sealed: number;
  /** Endpoints that needed nothing. */
  readonly current: number;
  /** Ids of endpoints that hold a secret that cannot be opened. They stay as they were. */
  readonly closed: readonly string[];
}

/**
 * Seals the secrets of all endpoints with the sealer's first key, wherever they are not already. Each batch is a statement of its
 * own: where it breaks off, what is done is done, and the next call does the rest. Whoever changes an endpoint meanwhile
 * wins, and it is looked at again.
 *
 * Daemons must have the key by then; those that also have the older ones notice nothing.
 */
export async function sealAll(db: Queryable, sealer: Sealer): Promise<SealAllResult> {
  let sealed = 0;
  let current = 0;
  const closed: string[] = [];
  for await (const rows of batches(db)) {
    let left: readonly Stored[] = rows;
    while (left.length > 0) {
      const fresh = left.flatMap((row) => {
        // All or nothing: an endpoint of which one secret stays closed cannot be sent anything anyway.
        if (!opens(() => openTexts(row, sealer, row.id))) {
          closed.push(row.id);
          return [];
        }
        if ([...textsOf(row)].every(([, text]) => sealer.isCurrent(text))) {
          current += 1;
          return [];
        }
        return [{ ...row, ...resealTexts(row, sealer, row.id) }];
      });
      const written = await write(db, fresh);
      sealed += written.size;
      left = await reread(
        db,
        fresh.map(({ id }) => id).filter((id) => !written.has(id)),
      );
    }
  }
  return { sealed, current, closed };
}

interface Stored extends SealedTexts {
  readonly id: string;
  /** Another one after any change of the endpoint. */
  readonly version: string;
}

const columns = `id::text, xmin::text as version, ${sealedTextColumns}`;

/** By the number: `order by id` would mean the text that is selected under this name. */
async function* batches(db: Queryable): AsyncGenerator<readonly Stored[]> {
  for (let after = '0'; ; ) {
    const { rows } = await db.query<Stored>(
      `select ${columns} from rowhook.endpoint where id > $1 order by endpoint.id limit $2`,
      [after, batch],
    );
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)!.id;
  }
}

/** Without those that were deleted. */
async function reread(db: Queryable, ids: readonly string[]): Promise<readonly Stored[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<Stored>(
    `select ${columns} from rowhook.endpoint where id = any ($1::bigint[])`,
    [ids],
  );
  return rows;
}

// It is no change of the endpoint that anybody made: updated_at stays.
const writeText = `
update rowhook.endpoint
   set secret = sealed.secret, old_secrets = sealed.old_secrets::jsonb, headers = sealed.headers,
       client_key = sealed.client_key, proxy = sealed.proxy
  from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
       as sealed (id, version, secret, old_secrets, headers, client_key, proxy)
 where endpoint.id = sealed.id and endpoint.xmin = sealed.version::xid
returning endpoint.id::text`;

async function write(db: Queryable, rows: readonly Stored[]): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const column = <T>(value: (row: Stored) => T): T[] => rows.map(value);
  const written = await db.query<{ id: string }>(writeText, [
    column((row) => row.id),
    column((row) => row.version),
    column((row) => row.secret),
    column((row) => JSON.stringify(row.oldSecrets)),
    column((row) => row.headers),
    column((row) => row.clientKey),
    column((row) => row.proxy),
  ]);
  return new Set(written.rows.map(({ id }) => id));
}

function opens(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof RowhookError && error.code === 'secret_sealed') return false;
    throw error;
  }
}
