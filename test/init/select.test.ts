import { expect } from 'chai';
import { selectTables, splitNames } from '../../src/init/select.ts';
import { table } from './tables.ts';

const all = [
  table('people'),
  table('orders'),
  table('order_lines'),
  table('people', { schema: 'crm' }),
  table('Odd "name", too', { schema: 'crm' }),
  table('log', { key: undefined }),
  table('report', { kind: 'v' }),
];

describe('the tables that a person names', () => {
  it('are split at commas, but not at those within quotes', () => {
    expect(splitNames('people, crm.people ,"a,b"."c "",d",*,')).to.deep.equal([
      'people',
      'crm.people',
      '"a,b"."c "",d"',
      '*',
    ]);
  });

  for (const [names, expected, skipped] of [
    [['people'], ['"public"."people"'], []],
    [['crm.people'], ['"crm"."people"'], []],
    [['crm."Odd ""name"", too"'], ['"crm"."Odd ""name"", too"'], []],
    [['crm.*'], ['"crm"."people"', '"crm"."Odd ""name"", too"'], []],
    [['order_*es'], ['"public"."order_lines"'], []],
    [['order*'], ['"public"."orders"', '"public"."order_lines"'], []],
    [['*.people', 'people'], ['"public"."people"', '"crm"."people"'], []],
    [
      ['public.*'],
      ['"public"."people"', '"public"."orders"', '"public"."order_lines"'],
      ['"public"."log"', '"public"."report"'],
    ],
  ] as const) {
    it(`${names.join(' and ')} are ${expected.join(', ')}`, () => {
      const selection = selectTables(all, names);
      expect(selection.tables.map(({ quoted }) => quoted)).to.deep.equal(expected);
      expect(selection.skipped.map(({ table }) => table)).to.deep.equal(skipped);
    });
  }

  for (const [name, code, hint] of [
    ['peple', 'table_missing', '"public"."people"'],
    ['crm.orders', 'table_missing', '"public"."orders"'],
    ['nothing_like_it', 'table_missing', 'in this database'],
    ['hr.*', 'table_missing', 'hr.*'],
    ['a-b*', 'table_missing', 'a-b*'],
    ['a"b', 'table_missing', 'a"b'],
    ['log', 'key_missing', 'no primary key'],
    ['report', 'table_unsupported', 'a view'],
  ] as const) {
    it(`${name} is refused: ${code}`, () => {
      expect(() => selectTables(all, [name]))
        .to.throw(hint)
        .with.property('code', code);
    });
  }
});
