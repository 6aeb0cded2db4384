import { expect } from 'chai';
import {
  boolArray,
  byteaArray,
  int4Array,
  int8Array,
  textArray,
  timestampArray,
  uuidArray,
  uuidTextArray,
} from '../../src/store/binary-arrays.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('arrays in binary form', () => {
  let db: TestDatabase;
  before(async () => {
    db = await createTestDatabase();
  });
  after(() => db.drop());

  /** What the server makes of an array, each element as text. */
  async function read(type: string, array: Buffer): Promise<Array<string | null>> {
    const { rows } = await db.query<{ value: string | null }>(
      `select value::text from unnest($1::${type}[]) with ordinality t(value, ord) order by ord`,
      [array],
    );
    return rows.map(({ value }) => value);
  }

  it('hold any text: quotes, backslashes, other scripts, halves of surrogate pairs, nothing, null', async () => {
    const texts = ['', '{"a":"b\\\\"}', 'NULL', 'Zoë 猫 🐈', ',{}', null, 'x'.repeat(100_000)];
    expect(await read('text', textArray(texts))).to.eql(texts);
    expect(await read('text', textArray(['\ud800']))).to.eql(['\ufffd']);
    expect(await read('text', textArray([]))).to.eql([]);
  });

  it('hold whole numbers, large ones and negative ones too', async () => {
    expect(await read('int', int4Array([0, -1, 2_147_483_647]))).to.eql(['0', '-1', '2147483647']);
    expect(await read('int', int4Array([null, 7, null]))).to.eql([null, '7', null]);
    const numbers = [0, 1, -1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, null];
    expect(await read('bigint', int8Array(numbers))).to.eql(
      numbers.map((each) => (each === null ? null : String(each))),
    );
    const texts = [
      '9223372036854775807',
      '-9223372036854775808',
      '9007199254740993',
      '999999999999999',
      '-7',
      '0',
    ];
    expect(await read('bigint', int8Array(texts))).to.eql(texts);
    for (const text of ['abc', '1.5']) expect(() => int8Array([text]), text).to.throw(RangeError);
    expect(() => timestampArray([Number.NaN])).to.throw(RangeError);
  });

  it('hold times to the millisecond, before and after 2000', async () => {
    const times = ['2026-11-22T22:50:36.123Z', '1969-12-31T23:59:59.999Z'];
    const { rows } = await db.query<{ at: Date }>('select at from unnest($1::timestamptz[]) at', [
      timestampArray(times.map((time) => Date.parse(time))),
    ]);
    expect(rows.map(({ at }) => at.toISOString())).to.eql(times);
  });

  it('hold UUIDs', async () => {
    const ids = ['01939c5c-1d3b-7000-8000-000000000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
    const bytes = Buffer.from(ids.join('').replaceAll('-', ''), 'hex');
    expect(await read('uuid', uuidArray(bytes))).to.eql(ids);
    expect(await read('uuid', uuidTextArray(ids))).to.eql(ids);
    const digits = '01234567-89ab-7cde-bf01-23456789ABCD';
    expect(await read('uuid', uuidTextArray([digits]))).to.eql([digits.toLowerCase()]);
  });

  it('hold bytes and truth values', async () => {
    const bytes = [Buffer.from([0, 255, 10]), null, Buffer.alloc(0)];
    expect(await read('bytea', byteaArray(bytes))).to.eql(['\\x00ff0a', null, '\\x']);
    expect(await read('boolean', boolArray([true, false]))).to.eql(['true', 'false']);
  });

  it('are refused where the statement says another type', async () => {
    const error = await read('uuid', textArray(['a'])).catch((thrown: { code: string }) => thrown);
    expect(error).to.have.property('code', '42804');
  });
});
