import { quoteName } from '../../src/catalog/table-name.ts';

/** A table of the generated schema, with how its rows are made, changed and found again. */
export interface OddTable {
  readonly schema: string;
  readonly name: string;
  readonly create: string;
  /** Makes one row; `i` makes it another one than the others. */
  readonly insert: (i: number) => string;
  /** Changes a column of the first row that a payload shows; undefined: a link table, whose rows only come and go. */
  readonly update: string | undefined;
  /** Why it cannot be captured. */
  readonly refused?: 'key' | 'view' | 'heir';
  /** Links two tables: its events are assign and unassign, and these records, as JSON text of a row `t`, are shown at the end. */
  readonly ends?: Readonly<Record<string, string>>;
  readonly delete?: string;
  /** Columns that must not leave. */
  readonly secret?: readonly string[];
}

/** Names as people have given them. */
const oddNames = [
  'Mixed Case',
  'order',
  'select',
  'dot.ted',
  'quo"te',
  'why?',
  'a ?? b',
  '$1',
  "apo'strophe",
  'back\\slash',
  'back\\?mark',
  'Ünïcode',
  '123numbers',
  'a-b',
  'UPPER',
  'percent%s',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a name that would break out of a template literal
  '`tick` ${x}',
  'tab\tname',
  'x'.repeat(63),
] as const;

/** Types with two values each, as SQL. */
const types: ReadonlyArray<readonly [name: string, type: string, first: string, second: string]> = [
  ['int2', 'smallint', '1', '-2'],
  ['int4', 'integer', '2147483647', '-1'],
  ['int8', 'bigint', '9223372036854775807', '9007199254740993'],
  ['num', 'numeric', '123456789012345678901234567890.123456789', '0.10'],
  ['money2', 'numeric(12,2)', '5.00', '9999999999.99'],
  ['flag', 'boolean', 'true', 'false'],
  ['words', 'text', `E'line\\nbreak "quoted" \\\\ ünïcode 🎈'`, `''`],
  ['short', 'varchar(20)', `'abc'`, `'abd'`],
  ['fixed', 'char(4)', `'ab'`, `'cd'`],
  ['uid', 'uuid', `'7f3c1f0e-1111-4222-8333-444455556666'`, `'00000000-0000-4000-8000-000000000000'`],
  ['day', 'date', `'2024-02-29'`, `'0044-03-15 BC'`],
  ['moment', 'timestamptz', `'2024-02-29 23:59:59.999+05:30'`, `'1999-12-31 00:00:00+00'`],
  ['wall', 'timestamp', `'2024-02-29 23:59:59'`, `'2001-01-01 01:01:01'`],
  ['clock', 'time', `'12:34:56.789'`, `'00:00:00'`],
  ['span', 'interval', `'1 year 2 months 3 days 04:05:06'`, `'-3 days'`],
  ['doc', 'json', `'{"b": 1, "a": [1, 2.50, 9007199254740993]}'`, `'null'`],
  ['docb', 'jsonb', `'{"b": 1, "a": [12345678901234567890]}'`, `'[]'`],
  ['ints', 'integer[]', `'{1,2,NULL}'`, `'{{1,2},{3,4}}'`],
  ['names', 'text[]', `array['a,b', 'c"d', null]`, `'{}'`],
  ['mood', '"Odd Types"."Mood?"', `'so so'`, `'it''s "fine"'`],
  ['moods', '"Odd Types"."Mood?"[]', `'{"so so"}'`, `'{}'`],
  ['positive', '"Odd Types".positive', `42`, `43`],
  ['blob', 'bytea', `'\\x00ff10'`, `decode(repeat('ab', 100), 'hex')`],
  ['real8', 'double precision', '0.1', '1e300'],
  ['address', 'inet', `'10.0.0.1/8'`, `'::1'`],
  ['stretch', 'int4range', `'[1,5)'`, `'empty'`],
  ['pair', '"Odd Types".pair', `row(1, 'x')`, `row(null, 'y')`],
  ['bits', 'bit varying(8)', `b'1010'`, `b''`],
];

const person = (column: string): string =>
  `(select row_to_json(x) from (select p.id::text, p.name from crm.people p where p.id = t.${column}) x)`;

const q = (schema: string, name: string): string => `${quoteName(schema)}.${quoteName(name)}`;

