import { expect } from 'chai';
import { text } from '../../src/catalog/define.ts';
import { livePayloadSql } from '../../src/relay/payloads/payload-sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('payloads that are asked for together', () => {
  let db: TestDatabase;
  before(async () => {
    db = await createTestDatabase();
    await db.query(`create table notes (id int primary key, note text);
      insert into notes select i, repeat('n', 400) from generate_series(1, 3) i`);
  });
  after(() => db.drop());

  /** The lengths of the three bodies, null for one that had no room, where so many characters are wanted. */
  async function lengths(wanted: number): Promise<Array<number | null>> {
    const resource = { table: 'notes', fields: { note: text() } };
    const sql = livePayloadSql(resource, ['integer'], { timestamps: 'iso', tables: new Map() });
    const { rows } = await db.query<{ body: string | null }>(sql, ['{1,2,3}', wanted]);
    return rows.map(({ body }) => body?.length ?? null);
  }
  const length = '{"note":""}'.length + 400;

  it('come as far as there is room for them, so that none is read in vain', async () => {
    expect(await lengths(3 * length)).to.eql([length, length, length]);
    expect(await lengths(3 * length - 1)).to.eql([length, length, null]);
  });

  it('come one at a time where none has room', async () => {
    expect(await lengths(length - 1)).to.eql([length, null, null]);
  });
});
