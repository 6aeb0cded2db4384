import { expect } from 'chai';
import { resultTypes } from '../../src/store/result-types.ts';
import { createTestDatabase } from '../support/database.ts';

describe('values of our own statements', () => {
  for (const zone of ['UTC', 'Asia/Kolkata', 'America/New_York']) {
    it(`are read as pg reads them by default (${zone})`, async () => {
      const { pool } = await createTestDatabase();
      const text = `
        select true as a, false as b, 7::int2 as c, 8::int4 as d, 9::int8 as e, 1.50::numeric as f, 0.25::float8 as g,
          '{"k": [1, null]}'::json as h, '{"k": "ü"}'::jsonb as i, '\\x00ff'::bytea as j,
          timestamptz '2018-04-04 11:39:57.123456+02' as k, timestamptz '2018-12-04 11:39:57Z' as l,
          array['a,b', '"', null, 'NULL', ''] as m, array[1, 2]::int4[] as n, array[3]::int8[] as o,
          array[true, null] as p, '00000000-0000-7000-8000-000000000001'::uuid as q,
          array['00000000-0000-7000-8000-000000000001']::uuid[] as r, null::int as s, '{}'::text[] as t,
          'x'::"char" as u, 'n'::name as v, array[timestamptz '2018-04-04 11:39:57+00'] as w, 42::oid as x`;
      const client = await pool.connect();
      try {
        await client.query(`set time zone '${zone}'`);
        const usual = await client.query(text);
        const ours = await client.query({ text, types: resultTypes });
        expect(ours.rows).to.deep.equal(usual.rows);
      } finally {
        client.release();
      }
    });
  }
});
