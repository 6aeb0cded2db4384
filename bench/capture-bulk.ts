import { benchCrm, firstId, install } from './crm.ts';
import { type Bench, interleaved, round, timed } from './harness.ts';
import { addOthers, forget, type Side, setSide, sides } from './sides.ts';

const rows = 50_000;
const inserted = 100_000;
/** The row trigger takes ten times as long as the others. */
const imageEvery = 3;

/** One statement over many rows, committed: time with capture / without; and two other triggers. */
export const captureBulk: Bench = {
  name: 'capture-bulk',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'capture_bulk', rows);
    await install(client);
    for (const table of ['people', 'tags']) await addOthers(client, table);
    const statements = {
      watched: `update people set lastname = lastname || 'x', modified = now() where id >= ${firstId}`,
      unwatched: `update people set last_activity = now() where id >= ${firstId}`,
      insert: `insert into tags (name) select 'Bulk ' || i from generate_series(1, ${inserted}) i`,
    };
    const metrics: Record<string, number> = {};
    for (const [name, sql] of Object.entries(statements)) {
      const table = name === 'insert' ? 'tags' : 'people';
      const run = (side: Side) => async () => {
        await setSide(client, table, side);
        const ms = await timed(() => client.query(sql));
        await setSide(client, table, 'off');
        await client.query(`delete from tags where name like 'Bulk %'`);
        await forget(client);
        await client.query(`vacuum ${table}`);
        await client.query('checkpoint');
        return ms;
      };
      const times = await interleaved(
        { off: run('off'), on: run('on'), key: run('key'), image: sometimes(run('image'), imageEvery) },
        quick ? 3 : 15,
      );
      metrics[`${name}_ratio`] = round(times.on / times.off);
      metrics[`${name}_key_ratio`] = round(times.key / times.off);
      metrics[`${name}_image_ratio`] = round(times.image / times.off);
      for (const side of sides) metrics[`${name}_${side}_ms`] = round(times[side], 0);
      progress(`${name}: ${metrics[`${name}_ratio`]}`);
    }
    await setSide(client, 'people', 'on');
    await client.query(statements.watched);
    const { rows: spent } = await client.query<{ ids: number }>(
      'select count(distinct xid)::int as ids from rowhook.outbox',
    );
    metrics.transaction_ids = spent[0]!.ids;
    await client.end();
    return {
      metrics,
      bars: {
        watched_ratio: { max: 1.8 },
        unwatched_ratio: { max: 1.4 },
        insert_ratio: { max: 1.4 },
        transaction_ids: { max: 1 },
      },
      note:
        `UPDATE of ${rows} people (17 watched columns), INSERT of ${inserted} tags; each committed, a checkpoint before each; off: no ` +
        'capture, on: ours, key: a bare trigger, image: a row trigger with both images and NOTIFY, in every third round',
    };
  },
};

/** Measures once in so many rounds, and repeats the figure meanwhile. */
function sometimes(measure: () => Promise<number>, every: number): () => Promise<number> {
  let round = 0;
  let last = Number.NaN;
  return async () => {
    if (round++ % every === 0) last = await measure();
    return last;
  };
}
