import { type CatalogInput, changesOf, json, many, text, texts } from '../../src/catalog/define.ts';

/** Tables of every kind that capture knows, each with `n`, which every write sets anew, and `quiet`, which no event looks at. */
export const tablesSql = `
create table plain (id bigserial primary key, n bigint, quiet int, state text);
create table pair (a int, b text, n bigint, quiet int, primary key (a, b));
create table word (code text primary key, n bigint, quiet int);
create table note (id int primary key, n bigint, quiet int, deleted_at timestamptz);
create table parent (id int primary key, n bigint, quiet int);
create table child (id int primary key, n bigint, quiet int,
  parent_id int references parent on delete cascade on update cascade);
create table guest (id int primary key, n bigint, quiet int,
  parent_id int references parent on delete set null on update cascade);
create table label (id int primary key, n bigint, quiet int);
create table parent_label (parent_id int references parent on delete cascade on update cascade,
  label_id int references label on delete cascade, n bigint, quiet int, primary key (parent_id, label_id));
create table seat (region text, zone int, id int, n bigint, quiet int, primary key (region, zone, id)) partition by list (region);
create table seat_a partition of seat for values in ('a');
create table seat_b partition of seat for values in ('b') partition by range (zone);
create table seat_b_low partition of seat_b for values from (0) to (2);
create table seat_b_high partition of seat_b for values from (2) to (4);
create table base (id int primary key, n bigint, quiet int);
create table derived (extra text, primary key (id)) inherits (base);
create table marker (id bigint primary key generated always as identity)`;

export const catalogInput: CatalogInput = {
  name: 'property',
  resources: {
    plain: { table: 'plain', fields: { id: text(), n: json(), state: text() } },
    pair: { table: 'pair', key: ['a', 'b'], fields: { ...texts('a', 'b'), n: json() } },
    word: { table: 'word', key: ['code'], fields: { code: text(), n: json() } },
    note: { table: 'note', fields: { id: text(), n: json() }, softDelete: 'deleted_at' },
    parent: {
      table: 'parent',
      fields: {
        id: text(),
        n: json(),
        children: many('child', { from: 'id', to: 'parent_id', orderBy: ['id'] }, { id: text(), n: json() }),
      },
      parts: [
        { table: 'child', from: 'parent_id', to: 'id' },
        {
          table: 'parent_label',
          from: 'parent_id',
          to: 'id',
          key: ['parent_id', 'label_id'],
          columns: ['n'],
        },
      ],
    },
    child: { table: 'child', fields: { ...texts('id', 'parent_id'), n: json() } },
    guest: { table: 'guest', fields: { ...texts('id', 'parent_id'), n: json() } },
    label: { table: 'label', fields: { id: text(), n: json() } },
    parent_label: {
      table: 'parent_label',
      key: ['parent_id', 'label_id'],
      fields: { ...texts('parent_id', 'label_id'), n: json() },
    },
    seat: {
      table: 'seat',
      key: ['region', 'zone', 'id'],
      fields: { ...texts('region', 'zone', 'id'), n: json() },
    },
    base: { table: 'base', fields: { id: text(), n: json() } },
    marker: { table: 'marker', fields: { id: text() } },
  },
  events: [
    ...changesOf('plain'),
    {
      name: 'plain_paid',
      resource: 'plain',
      on: 'transition',
      transition: { column: 'state', to: 'paid' },
    },
    {
      name: 'plain_opened',
      resource: 'plain',
      on: 'update',
      when: { old: { state: 'draft' }, new: { state: 'open' } },
    },
    { name: 'plain_stays', resource: 'plain', on: 'update', when: { new: { state: 'draft' } } },
    { name: 'plain_born_paid', resource: 'plain', on: 'insert', when: { new: { state: 'paid' } } },
    { name: 'plain_gone_open', resource: 'plain', on: 'delete', when: { old: { state: 'open' } } },
    { name: 'plain_each_insert', resource: 'plain', on: 'insert', per: 'change' },
    { name: 'plain_each_update', resource: 'plain', on: 'update', per: 'change' },
    { name: 'plain_each_delete', resource: 'plain', on: 'delete', per: 'change' },
    ...['pair', 'word', 'note', 'parent', 'child', 'guest', 'label', 'parent_label', 'seat', 'base'].flatMap(
      (name) => changesOf(name),
    ),
    { name: 'plain_truncate', resource: 'plain', on: 'truncate' },
    { name: 'seat_truncate', resource: 'seat', on: 'truncate' },
    { name: 'child_truncate', resource: 'child', on: 'truncate' },
    { name: 'note_each_update', resource: 'note', on: 'update', per: 'change' },
    { name: 'parent_labelled', resource: 'parent', on: 'assign', part: 'parent_label' },
    { name: 'parent_unlabelled', resource: 'parent', on: 'unassign', part: 'parent_label' },
    { name: 'parent_joined', resource: 'parent', on: 'assign', part: 'child' },
    { name: 'parent_left', resource: 'parent', on: 'unassign', part: 'child' },
    { name: 'marker_create', resource: 'marker', on: 'insert' },
  ],
};

