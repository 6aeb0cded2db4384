import { expect } from 'chai';
import { createDriftReader } from '../../src/admin/drifts.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { queueDatabase } from '../delivery/queue.ts';

describe('drift, where no daemon of the process looks for it', () => {
  const catalog = siteStacker();
  /** The database, with how often it was asked, and a switch to take it away. */
  const watched = (db: Queryable) => {
    const state = { asked: 0, gone: false };
    const query = ((...given: Parameters<Queryable['query']>) => {
      state.asked += 1;
      return state.gone ? Promise.reject(new Error('gone')) : db.query(...given);
    }) as Queryable['query'];
    return { state, db: { query } };
  };

  it('is looked for when somebody asks, once for all who ask within some seconds', async () => {
    const { pool } = await queueDatabase();
    const { state, db } = watched(pool);
    const drifts = createDriftReader(db, catalog, { warn() {} });
    const [found, ...others] = await Promise.all([drifts(), drifts(), drifts()]);
    expect(found?.map(({ kind }) => kind)).to.include('table_missing');
    for (const each of [...others, await drifts()]) expect(each).to.equal(found);
    expect(state.asked).to.equal(1);
  });

  it('is what was last known where the database does not tell, and that is logged', async () => {
    const { pool } = await queueDatabase();
    const { state, db } = watched(pool);
    state.gone = true;
    const told: string[] = [];
    const drifts = createDriftReader(db, catalog, {
      warn: (_facts: object, text?: string) => told.push(text ?? ''),
    });
    expect(await drifts()).to.deep.equal([]);
    expect(await drifts()).to.deep.equal([]);
    expect(told).to.deep.equal(['drift cannot be looked for']);
  });
});
