import pg from 'pg';
import { benchCrm, firstId, install, setCaptured } from './crm.ts';
import { type Bench, interleaved, round } from './harness.ts';

const people = 20_000;

/** Transactions of one row, by 8 and 32 writers, while no relay asks for the bell: rate with capture / without. */
export const captureSingle: Bench = {
  name: 'capture-single',
  async run(context) {
    const { server, quick, progress } = context;
    const client = await benchCrm(server, 'capture_single', people);
    await install(client);
    const metrics: Record<string, number> = {};
    for (const writers of [8, 32]) {
      const pool = new pg.Pool({ connectionString: server.url('capture_single'), max: writers });
      pool.on('error', () => {});
      for (const [name, run] of Object.entries({ insert: insertOne, update: updateOne })) {
        progress(`${name}, ${writers} writers`);
        const side = (captured: boolean) => async () => {
          await setCaptured(client, 'people', captured);
          const rate = await ratePerSecond(pool, writers, quick ? 1_000 : 4_000, run);
          await client.query('truncate rowhook.outbox');
          return rate;
        };
        const { off, on } = await interleaved({ off: side(false), on: side(true) }, quick ? 4 : 9);
        metrics[`${name}_${writers}_ratio`] = round(on / off);
        metrics[`${name}_${writers}_off_tps`] = round(off, 0);
        metrics[`${name}_${writers}_on_tps`] = round(on, 0);
      }
      await pool.end();
    }
    await client.end();
    const min = { min: 0.85 };
    return {
      metrics,
      bars: { insert_8_ratio: min, insert_32_ratio: min, update_8_ratio: min, update_32_ratio: min },
      note: 'one row of people for each transaction, server syncs its commits, writers in this process',
    };
  },
};

type Write = (client: pg.PoolClient) => Promise<unknown>;

const insertOne: Write = (client) =>
  client.query({ name: 'insert', text: `insert into people (fullname) values ('A') ` });

const updateOne: Write = (client) =>
  client.query({
    name: 'update',
    text: 'update people set fullname = $1, modified = now() where id = $2',
    values: [`Person ${Math.random()}`, firstId + Math.floor(Math.random() * people)],
  });

async function ratePerSecond(pool: pg.Pool, writers: number, ms: number, write: Write): Promise<number> {
  let done = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async () => {
      const client = await pool.connect();
      while (performance.now() - start < ms) {
        await write(client);
        done++;
      }
      client.release();
    }),
  );
  return done / ((performance.now() - start) / 1000);
}