/** What the second endpoint takes; the first one takes all. */
export const someEvents = ['plain_update', 'plain_paid', 'parent_delete', 'seat_create', 'word_update'];

export const tableNames = [
  'plain',
  'pair',
  'word',
  'note',
  'parent',
  'child',
  'guest',
  'label',
  'parent_label',
  'seat',
  'base',
] as const;
export type TableName = (typeof tableNames)[number];

/** How the model names rows: each table has a few, by number, so that histories meet on them. */
export interface TableModel {
  readonly key: readonly string[];
  /** The values of the key's columns of row number `slot`. */
  keyOf(base: number, slot: number): readonly string[];
  readonly slots: number;
  /** Tables that a statement may lock together: by cascades, by foreign keys, or as parts of one. */
  readonly group: string;
  /** Columns beside the key, `n` and `quiet`. */
  readonly column?: string;
}

/** Whatever a text may hold that JSON, arrays or COPY write in a way of their own. */
const oddWords = ['[', '"q" \\', "it's, {so}", 'tab\tline\nend', 'ünï 🎈', '{"a": null}'];

const single = (group: string, column?: string): TableModel => ({
  key: ['id'],
  keyOf: (base, slot) => [String(base + slot)],
  slots: 5,
  group,
  ...(column === undefined ? {} : { column }),
});

/** Where a row of `seat` lies; the last two are of a partition that is attached later. */
const seats = [
  ['a', 0],
  ['a', 1],
  ['b', 0],
  ['b', 1],
  ['b', 2],
  ['b', 3],
  ['c', 0],
  ['c', 1],
] as const;

export const tables: Readonly<Record<TableName, TableModel>> = {
  plain: single('plain', 'state'),
  pair: {
    key: ['a', 'b'],
    keyOf: (base, slot) => [String(base + (slot % 2)), oddWords[slot % oddWords.length]!],
    slots: 4,
    group: 'pair',
  },
  word: {
    key: ['code'],
    keyOf: (base, slot) => [`${base}${oddWords[slot]}`],
    slots: oddWords.length,
    group: 'word',
  },
  note: single('note', 'deleted_at'),
  parent: { ...single('family'), slots: 3 },
  child: single('family', 'parent_id'),
  guest: { ...single('family', 'parent_id'), slots: 3 },
  label: { ...single('family'), slots: 2 },
  parent_label: {
    key: ['parent_id', 'label_id'],
    keyOf: (base, slot) => [String(base + (slot % 3)), String(base + Math.floor(slot / 3))],
    slots: 6,
    group: 'family',
  },
  seat: {
    key: ['region', 'zone', 'id'],
    keyOf: (base, slot) => {
      const [region, zone] = seats[slot]!;
      return [region === 'c' ? lateRegion(base) : region, String(zone), String(base)];
    },
    slots: seats.length,
    group: 'seat',
  },
  base: { ...single('base'), slots: 4 },
};

/** The region of the partition that a history attaches; each has its own. */
export const lateRegion = (base: number): string => `c${base}`;
/** That partition. */
export const lateSeat = (base: number): string => `seat_c${base}`;

/** A key as events name it. */
export const keyText = (values: readonly string[]): string =>
  values.length === 1 ? values[0]! : `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
