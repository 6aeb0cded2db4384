import type { RecordKey } from '../../catalog/source.ts';
import type { Catalog } from '../../catalog/types.ts';
import { defaultKey } from '../../catalog/watch.ts';
import { RowhookError } from '../../errors.ts';
import type { Queryable } from '../../store/sql.ts';
import type { Unshown } from '../aside/unshown.ts';
import type { RecordEvent } from '../events/events.ts';
import { recordId } from '../events/record-id.ts';
import { unknownRecord } from '../events/unknown-records.ts';
import type { GoneRows } from './gone-rows.ts';
import { keyValues } from './key-text.ts';
import type { Payloads } from './payloads.ts';
import { type Owned, tenantsOf } from './tenants.ts';

/** Gets payloads from somewhere else than the database. */
export interface PayloadSource {
  /**
   * JSON texts in the order of the keys, undefined where there is no such record or the room takes no more. Where a record fails and
   * others do not, why. Rejects where nobody can say, as the room does, and soon after the signal: the page is then tried again.
   */
  fetch(
    keys: readonly RecordKey[],
    signal: AbortSignal,
    room: Room,
  ): Promise<ReadonlyArray<string | Unshown | undefined>>;
}

/** Room for what is held until the page is written. */
export interface Room {
  /**
   * Asked before a payload is kept, which has as many characters; `i` is the place of its key. False: it is too much, and not kept.
   * @throws PageTooLarge where a smaller page would have room
   */
  takes(i: number, length: number): boolean;
}

/** What a page fetches is more than is held at a time: a smaller one is to be tried. */
export class PageTooLarge extends RowhookError {}

/** By name of the resource; those without one have their payloads made by the database. */
export type PayloadSources = ReadonlyMap<string, PayloadSource>;

/** What was fetched for a page. */
export interface External {
  /** Undefined: not of such a resource, or the application no longer has the record. Where it cannot be had, why. */
  bodyOf(event: { readonly resourceName: string; readonly key: string }): string | Unshown | undefined;
}

export const nothingExternal: External = { bodyOf: () => undefined };

export interface OutsideContext {
  readonly catalog: Catalog;
  readonly payloads: Payloads;
  readonly sources: PayloadSources;
  readonly goneRows: GoneRows;
  /** Characters that are held at most, each body counted as often as events show it. Default: 64 million. */
  readonly mostFetched?: number;
  /** There may be a page with less on it. */
  readonly mayBeSmaller: boolean;
  /** All of it takes no longer: whoever has not been answered by then is unshown. Undefined: as long as the sources take. */
  readonly boundMs?: number;
  /** The events that somebody may get, as the transaction sees it that is open. */
  wanted(): Promise<readonly RecordEvent[]>;
  /** Ends the transaction, does the work, and begins another. */
  withoutTransaction<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** So often a page fetches, where records go from tenant to tenant or endpoints come meanwhile. */
const mostRounds = 5;
/** Well within what a heap, a statement and a string can hold, since the statement's text is made of it. */
const defaultMostFetched = 64_000_000;

/** A record to be asked for, and how many events show it. */
type Wanted = Owned & { readonly shown: number };

/**
 * Fetches what a page needs from outside, with no transaction open meanwhile.
 *
 * A body belongs to the tenant that the record had before it was fetched and still has in the transaction that is open afterwards;
 * else one tenant would get what the application said of the other's. A record that has changed hands meanwhile is fetched again.
 *
 * Rejects as the sources do, with PageTooLarge, and with RowhookError `source_failed` where that has no end; the page is then tried
 * again. On a page that cannot be smaller, bodies for which there is no room are `too_large`.
 */
export async function fetchOutside(db: Queryable, context: OutsideContext): Promise<External> {
  const fetched = new Map<
    string,
    { readonly tenant: string | null; readonly body: string | Unshown | undefined }
  >();
  const held = holder(context);
  const bound = context.boundMs === undefined ? undefined : AbortSignal.timeout(context.boundMs);
  for (let round = 1; ; round++) {
    const wanted = await withTenants(db, wantedOutside(await context.wanted(), context), context);
    const missing = wanted.filter(
      (one) => !fetched.has(recordId(one)) || fetched.get(recordId(one))!.tenant !== one.tenant,
    );
    if (missing.length === 0) {
      const known = new Set(wanted.map(recordId));
      return {
        bodyOf: (event) => (known.has(recordId(event)) ? fetched.get(recordId(event))!.body : undefined),
      };
    }
    if (round > mostRounds) throw restless(missing[0]!);
    for (const one of missing) held.release(one);
    const bodies = await context.withoutTransaction((signal) =>
      bodiesOf(missing, context, held, { signal, bound }),
    );
    for (const [i, one] of missing.entries()) {
      fetched.set(recordId(one), { tenant: one.tenant, body: bodies[i] });
    }
  }
}

/** The records of these events whose payloads come from elsewhere, each once. Pure. */
function wantedOutside(events: readonly RecordEvent[], { sources, catalog }: OutsideContext): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const event of events) {
    const { resourceName, key, seq, xid, overdue, deleted, image, body } = event;
    if (deleted || image !== undefined || body !== undefined || !sources.has(resourceName)) continue;
    if (unknownRecord(event, catalog)) continue;
    const id = recordId({ resourceName, key });
    const shown = (wanted.get(id)?.shown ?? 0) + 1;
    wanted.set(id, { resourceName, key, seq, xid, overdue, image: undefined, shown });
  }
  return [...wanted.values()];
}

