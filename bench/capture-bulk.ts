import { benchCrm, firstId, install, setCaptured } from './crm.ts';
import { type Bench, interleaved, round, timed } from './harness.ts';

const rows = 50_000;
const inserted = 100_000;

/** One statement over many rows, committed: time with capture / without. */
export const captureBulk: Bench = {
  name: 'capture-bulk',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'capture_bulk', rows);
    await install(client);
    const statements = {
      watched: `update people set lastname = lastname || 'x', modified = now() where id >= ${firstId}`,
      unwatched: `update people set last_activity = now() where id >= ${firstId}`,
      insert: `insert into tags (name) select 'Bulk ' || i from generate_series(1, ${inserted}) i`,
    };
    const metrics: Record<string, number> = {};
    for (const [name, sql] of Object.entries(statements)) {
      progress(name);
      const table = name === 'insert' ? 'tags' : 'people';
      const side = (captured: boolean) => async () => {
        await setCaptured(client, table, captured);
        const ms = await timed(() => client.query(sql));
        await client.query(`delete from tags where name like 'Bulk %'; truncate rowhook.outbox`);
        await client.query(`vacuum ${table}`);
        await client.query('checkpoint');
        return ms;
      };
      const { off, on } = await interleaved({ off: side(false), on: side(true) }, quick ? 5 : 15);
      metrics[`${name}_ratio`] = round(on / off);
      metrics[`${name}_off_ms`] = round(off, 0);
      metrics[`${name}_on_ms`] = round(on, 0);
    }
    await setCaptured(client, 'people', true);
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
      note: `UPDATE of ${rows} people (17 watched columns), INSERT of ${inserted} tags; each committed, a checkpoint before each`,
    };
  },
};
