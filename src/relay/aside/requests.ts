import type { Client } from 'pg';
import type { Log } from '../../store/log.ts';
import type { Queryable } from '../../store/sql.ts';
import { addCursor, type Cursor } from '../cursor/cursor.ts';
import { everyRecord, forgetTruncations } from './set-aside.ts';

/** Of what is set aside, at a time: millions in one transaction would hold up all else, and might never end in time. */
const mostAtOnce = 5_000;

interface Request {
  readonly id: string;
  readonly action: 'retry' | 'drop';
  readonly resource: string | null;
  readonly record_key: string | null;
}

/** What a slice came to. */
interface Slice {
  /** Rows that it concerned; as many as may be: there may be more. */
  readonly rows: number;
  readonly told: number;
}

/**
 * Does a slice of what somebody has asked for first, in a transaction with the cursor: what is to be retried is due from now on, what is
 * to be dropped is gone. The request stays until nothing of it is left, also where the relay ends meanwhile. A record of which events came
 * since it was asked for stays set aside with those.
 * @param most rows at a time. Default: 5,000
 */
export async function answerRequests(
  client: Client,
  cursor: Cursor,
  log: Log,
  most = mostAtOnce,
): Promise<Cursor> {
  const next = { ...cursor, id: cursor.id + 1 };
  await client.query('begin isolation level repeatable read');
  try {
    const { rows } = await client.query<Request>(
      'select id::text, action, resource, record_key from rowhook.set_aside_request order by id limit 1',
    );
    const [request] = rows;
    if (!request) {
      await client.query('commit');
      return cursor;
    }
    const slice = await (request.action === 'retry' ? retryNow : drop)(client, request, most);
    if (slice.rows < most)
      await client.query('delete from rowhook.set_aside_request where id = $1', [request.id]);
    await addCursor(client, next);
    await client.query('commit');
    if (slice.told > 0) tell(log, request, slice.told);
    return next;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

function tell(log: Log, { action }: Request, count: number): void {
  if (action === 'retry') log.info({ records: count }, 'what is set aside is tried again now');
  else log.warn({ events: count }, 'events that were set aside are dropped, as somebody asked');
}

/** What is due, or was tried since, needs nothing: so no record is found twice. */
async function retryNow(db: Queryable, { id, resource, record_key }: Request, most: number): Promise<Slice> {
  const { rowCount } = await db.query(
    `update rowhook.set_aside s set retry_at = r.asked_at
     from rowhook.set_aside_request r
     where r.id = $1 and (s.resource, s.record_key) in (
       select resource, record_key from rowhook.set_aside
       where retry_at > (select asked_at from rowhook.set_aside_request where id = $1)
         and tried_at <= (select asked_at from rowhook.set_aside_request where id = $1)
         and ($2::text is null or resource = $2) and ($3::text is null or record_key = $3)
       limit $4)`,
    [id, resource, record_key, most],
  );
  return { rows: rowCount ?? 0, told: rowCount ?? 0 };
}

async function drop(db: Queryable, { id, resource, record_key }: Request, most: number): Promise<Slice> {
  const { rows } = await db.query<{ resource: string; record_key: string; counts: boolean }>(
    `with slice as materialized (
       select e.id from rowhook.set_aside_event e
       where e.id <= (select last_event_id from rowhook.set_aside_request where id = $1)
         and ($2::text is null or e.resource = $2) and ($3::text is null or e.record_key = $3)
       order by e.resource, e.record_key, e.id limit $4
     )
     delete from rowhook.set_aside_event e using slice where e.id = slice.id
     returning e.resource, e.record_key, e.event is not null as counts`,
    [id, resource, record_key, most],
  );
  const resources = rows.map((row) => row.resource);
  await db.query(emptySql, [resources, rows.map((row) => row.record_key), everyRecord]);
  await forgetTruncations(db, resources);
  return { rows: rows.length, told: rows.filter(({ counts }) => counts).length };
}

/** Records of which nothing is left to show. What ended before it says nothing of any event then. */
const emptySql = `
with emptied as (
  delete from rowhook.set_aside s
  using (select distinct * from unnest($1::text[], $2::text[]) t(resource, record_key)) t
  where s.resource = t.resource and s.record_key = t.record_key
    and not exists (
      select from rowhook.set_aside_event e
      where e.resource = s.resource and e.record_key = s.record_key and e.event is not null)
  returning s.resource, s.record_key
)
delete from rowhook.set_aside_event e using emptied s
where e.resource = s.resource and e.record_key = s.record_key and e.record_key <> $3`;