/** Without those whose row is gone, where a row says whose they are: their last row is what is shown. Nor those of which nobody can say. */
async function withTenants(
  db: Queryable,
  records: readonly Wanted[],
  context: OutsideContext,
): Promise<Array<Wanted & { readonly tenant: string | null }>> {
  const isOwned = ({ resourceName }: Owned) => context.catalog.resources[resourceName]?.tenant !== undefined;
  const owned = records.filter(isOwned);
  const found = await tenantsOf(db, owned, context);
  const tenantOf = new Map(owned.map((one, i) => [one, found[i]!]));
  return records.flatMap((one) => {
    const found = tenantOf.get(one) ?? { tenant: null };
    if ('rowless' in found || 'unshown' in found) return [];
    return [{ ...one, tenant: 'tenant' in found ? found.tenant : null }];
  });
}

/** In the order of the records; the resources one after the other. */
async function bodiesOf(
  records: readonly Wanted[],
  { catalog, sources }: OutsideContext,
  held: Held,
  { signal, bound }: { readonly signal: AbortSignal; readonly bound: AbortSignal | undefined },
): Promise<Array<string | Unshown | undefined>> {
  const bodies = new Map<Owned, string | Unshown | undefined>();
  for (const resourceName of new Set(records.map((one) => one.resourceName))) {
    const mine = records.filter((one) => one.resourceName === resourceName);
    const columns = catalog.resources[resourceName]?.key ?? defaultKey;
    const keys = mine.map(({ key }) => recordKey(key, columns));
    const either = bound ? AbortSignal.any([signal, bound]) : signal;
    const room: Room = { takes: (i, length) => held.takes(mine[i]!, length) };
    const found = await sources
      .get(resourceName)!
      .fetch(keys, either, room)
      .catch((error: unknown) => {
        if (signal.aborted || !bound?.aborted) throw error;
        for (const one of mine) held.release(one);
        return mine.map(() => unanswered(mine.length === 1));
      });
    for (const [i, one] of mine.entries()) bodies.set(one, held.refused(one) ?? found[i]);
  }
  return records.map((one) => bodies.get(one));
}

const unanswered = (proven: boolean): Unshown => ({
  reason: 'source_failed',
  detail: 'no answer in the time that a retry has',
  proven,
});

/** A key of the outbox by its columns. */
function recordKey(key: string, columns: readonly string[]): RecordKey {
  const values = keyValues(key, columns.length);
  return Object.fromEntries(columns.map((column, i) => [column, values?.[i] ?? '']));
}

interface Held {
  takes(one: Wanted, length: number): boolean;
  /** Why it had no room. */
  refused(one: Wanted): Unshown | undefined;
  /** It is fetched again. */
  release(one: Wanted): void;
}

/** Counts what is held of a page's bodies. */
function holder({ mostFetched = defaultMostFetched, mayBeSmaller }: OutsideContext): Held {
  const sizes = new Map<string, number>();
  const refused = new Map<Wanted, Unshown>();
  let sum = 0;
  return {
    takes(one, length) {
      const size = length * one.shown;
      if (sum + size > mostFetched) {
        if (mayBeSmaller) throw tooLarge(one, mostFetched);
        // With fewer beside it, or fewer events that show it, there may be room.
        const proven = length > mostFetched;
        refused.set(one, { reason: 'too_large', detail: `${length} characters`, proven });
        return false;
      }
      sizes.set(recordId(one), size);
      sum += size;
      return true;
    },
    refused: (one) => refused.get(one),
    release(one) {
      sum -= sizes.get(recordId(one)) ?? 0;
      sizes.delete(recordId(one));
    },
  };
}

function tooLarge({ resourceName }: Owned, most: number): PageTooLarge {
  return new PageTooLarge(
    'source_failed',
    `payloads of "${resourceName}" cannot be had on this page: it has more than ${most} characters of them`,
    { where: `resources.${resourceName}.source`, fix: 'Nothing is lost; a smaller page is tried at once.' },
  );
}

function restless({ resourceName, key }: Owned): RowhookError {
  return new RowhookError(
    'source_failed',
    `payloads of "${resourceName}" cannot be had: whose record ${key} is has changed each of ${mostRounds} times it was fetched`,
    {
      where: `resources.${resourceName}.source`,
      fix: 'Nothing is lost; the page is tried again until it stays.',
    },
  );
}
