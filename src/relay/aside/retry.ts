import type { Client } from 'pg';
import type { Queryable } from '../../store/sql.ts';
import { addCursor, type Cursor } from '../cursor/cursor.ts';
import { fanOut, subscribersEver } from '../events/fan-out.ts';
import { lanesOf, latestMark } from '../lanes/lanes.ts';
import type { PageContext } from '../page.ts';
import { carefully } from '../payloads/careful.ts';
import { nothingExternal } from '../payloads/external.ts';
import { fetchBetween } from '../payloads/outside.ts';
import { resolve } from '../payloads/resolve.ts';
import type { Due } from './due.ts';
import { park } from './parked.ts';
import { everyRecord, forgetTruncations } from './set-aside.ts';
import type { Aside } from './unshown.ts';

/** How long a page of them may wait for the application, whatever there is to ask: all others wait meanwhile. */
const boundMs = 2_000;
/** The same for a record alone that has failed several times: it may be one for which the application takes long. */
const patientMs = 10_000;

export interface Retried {
  readonly cursor: Cursor;
  /** Records that are shown now, as far as they were tried. */
  readonly records: number;
  readonly events: number;
  readonly deliveries: number;
  readonly parked: boolean;
  /** Those that still cannot be shown. */
  readonly aside: readonly Aside[];
}

/**
 * Tries once more to show what is set aside, in a transaction of its own with the cursor (invariant 1): what can be shown goes out, in
 * the order in which it came. Of a record that is gone meanwhile the delete is still to be read: its events are parked for it.
 *
 * @param due read in the transaction that is open; it is committed here
 * @throws what fails for all of them; nothing is written then
 */
export async function retry(
  client: Client,
  context: PageContext,
  cursor: Cursor,
  due: Due,
): Promise<Retried> {
  const payloads = carefully(context.payloads, context.catalog, context.log);
  const careful: PageContext = { ...context, payloads };
  const events = due.events.map(({ event }) => event);
  const external = context.sources.has(due.resourceName)
    ? await fetchBetween(client, {
        ...careful,
        events,
        goneRows: due.goneRows,
        subscribers: subscribersEver,
        // What has no room is tried with fewer beside it.
        mayBeSmaller: false,
        boundMs: due.keys.length === 1 && due.tries >= 3 ? patientMs : boundMs,
        begin: () => client.query('begin isolation level repeatable read'),
      })
    : nothingExternal;
  const names = [...new Set(events.map(({ name }) => name))];
  const to = names.length > 0 ? await subscribersEver(client, names) : [];
  const written = { events: 0, deliveries: 0 };
  const {
    missing,
    aside,
    written: last,
  } = await resolve(
    client,
    events,
    { ...careful, external, subscribers: to, goneRows: due.goneRows },
    async (ready) => {
      written.events += ready.length;
      written.deliveries += await fanOut(client, ready);
    },
  );
  await last;
  if (missing.length > 0) await park(client, missing, latestMark(lanesOf(cursor)) - 1);
  const kept = new Set(aside.map(({ event }) => event));
  await removeEvents(
    client,
    due.events.flatMap(({ id, event }) => (kept.has(event) ? [] : [id])),
  );
  const failed = new Map(aside.map(({ event, why }) => [event.key, why]));
  const shown = due.keys.filter((key) => !failed.has(key));
  await removeRecords(client, due.resourceName, shown);
  await putOff(client, due.resourceName, failed);
  const next = { ...cursor, id: cursor.id + 1 };
  await addCursor(client, next);
  await client.query('commit');
  return { cursor: next, records: shown.length, ...written, parked: missing.length > 0, aside };
}

async function removeEvents(db: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.query('delete from rowhook.set_aside_event where id = any ($1::bigint[])', [ids]);
}

/** Those of which nothing is left; of the others the rest is due. */
async function removeRecords(db: Queryable, resource: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await db.query(
    `with records as (
       select key, exists (
           select from rowhook.set_aside_event e where e.resource = $1 and e.record_key = key and e.event is not null
         ) as more
       from unnest($2::text[]) t(key)
     ), ended as (
       delete from rowhook.set_aside_event e using records r
       where e.resource = $1 and e.record_key = r.key and not r.more and e.record_key <> $3
     ), shown as (
       delete from rowhook.set_aside s using records r where s.resource = $1 and s.record_key = r.key and not r.more
     )
     update rowhook.set_aside s set retry_at = clock_timestamp(), tried_at = clock_timestamp()
     from records r where s.resource = $1 and s.record_key = r.key and r.more`,
    [resource, keys, everyRecord],
  );
  await forgetTruncations(db, [resource]);
}

/** A record that fails by itself is tried later and later; one that may not be the one that fails, with fewer beside it, at once. */
async function putOff(
  db: Queryable,
  resource: string,
  failed: ReadonlyMap<string, Aside['why']>,
): Promise<void> {
  if (failed.size === 0) return;
  const why = [...failed.values()];
  await db.query(
    `update rowhook.set_aside s
     set tried_at = clock_timestamp(), tries = s.tries + t.proven::int, reason = t.reason, detail = t.detail,
       retry_at = clock_timestamp() +
         case when t.proven then least(interval '1 hour', interval '1 minute' * 2 ^ least(s.tries + 1, 6)) else '0' end
     from unnest($2::text[], $3::text[], $4::text[], $5::boolean[]) t(key, reason, detail, proven)
     where s.resource = $1 and s.record_key = t.key`,
    [
      resource,
      [...failed.keys()],
      why.map(({ reason }) => reason),
      why.map(({ detail }) => detail),
      why.map(({ proven }) => proven),
    ],
  );
}

/** Where nobody can be shown, because the application is down, or a column is missing: no record's fault, and no try. */
export async function putAllOff(client: Client, cursor: Cursor, due: Due): Promise<Cursor> {
  const next = { ...cursor, id: cursor.id + 1 };
  await client.query('begin');
  try {
    await client.query(
      `update rowhook.set_aside set retry_at = clock_timestamp() + interval '1 minute', tried_at = clock_timestamp()
       where resource = $1 and record_key = any ($2::text[])`,
      [due.resourceName, due.keys],
    );
    await addCursor(client, next);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
  return next;
}
