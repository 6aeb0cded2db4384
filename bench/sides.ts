import type pg from 'pg';
import { setCaptured } from './crm.ts';

/** What may watch a table: nobody; ours; a statement trigger that stores keys and no more; a row trigger with images and NOTIFY. */
export const sides = ['off', 'on', 'key', 'image'] as const;
export type Side = (typeof sides)[number];

/**
 * The triggers to compare with, switched off. The first is the least that capture can do: one table of one text column, no index, no
 * order, no transaction. The second is what applications have today: both images of each row as jsonb, and a NOTIFY for each.
 */
export async function addOthers(client: pg.Client, table: string): Promise<void> {
  await client.query(`
    create table if not exists bench_key (key text);
    create table if not exists bench_image (
      id bigint primary key generated always as identity, at timestamptz not null default now(),
      name text, op text, before jsonb, after jsonb);
    create or replace function bench_key() returns trigger language plpgsql as $$
    begin
      insert into bench_key select id::text from new_rows;
      return null;
    end $$;
    create or replace function bench_image() returns trigger language plpgsql as $$
    declare
      change bigint;
    begin
      insert into bench_image (name, op, before, after)
      values (tg_table_name, tg_op, case when tg_op = 'UPDATE' then to_jsonb(old) end, to_jsonb(new))
      returning id into change;
      perform pg_notify('bench_image', change::text);
      return null;
    end $$;
    create trigger bench_key_insert after insert on ${table} referencing new table as new_rows
      for each statement execute function bench_key();
    create trigger bench_key_update after update on ${table} referencing new table as new_rows
      for each statement execute function bench_key();
    create trigger bench_image after insert or update on ${table}
      for each row execute function bench_image()`);
  for (const trigger of others) await client.query(`alter table ${table} disable trigger ${trigger}`);
}

const others = ['bench_key_insert', 'bench_key_update', 'bench_image'];

/** Leaves one of the triggers on, or none. */
export async function setSide(client: pg.Client, table: string, side: Side): Promise<void> {
  await setCaptured(client, table, side === 'on');
  for (const trigger of others) {
    const wanted = trigger.startsWith(`bench_${side}`);
    await client.query(`alter table ${table} ${wanted ? 'enable' : 'disable'} trigger ${trigger}`);
  }
}

/** Empties what the triggers wrote. */
export async function forget(client: pg.Client): Promise<void> {
  await client.query('truncate rowhook.outbox, rowhook.event, bench_key, bench_image');
}