/** At least sixty tables with every oddity that a schema can have, made by rule. */
export function oddTables(): OddTable[] {
  const tables: OddTable[] = [];
  const add = (
    schema: string,
    name: string,
    table: Omit<OddTable, 'schema' | 'name' | 'create'> & { create: (quoted: string) => string },
  ) => tables.push({ ...table, schema, name, create: table.create(q(schema, name)) });

  for (const [i, name] of oddNames.entries()) {
    const schema = i % 3 === 0 ? 'public' : i % 3 === 1 ? 'Odd Schema' : 'dot.ted "schema"?';
    const quoted = q(schema, name);
    add(schema, name, {
      create: (table) =>
        `create table ${table} (id bigint generated always as identity primary key, ${quoteName(name)} text, "Why? ""not""" int default 1)`,
      insert: (n) => `insert into ${quoted} (${quoteName(name)}) values ('row ${n}')`,
      update: `update ${quoted} set "Why? ""not""" = "Why? ""not""" + 1`,
    });
  }
  for (const [name, type, first, second] of types) {
    const quoted = q('typed', name);
    add('typed', name, {
      create: (table) => `create table ${table} (id int primary key, value ${type}, other ${type})`,
      insert: (n) => `insert into ${quoted} (id, value, other) values (${n}, ${first}, null)`,
      update: `update ${quoted} set other = ${second}`,
    });
  }
  for (const [name, type, values] of [
    ['by_bigint', 'bigint', ['9007199254740993', '-9223372036854775808']],
    ['by_uuid', 'uuid', [`'7f3c1f0e-1111-4222-8333-444455556666'`, `'7f3c1f0e-1111-4222-8333-444455556667'`]],
    ['by_text', 'text', [`'a "key", [1] ?'`, `E'b\\nc'`]],
    ['by_numeric', 'numeric(30,2)', ['12345678901234567890.10', '1.00']],
    ['by_date', 'date', [`'2024-02-29'`, `'2024-03-01'`]],
    ['by_enum', '"Odd Types"."Mood?"', [`'so so'`, `'it''s "fine"'`]],
    ['by_timestamptz', 'timestamptz', [`'2024-02-29 23:59:59.123456+00'`, `'2024-03-01+00'`]],
  ] as const) {
    const quoted = q('keyed', name);
    add('keyed', name, {
      create: (table) => `create table ${table} ("Key" ${type} primary key, note text)`,
      insert: (n) => `insert into ${quoted} values (${values[n - 1]}, 'row ${n}')`,
      update: `update ${quoted} set note = note || '!'`,
    });
  }
  add('keyed', 'composite', {
    create: (table) =>
      `create table ${table} (region text, "No" bigint, note text, primary key (region, "No"))`,
    insert: (n) => `insert into keyed.composite values ('e"u', 9007199254740990 + ${n}, 'row')`,
    update: `update keyed.composite set note = note || '!'`,
  });
  add('keyed', 'unique_only', {
    create: (table) =>
      `create table ${table} (code varchar(10) not null unique, maybe int unique, note text)`,
    insert: (n) => `insert into keyed.unique_only values ('c${n}', ${n}, 'row')`,
    update: `update keyed.unique_only set note = note || '!'`,
  });
  add('keyed', 'no_key', {
    create: (table) => `create table ${table} (note text, maybe int unique)`,
    insert: (n) => `insert into keyed.no_key values ('row ${n}', ${n})`,
    update: `update keyed.no_key set note = note || '!'`,
    refused: 'key',
  });
  add('shaped', 'ranged', {
    create: (
      table,
    ) => `create table ${table} (id bigint, day date, note text, primary key (id, day)) partition by range (day);
      create table shaped.ranged_old partition of ${table} for values from (minvalue) to ('2024-01-01');
      create table shaped."Ranged New?" partition of ${table} for values from ('2024-01-01') to (maxvalue)`,
    // The second row goes straight into its partition.
    insert: (n) =>
      n === 1
        ? `insert into shaped.ranged values (1, '2020-01-01', 'row')`
        : `insert into shaped."Ranged New?" values (2, '2025-01-01', 'row')`,
    update: `update shaped.ranged set note = note || '!'`,
  });
  add('shaped', 'nested', {
    create: (
      table,
    ) => `create table ${table} (id bigint, kind text, note text, primary key (id, kind)) partition by list (kind);
      create table shaped.nested_a partition of ${table} for values in ('a') partition by range (id);
      create table shaped.nested_a_low partition of shaped.nested_a for values from (0) to (100);
      create table shaped.nested_rest partition of ${table} default`,
    insert: (n) =>
      n === 1
        ? `insert into shaped.nested_a_low values (1, 'a', 'row')`
        : `insert into shaped.nested values (2, 'z', 'row')`,
    update: `update shaped.nested set note = note || '!'`,
  });
  add('shaped', 'generated', {
    create: (table) =>
      `create table ${table} (id int generated by default as identity primary key, net numeric(10,2), gross numeric(12,4) generated always as (net * 1.19) stored)`,
    insert: (n) => `insert into shaped.generated (net) values (${n}00.10)`,
    update: `update shaped.generated set net = net + 1`,
  });
  add('shaped', 'parents', {
    create: (table) => `create table ${table} (id int primary key, note text)`,
    insert: (n) =>
      n === 1
        ? `insert into shaped.parents values (1, 'row')`
        : `insert into shaped.heirs values (2, 'row', 'more')`,
    update: `update shaped.parents set note = note || '!'`,
  });
  add('shaped', 'heirs', {
    refused: 'heir',
    create: (table) => `create table ${table} (more text, primary key (id)) inherits (shaped.parents)`,
    insert: (n) => `insert into shaped.heirs values (${n}00, 'row', 'more')`,
    update: `update shaped.heirs set more = more || '!'`,
  });
  add('shaped', 'secrets', {
    create: (table) =>
      `create table ${table} (id serial primary key, login text, password_hash text, "ApiKey" text, encrypted_ssn bytea, note text)`,
    insert: (n) =>
      `insert into shaped.secrets (login, password_hash, "ApiKey", encrypted_ssn) values ('l${n}', 'TOPSECRET', 'TOPSECRET', 'TOPSECRET')`,
    update: `update shaped.secrets set note = 'changed', password_hash = 'TOPSECRET2'`,
    secret: ['password_hash', 'ApiKey', 'encrypted_ssn'],
  });
  add('shaped', 'soft', {
    create: (table) => `create table ${table} (id serial primary key, note text, deleted_at timestamptz)`,
    insert: (n) => `insert into shaped.soft (note) values ('row ${n}')`,
    update: `update shaped.soft set note = note || '!'`,
  });
  add('shaped', 'trees', {
    create: (table) =>
      `create table ${table} (id int primary key, parent_id int references ${table}, note text)`,
    insert: (n) => `insert into shaped.trees values (${n}, ${n === 1 ? 'null' : n - 1}, 'row')`,
    update: `update shaped.trees set note = note || '!'`,
  });
  add('crm', 'people', {
    create: (table) => `create table ${table} (id bigint primary key, organization_id int, name text)`,
    insert: (n) => `insert into crm.people values (9007199254740992 + ${n}, ${n}, 'person ${n}')`,
    update: `update crm.people set name = name || '!'`,
  });
  // The same name in another schema, and in another case.
  add('public', 'people', {
    create: (table) => `create table ${table} (id int primary key, organization_id int, name text)`,
    insert: (n) => `insert into public.people values (${n}, ${n}, 'person ${n}')`,
    update: `update public.people set name = name || '!'`,
  });
  add('public', 'People', {
    create: (table) => `create table ${table} (id int primary key, organization_id int, name text)`,
    insert: (n) => `insert into public."People" values (${n}, ${n}, 'person ${n}')`,
    update: `update public."People" set name = name || '!'`,
  });
  add('crm', 'tags', {
    create: (table) => `create table ${table} (id uuid primary key, name text)`,
    insert: (n) => `insert into crm.tags values ('00000000-0000-4000-8000-00000000000${n}', 'tag ${n}')`,
    update: `update crm.tags set name = name || '!'`,
  });
  add('crm', 'people_tags', {
    create: (table) =>
      `create table ${table} (person_id bigint references crm.people, tag_id uuid references crm.tags, created_at timestamptz default now(), primary key (person_id, tag_id))`,
    insert: (n) =>
      `insert into crm.people_tags (person_id, tag_id) select id, '00000000-0000-4000-8000-00000000000${n}' from crm.people order by id limit 1`,
    update: undefined,
    ends: {
      person: person('person_id'),
      tag: `(select row_to_json(x) from (select g.id::text, g.name from crm.tags g where g.id = t.tag_id) x)`,
    },
  });
  add('crm', 'friendships', {
    create: (table) =>
      `create table ${table} (id serial primary key, person_id bigint not null references crm.people, friend_id bigint not null references crm.people)`,
    insert: () =>
      `insert into crm.friendships (person_id, friend_id) select min(id), max(id) from crm.people`,
    update: undefined,
    ends: { person: person('person_id'), friend: person('friend_id') },
  });
  add('crm', 'composite_links', {
    create: (table) =>
      `create table ${table} (region text, "No" bigint, person_id bigint references crm.people, foreign key (region, "No") references keyed.composite, primary key (region, "No", person_id))`,
    insert: (n) =>
      `insert into crm.composite_links select 'e"u', 9007199254740990 + ${n}, min(id) from crm.people`,
    update: undefined,
    ends: {
      composite: `(select row_to_json(x) from (select c.region, c."No"::text from keyed.composite c where c.region = t.region and c."No" = t."No") x)`,
      person: person('person_id'),
    },
  });
  return tables;
}

/** Everything in the order in which it can be made. */
export function odditiesSql(tables: readonly OddTable[]): string {
  const schemas = [...new Set(tables.map(({ schema }) => schema)), 'Odd Types'].filter(
    (name) => name !== 'public',
  );
  return [
    ...schemas.map((name) => `create schema ${quoteName(name)}`),
    `create type "Odd Types"."Mood?" as enum ('so so', 'it''s "fine"')`,
    `create domain "Odd Types".positive as bigint check (value > 0)`,
    `create type "Odd Types".pair as (a int, "b c" text)`,
    ...tables.map(({ create }) => create),
    `create view public.a_view as select * from public.people`,
    `create materialized view public.a_matview as select * from public.people`,
    'create table public.schema_migrations (version text primary key)',
  ].join(';\n');
}
