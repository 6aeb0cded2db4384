import { expect } from 'chai';
import fc from 'fast-check';
import type pg from 'pg';
import type { Drift } from '../../src/drift/kinds.ts';
import type { RowhookError } from '../../src/errors.ts';
import { type Altered, alteredDatabase, catalogOf, kindsOf, type Shape } from './altered.ts';
import { unseen } from './probe.ts';
import { isOurs, statements } from './writers.ts';

const runs = 40;

/** Each may come at any time; one that finds its table or column gone changes nothing. */
const alterations = [
  'alter table person drop column id',
  'alter table person rename column id to number',
  'alter table person alter id type int',
  'alter table person drop column lastname',
  'alter table person rename column lastname to surname',
  'alter table person rename column firstname to lastname',
  'alter table person rename column status to stage',
  'alter table person drop column status',
  'alter table person alter status type varchar(30)',
  'alter table person rename column deleted_at to removed_at',
  'alter table person drop column org_id',
  'alter table person add column lastname text',
  'alter table person add column grade int not null default 1',
  'alter table person drop constraint person_pkey',
  'alter table person disable trigger all',
  'alter table person enable trigger all',
  'alter table person enable replica trigger rowhook_update',
  'drop trigger rowhook_insert on person',
  'alter table seat rename to chair',
  'alter table chair rename to seat',
  'alter table seat set schema other',
  'alter table seat rename column place to number',
  'alter table seat alter place type text',
  'alter table seat drop constraint seat_pkey',
  'alter table seat alter place drop not null',
  'drop table seat; create table seat (hall text, place int, taken_by text, primary key (hall, place))',
  'alter table seat rename to seat_old; create table seat (like seat_old including all)',
  'create table seat_reserved (primary key (hall, place)) inherits (seat)',
  'alter table visit detach partition visit_old',
  'alter table visit detach partition visit_new',
  `alter table visit attach partition visit_old for values from (minvalue) to ('2026-01-01')`,
  `alter table visit attach partition visit_next for values from ('2027-01-01') to ('2028-01-01')`,
  'alter table visit rename column what to happened',
  'alter table visit disable trigger rowhook_delete',
  'drop trigger rowhook_update on visit_new',
] as const;

/** Where the seats are now. */
const seat = `coalesce(to_regclass('seat'), to_regclass('chair'), to_regclass('other.seat'))`;

/** What the operator's catalog says once it is corrected: the columns by their numbers, the tables by what they are. */
async function corrected(client: pg.Client): Promise<(shape: Shape) => void> {
  const { rows } = await client.query<{ table: string; number: number; name: string }>(
    `select c.relname as table, a.attnum as number, a.attname as name
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.oid in (to_regclass('person'), ${seat}, to_regclass('visit')) and a.attnum > 0 and not a.attisdropped`,
  );
  const { rows: seats } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = ${seat}`,
  );
  const named = (table: RegExp, number: number) =>
    rows.find((row) => table.test(row.table) && row.number === number)?.name;
  return (is) => {
    is.personKey = named(/person/, 1) ?? 'ref';
    is.fields = [3, 4].flatMap((number) => named(/person/, number) ?? []);
    is.status = named(/person/, 5);
    is.softDelete = named(/person/, 8);
    is.tenant = named(/person/, 9);
    is.seat = seats[0]!.name;
    is.seatKey = ['hall', named(/seat|chair/, 2)!];
    is.visitShown = ['id', 'day', named(/visit/, 3)!];
  };
}

/** Does what each line of the report says, until there is none. */
/** A table that is found elsewhere may have lost its key there: then the installation refuses, and says which. */
async function makeKey({ client }: Altered, error: RowhookError): Promise<void> {
  const columns = /unique index on \(([^)]+)\)/.exec(error.message)?.[1];
  if (error.code !== 'key_missing' || !columns) throw error;
  await client.query(`delete from ${error.where}; alter table ${error.where} add primary key (${columns})`);
}

async function mend(altered: Altered, correct: (shape: Shape) => void): Promise<void> {
  const after = catalogOf(correct);
  for (let round = 1; round <= 4; round++) {
    const drifts = await altered.drift(after);
    if (drifts.length === 0) return;
    for (const { fix } of drifts.filter(({ fix }) => fix[0] !== 'npx rowhook install')) {
      const table = / ON (\S+) \("/.exec(fix.join(' '))?.[1];
      // Nobody can make an index unique over rows that are not.
      if (table) await altered.client.query(`delete from ${table}`);
      for (const statement of fix) await altered.client.query(statement);
    }
    if (drifts.some(({ fix }) => fix[0] === 'npx rowhook install')) {
      await altered.install(after).catch((error) => makeKey(altered, error));
    }
  }
  expect(kindsOf(await altered.drift(after))).to.deep.equal([]);
}

/** What is not seen must have been said of its table: it is blind there, or it is another table than the catalog's. */
function expectTold(unheard: readonly string[], drifts: readonly Drift[], before: string): void {
  for (const sql of unheard) {
    const [, name = ''] = /(?:into|update|from) (\w+)/.exec(sql) ?? [];
    const root = name.replace(/_(old|new|next|reserved)$/, '');
    const told = drifts.some(({ severity, table }) => severity === 'blind' && table?.includes(`"${root}"`));
    expect(told, `${before} — not told: ${sql}`).to.equal(true);
  }
}

describe('any sequence of ALTER TABLE', function () {
  this.timeout(120_000);

  it('fails no write, hides nothing, and is mended by what the report says', async () => {
    let n = 1_000;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...alterations), { minLength: 1, maxLength: 4 }),
        async (sequence) => {
          const altered = await alteredDatabase();
          const { client, db } = altered;
          try {
            for (const [i, sql] of sequence.entries()) {
              // It may not find what it alters; see above.
              await client.query(sql).catch(() => {});
              n += 10;
              const told = await altered.drift(catalogOf());
              expectTold(await unseen(client, catalogOf(), n), told, sequence.slice(0, i + 1).join('; '));
            }
            const correct = await corrected(client);
            await mend(altered, correct);
            expect(await unseen(client, catalogOf(correct), n + 10)).to.deep.equal([]);
            for (const sql of await statements(client, n + 20)) {
              await client.query(sql).catch((error) => {
                if (isOurs(error)) throw error;
              });
            }
          } finally {
            await altered.end();
            await db.drop();
          }
        },
      ),
      { numRuns: runs },
    );
  });
});
