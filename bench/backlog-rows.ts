import type pg from 'pg';
import { firstId } from './crm.ts';

/** Rows that the outbox would have of as many changes: each for itself, or packed as those of large statements are. */
export type Packing = 'single' | 'packed';

const changesOfTransaction = 20;
const changesOfPack = 500;

/**
 * Fills the outbox with changes of tags that no relay has read, as their trigger writes them. Each transaction id is a real one, of a
 * transaction that has ended.
 *
 * @param changes a multiple of 500
 * @param records whose changes they are, over and over
 */
export async function fillOutbox(
  client: pg.Client,
  { changes, records, packing }: { changes: number; records: number; packing: Packing },
): Promise<void> {
  await client.query('set synchronous_commit = off');
  // The last row is one that the trigger wrote.
  await client.query(`update tags set name = name || 'x' where id = ${firstId}`);
  const transactions = packing === 'single' ? changes / changesOfTransaction : changes / changesOfPack;
  await client.query('create temp table burnt as select 0::int8 as first');
  await client.query(`
    do $$ begin
      for i in 1..${transactions} loop
        if i = 1 then update pg_temp.burnt set first = pg_current_xact_id()::text::int8;
        else perform pg_current_xact_id();
        end if;
        commit;
      end loop;
    end $$`);
  const columns = 'xid, changed_at, capture_id, op, n, keys, masks, vals';
  const sample = `(select capture_id, op, masks[1] as mask, vals[1] as val, vals is not null as valued
      from rowhook.outbox order by seq desc limit 1) sample, pg_temp.burnt`;
  if (packing === 'single') {
    await client.query(`
      insert into rowhook.outbox (${columns})
      select (first + (i / ${changesOfTransaction}) % ${transactions})::text::xid8, now(), capture_id, op, 1,
        array[(${firstId} + i % ${records})::text], array[mask], case when valued then array[val] end
      from generate_series(0, ${changes - 1}) i, ${sample}`);
  } else {
    await client.query(`
      insert into rowhook.outbox (${columns})
      select (first + pack)::text::xid8, now(), capture_id, op, ${changesOfPack},
        array(select (${firstId} + (pack * ${changesOfPack} + i) % ${records})::text from generate_series(0, ${changesOfPack - 1}) i),
        array_fill(mask, array[${changesOfPack}]), case when valued then array_fill(val, array[${changesOfPack}]) end
      from generate_series(0, ${transactions - 1}) pack, ${sample}`);
  }
  await client.query(`drop table pg_temp.burnt`);
  await client.query('reset synchronous_commit');
  await client.query('checkpoint');
}

/** A UUIDv7 of a moment, random by a text. */
export const uuidAt = (at: string, text: string) =>
  `(lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0') || '7' || left(md5(${text}), 3) || '8' || right(md5(${text}), 15))::uuid`;

/**
 * Deliveries that are due now, each of an event of its own, with 1.2 kB of body.
 * @param endpointIds who gets them in turn
 */
export async function makeDeliveries(
  client: pg.Client,
  endpointIds: string | readonly string[],
  count: number,
): Promise<void> {
  await client.query(
    `with made as (
       insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at)
       select ${uuidAt('clock_timestamp()', `random()::text || i`)}, 'tag_update', 'tag', i::text,
         json_build_object('id', i, 'name', repeat('x', 1170))::text, 1, now()
       from generate_series(1, $2::int) i
       returning id, record_key::int as number
     )
     insert into rowhook.delivery (endpoint_id, id, event_id, slot)
     select ($1::bigint[])[1 + number % cardinality($1::bigint[])], id, id, (select slot from rowhook.delivery_slot)
       from made order by id`,
    [[endpointIds].flat(), count],
  );
}

/** Many deliveries that are due now, of a thousand events with 1.2 kB of body. */
export async function makeBacklog(client: pg.Client, endpointId: string, count: number): Promise<void> {
  await client.query(
    `with made as (
       insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at)
       select ${uuidAt('clock_timestamp()', `random()::text || i`)}, 'tag_update', 'tag', i::text,
         json_build_object('id', i, 'name', repeat('x', 1170))::text, $2::int / 1000, now()
       from generate_series(1, 1000) i
       returning id
     )
     insert into rowhook.delivery (endpoint_id, id, event_id, slot)
     select $1, ${uuidAt('now()', `random()::text || made.id || i`)}, made.id, (select slot from rowhook.delivery_slot)
       from made, generate_series(1, $2::int / 1000) i`,
    [endpointId, count],
  );
}

/** Events of tags as the relay has made them since midnight, each delivered to one endpoint. */
export async function makeEvents(
  client: pg.Client,
  { count, records }: { count: number; records: number },
): Promise<void> {
  await client.query('set synchronous_commit = off');
  await client.query(
    `insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, seq, changed_at, created_at)
     select ${uuidAt('at', `'e' || i`)}, 'tag_update', 'tag', key, body, 1, i, at, at
     from generate_series(1, $1::int) i,
       lateral (select (${firstId} + i % $2::int)::text as key,
         date_trunc('day', now()) + i::float8 / $1 * (now() - date_trunc('day', now())) as at) e,
       lateral (select format('{"id":%s,"name":"Changed %s %s","external_id":null,"external_type":null,"site":null,"category":null}', key, i, at) as body) b`,
    [count, records],
  );
  await client.query('reset synchronous_commit');
  await client.query('vacuum analyze');
  await client.query('checkpoint');
}

/** Retries that wait for an hour and longer, and attempts that ended earlier today. Their events retention has taken away. */
export async function makeHistory(
  client: pg.Client,
  endpointId: string,
  { waiting, attempts }: { waiting: number; attempts: number },
): Promise<void> {
  await client.query(
    `insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
     select $1, made.id, made.id, 1 + i % 5, now() + interval '1 hour' + i % 86400 * interval '1 s'
     from generate_series(1, $2::int) i, lateral (select ${uuidAt(`now() - interval '1 hour'`, `'w' || i`)} as id) made`,
    [endpointId, waiting],
  );
  await client.query(
    `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url,
       dialect, request_headers, response_status, response_headers, response_body)
     select made.id, $1, made.id, made.id, 1, made.at, 12, 'succeeded', 'success', 'http://127.0.0.1:9/', 'site-stacker',
       '[["content-type","application/json"],["sitestacker-event","tag_update"]]', 200, '[["content-length","0"]]', ''
     from generate_series(1, $2::int) i,
       lateral (select at, ${uuidAt('at', `'a' || i`)} as id
         from (select date_trunc('day', now()) + i::float8 / $2 * (now() - date_trunc('day', now())) as at) t) made`,
    [endpointId, attempts],
  );
  await client.query('vacuum analyze rowhook.attempt, rowhook.delivery_waiting');
}
