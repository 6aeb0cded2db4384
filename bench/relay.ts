import type pg from 'pg';
import { pino } from 'pino';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { createBell } from '../src/relay/bell.ts';
import { createRelay } from '../src/relay/relay.ts';
import { benchCrm, firstId, install } from './crm.ts';
import { type Bench, interleaved, round } from './harness.ts';

const records = 20_000;

/** Changes per second from the outbox to committed deliveries, for a flat record and for one with seven associations. */
export const relayBench: Bench = {
  name: 'relay',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'relay', records);
    await install(client);
    await client.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
    const connection: pg.ClientConfig = { connectionString: server.url('relay') };
    const log = pino({ level: 'silent' });
    const rate = (sql: string) => async () => {
      for (let i = 0; i < records / 20; i++)
        await client.query(sql, [firstId + i * 20, firstId + i * 20 + 19]);
      const { rows } = await client.query<{ seq: string }>('select max(seq) as seq from rowhook.outbox');
      const bell = createBell({ connection, log });
      const relay = createRelay({ connection, catalog: siteStacker(), log, bell, onDeliveries: () => {} });
      const start = performance.now();
      await relay.start();
      while (true) {
        const { rowCount } = await client.query(
          'select from rowhook.event where seq = $1 order by id desc limit 1',
          [rows[0]!.seq],
        );
        if (rowCount === 1) break;
      }
      const seconds = (performance.now() - start) / 1000;
      await relay.stop();
      await client.query('truncate rowhook.event, rowhook.delivery');
      return records / seconds;
    };
    progress('flat and person');
    await client.query('create index on rowhook.event (seq)');
    const { flat, person } = await interleaved(
      {
        flat: rate(`update tags set name = name || 'x' where id between $1 and $2`),
        person: rate(`update people set fullname = fullname || 'x' where id between $1 and $2`),
      },
      quick ? 3 : 9,
    );
    await client.end();
    return {
      metrics: { flat_per_second: round(flat, 0), person_per_second: round(person, 0) },
      bars: { flat_per_second: { min: 20_000 }, person_per_second: { min: 5_000 } },
      note: `${records} changes in transactions of 20, one endpoint that takes all; from the relay's start`,
    };
  },
};
