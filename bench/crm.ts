import pg from 'pg';
import { captureTable } from '../src/capture/install.ts';
import { capturePlans } from '../src/capture/plan.ts';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { installSchema } from '../src/store/schema.ts';
import { siteStackerSql } from '../test/fixtures/site-stacker.ts';
import type { LocalPostgres } from '../tools/postgres.ts';

/** Rows that a bench changes have ids from here on. */
export const firstId = 100_000;

/** A new database with the reference CRM, `people` full persons and as many tags. */
export async function benchCrm(server: LocalPostgres, name: string, people: number): Promise<pg.Client> {
  await server.createDatabase(name);
  const client = new pg.Client({ connectionString: server.url(name) });
  client.on('error', () => {});
  await client.connect();
  await client.query(await siteStackerSql());
  const last = firstId + people - 1;
  await client.query(`
    insert into people (id, fullname, firstname, lastname, household_id, photo_id)
      select i, 'Person ' || i, 'Person', i::text, 88, 31 from generate_series(${firstId}, ${last}) i;
    insert into person_emails (person_id, email, "default")
      select i, 'p' || i || '@example.org', true from generate_series(${firstId}, ${last}) i;
    insert into person_addresses (person_id, address1, state_id, country_id, "default")
      select i, i || ' Harbor Rd', 38, 1, true from generate_series(${firstId}, ${last}) i;
    insert into person_phones (person_id, number, "default")
      select i, '555-' || i, true from generate_series(${firstId}, ${last}) i;
    insert into tags (id, name) select i, 'Tag ' || i from generate_series(${firstId}, ${last}) i`);
  await client.query(
    `select setval(pg_get_serial_sequence(t, 'id'), 1000000) from unnest('{people,tags}'::text[]) t`,
  );
  await client.query('vacuum analyze');
  return client;
}

/** Installs rowhook and captures every table of the catalog. */
export async function install(client: pg.Client): Promise<void> {
  await client.query('begin');
  await installSchema(client);
  for (const plan of capturePlans(siteStacker())) await captureTable(client, plan);
  await client.query('commit');
}

/** Puts a catalog's triggers on or off a table. */
export async function setCaptured(client: pg.Client, table: string, captured: boolean): Promise<void> {
  for (const operation of ['insert', 'update', 'delete', 'truncate']) {
    await client.query(
      `alter table ${table} ${captured ? 'enable' : 'disable'} trigger rowhook_${operation}`,
    );
  }
}
