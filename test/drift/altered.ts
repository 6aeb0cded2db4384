import pg from 'pg';
import { type CatalogInput, defineCatalog } from '../../src/catalog/define.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import type { Drift } from '../../src/drift/kinds.ts';
import { createLook } from '../../src/drift/look.ts';
import { captureTables } from '../../src/install/capture-tables.ts';
import { ownTransactions } from '../../src/install/place.ts';
import { captureAll } from '../fixtures/captured.ts';
import { createTestDatabase, type TestDatabase, withTemplate } from '../support/database.ts';

/** Three captured tables: one with all that a catalog may look at, one with a key of two columns, a partitioned one. */
const tables = `
create schema other;
create table person (
  id bigint generated always as identity primary key,
  ref int not null unique,
  firstname text, lastname text, status text not null default 'new', note text, secret text,
  deleted_at timestamptz, org_id int
);
create table seat (hall text, place int, taken_by text, primary key (hall, place));
create table visit (id int, day date, what text, primary key (id, day)) partition by range (day);
create table visit_old partition of visit for values from (minvalue) to ('2026-01-01');
create table visit_new partition of visit for values from ('2026-01-01') to ('2027-01-01');
create table visit_next (like visit including all);`;

/** The parts of the catalog that a change of the tables makes wrong. */
export interface Shape {
  person: string;
  personKey: string;
  fields: string[];
  status: string | undefined;
  softDelete: string | undefined;
  tenant: string | undefined;
  seat: string;
  seatKey: string[];
  visitShown: string[];
}

const shape = (): Shape => ({
  person: 'person',
  personKey: 'id',
  fields: ['firstname', 'lastname'],
  status: 'status',
  softDelete: 'deleted_at',
  tenant: 'org_id',
  seat: 'seat',
  seatKey: ['hall', 'place'],
  visitShown: ['id', 'day', 'what'],
});

const columns = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { kind: 'column', format: 'json' } as const]));

/** The catalog of these tables, with whatever has been corrected in it. */
export function catalogOf(correct: (shape: Shape) => void = () => {}): Catalog {
  const is = shape();
  correct(is);
  const input: CatalogInput = {
    name: 'altered',
    dialect: 'standard',
    resources: {
      person: {
        table: is.person,
        key: [is.personKey],
        fields: columns([is.personKey, ...is.fields]),
        exclude: ['secret'],
        ...(is.softDelete === undefined ? {} : { softDelete: is.softDelete }),
        ...(is.tenant === undefined ? {} : { tenant: is.tenant }),
      },
      seat: { table: is.seat, key: is.seatKey, fields: columns([...is.seatKey, 'taken_by']) },
      visit: { table: 'visit', key: ['id', 'day'], fields: columns(is.visitShown) },
    },
    events: Object.fromEntries([
      ...['person', 'seat', 'visit'].flatMap((resource) =>
        (['insert', 'update', 'delete'] as const).map((on) => [`${resource}_${on}`, { resource, on }]),
      ),
      ...(is.status === undefined
        ? []
        : [
            [
              'person_hired',
              { resource: 'person', on: 'transition', transition: { column: is.status, to: 'hired' } },
            ],
          ]),
    ]),
  };
  return defineCatalog(input);
}

export interface Altered {
  readonly db: TestDatabase;
  readonly client: pg.Client;
  drift(catalog: Catalog): Promise<Drift[]>;
  /** What `rowhook install` does to the tables. */
  install(catalog: Catalog): Promise<void>;
  end(): Promise<void>;
}

/** A database of its own with these tables, captured. */
export async function alteredDatabase(): Promise<Altered> {
  const template = await withTemplate('altered', async (url) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(tables);
    await client.query(`insert into person (ref, firstname, lastname, org_id) select -i, 'a', 'b', 1 from generate_series(1, 9) i;
      insert into seat select 'x', -i from generate_series(1, 9) i;
      insert into visit select -i, '2026-02-02', 'c' from generate_series(1, 9) i`);
    await captureAll(client, catalogOf());
    await client.end();
  });
  const db = await createTestDatabase({ template });
  const client = new pg.Client({ connectionString: db.url });
  client.on('error', () => {});
  await client.connect();
  return {
    db,
    client,
    drift: (catalog) => createLook(catalog)(client),
    async install(catalog) {
      await captureTables(ownTransactions(client), catalog, {});
    },
    end: () => client.end(),
  };
}

/** `kind table`, of each. */
export const kindsOf = (drifts: readonly Drift[]): string[] =>
  drifts.map(({ kind, table }) => `${kind} ${(table ?? '-').replaceAll('"', '').replace('public.', '')}`);
