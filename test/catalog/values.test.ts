import { expect } from 'chai';
import { conditionSql, meets } from '../../src/catalog/condition.ts';
import { isTableName, parseTable, quoteTable } from '../../src/catalog/table-name.ts';
import type { Condition } from '../../src/catalog/types.ts';
import { createTestDatabase } from '../support/database.ts';

describe('a condition', () => {
  const conditions: Condition[] = [
    'open',
    ['open', 'paid'],
    null,
    ['open', null],
    { not: null },
    { not: 'open' },
    { not: ['open', null] },
    "it's",
    'a\\b',
  ];
  const numbers: Condition[] = [5, [5, 7.5], { not: 5 }, { not: [null, 5] }, null];

  it('says of a change what its SQL says of a row', async () => {
    const { pool } = await createTestDatabase();
    const agree = async (type: string, all: readonly Condition[], values: ReadonlyArray<string | null>) => {
      for (const condition of all) {
        const { rows } = await pool.query<{ text: string | null; met: boolean | null }>(
          `select t.v::text as text, ${conditionSql('t.v', condition)} as met from unnest($1::text[]::${type}[]) t(v)`,
          [values],
        );
        for (const { text, met } of rows) {
          expect(met === true, `${text} ${JSON.stringify(condition)}`).to.equal(meets(text, condition));
        }
        expect(
          rows.some(({ met }) => met) && rows.some(({ met }) => !met),
          JSON.stringify(condition),
        ).to.equal(true);
      }
    };
    await agree('text', conditions, ['open', 'paid', 'dead', null, "it's", 'a\\b', '']);
    await agree('numeric', numbers, ['5', '5.00', '7.50', '8', null]);
    await agree('boolean', [true, false, null, { not: true }], ['true', 'false', null]);
  });

  it('is not met by a value that nobody knows', () => {
    for (const condition of [...conditions, ...numbers]) expect(meets(undefined, condition)).to.equal(false);
  });
});

describe('the name of a table', () => {
  const names: Array<[text: string, schema: string, name: string, quoted: string]> = [
    ['people', 'public', 'people', '"public"."people"'],
    ['crm.People', 'crm', 'People', '"crm"."People"'],
    ['"people"', 'public', 'people', '"public"."people"'],
    ['"odd.schema"."Odd ""name"""', 'odd.schema', 'Odd "name"', '"odd.schema"."Odd ""name"""'],
    ['crm."a.b"', 'crm', 'a.b', '"crm"."a.b"'],
    ['two words', 'public', 'two words', '"public"."two words"'],
    ['"?"', 'public', '?', '"public"."?"'],
  ];
  for (const [text, schema, name, quoted] of names) {
    it(`${text} is ${quoted}`, () => {
      expect(isTableName(text)).to.equal(true);
      expect(parseTable(text)).to.eql({ schema, name });
      expect(quoteTable(text)).to.equal(quoted);
      expect(quoteTable(quoted)).to.equal(quoted);
    });
  }

  for (const text of ['', '.', 'a.', '.a', 'a.b.c', '"a', 'a"b', '""', '"a"."b"."c"', 'é'.repeat(32)]) {
    it(`is not ${JSON.stringify(text)}`, () => expect(isTableName(text)).to.equal(false));
  }
});
