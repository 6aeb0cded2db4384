import type { Client } from 'pg';
import type { Log } from '../store/log.ts';
import { addCursor, type Cursor } from './cursor.ts';

interface Answered {
  readonly retries: number;
  readonly dropped: number;
}

/**
 * Does what somebody has asked for of what is set aside, in one transaction with the cursor: what is to be retried is due from now on,
 * what is to be dropped is gone. A record of which events came since it was asked for stays set aside with those.
 */
export async function answerRequests(client: Client, cursor: Cursor, log: Log): Promise<Cursor> {
  const next = { ...cursor, id: cursor.id + 1 };
  await client.query('begin isolation level repeatable read');
  try {
    const { rows } = await client.query<Answered>(answerSql);
    await client.query(emptySql);
    await client.query('delete from rowhook.set_aside_request');
    await addCursor(client, next);
    await client.query('commit');
    const { retries, dropped } = rows[0]!;
    if (retries > 0) log.info({ records: retries }, 'what is set aside is tried again, as somebody asked');
    if (dropped > 0)
      log.warn({ events: dropped }, 'events that were set aside are dropped, as somebody asked');
    return next;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

const answerSql = `
with retried as (
  update rowhook.set_aside s set retry_at = clock_timestamp()
  where exists (
    select from rowhook.set_aside_request r
    where r.action = 'retry' and s.resource = coalesce(r.resource, s.resource)
      and s.record_key = coalesce(r.record_key, s.record_key))
  returning 1
), dropped as (
  delete from rowhook.set_aside_event e using rowhook.set_aside_request r
  where r.action = 'drop' and e.id <= r.last_event_id and e.resource = coalesce(r.resource, e.resource)
    and e.record_key = coalesce(r.record_key, e.record_key)
  returning (e.event is not null) as counts
)
select (select count(*)::int from retried) as retries,
  (select count(*)::int from dropped where counts) as dropped`;

/** Records of which nothing is left to show. What ended before it says nothing of any event then. */
const emptySql = `
with emptied as (
  delete from rowhook.set_aside s
  where exists (
      select from rowhook.set_aside_request r
      where r.action = 'drop' and s.resource = coalesce(r.resource, s.resource)
        and s.record_key = coalesce(r.record_key, s.record_key))
    and not exists (
      select from rowhook.set_aside_event e
      where e.resource = s.resource and e.record_key = s.record_key and e.event is not null)
  returning s.resource, s.record_key
)
delete from rowhook.set_aside_event e using emptied s where e.resource = s.resource and e.record_key = s.record_key`;
