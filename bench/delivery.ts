import pg from 'pg';
import { installGraphile, installPgBoss } from './competitors/jobs.ts';
import { benchCrm, install } from './crm.ts';
import { type Bench, interleaved, median, round } from './harness.ts';
import { bareLoop, graphileWorker, pgBoss, type Run, rowhook, runOf, type Sender } from './senders.ts';
import { startSink } from './sink.ts';

/** How many endpoints share the deliveries. */
const spread = { usual: 50, one: 1, many: 10_000 };

/**
 * Deliveries per second, signed and recorded, beside a bare loop of the same HTTP client, and beside the same job as people would build
 * it on a job queue. Also two daemons beside one, and the same deliveries for one endpoint and for ten thousand.
 */
export const delivery: Bench = {
  name: 'delivery',
  async run({ server, quick, progress }) {
    // Of shorter runs a good part is the program getting warm, of two daemons twice as much.
    const count = quick ? 20_000 : 60_000;
    const rounds = quick ? 1 : 5;
    const sink = await startSink();
    const template = await benchCrm(server, 'delivery', 20);
    await install(template);
    await template.end();
    const clients: pg.Client[] = [];
    const database = async (name: string, from?: string) => {
      await server.createDatabase(name, from);
      const client = new pg.Client({ connectionString: server.url(name) });
      await client.connect();
      clients.push(client);
      return client;
    };
    const ours = async (name: string, endpoints: number) => {
      const client = await database(name, 'delivery');
      return { client, url: server.url(name), ids: await makeEndpoints(client, sink.url, endpoints) };
    };
    const [usual, one, many] = [
      await ours('usual', spread.usual),
      await ours('one', spread.one),
      await ours('many', spread.many),
    ];
    const [graphile, boss] = [await database('graphile'), await database('boss')];
    await installGraphile(server.url('graphile'));
    await installPgBoss(server.url('boss'));

    const senders = {
      bare: bareLoop(sink.url),
      rowhook: rowhook(usual.client, usual.url, usual.ids),
      graphile_worker: graphileWorker(graphile, server.url('graphile'), sink.url),
      pg_boss: pgBoss(boss, server.url('boss'), sink.url),
      two_daemons: rowhook(usual.client, usual.url, usual.ids, 2),
      one_endpoint: rowhook(one.client, one.url, one.ids),
      many_endpoints: rowhook(many.client, many.url, many.ids),
    };
    const runs = new Map<string, Run[]>();
    const side = (name: string, sender: Sender) => async () => {
      const run = await runOf(sender, sink, server, count);
      runs.set(name, [...(runs.get(name) ?? []), run]);
      progress(
        `${name}: ${round(run.perSecond, 0)} a second, ${round(run.senderUs, 0)} + ${round(run.postgresUs, 0)} µs, ${round(run.peakMb, 0)} MB`,
      );
      return run.perSecond;
    };
    const rates = await interleaved(
      Object.fromEntries(
        Object.entries(senders).map(([name, sender]) => [name, side(name, sender)]),
      ) as Record<keyof typeof senders, () => Promise<number>>,
      rounds,
    );
    for (const client of clients) await client.end();
    await sink.stop();

    const metrics: Record<string, number> = {
      ratio: round(rates.rowhook / rates.bare),
      over_graphile_worker: round(rates.rowhook / rates.graphile_worker),
      over_pg_boss: round(rates.rowhook / rates.pg_boss),
      two_daemons_ratio: round(rates.two_daemons / rates.rowhook),
      one_endpoint_ratio: round(rates.one_endpoint / rates.rowhook),
      many_endpoints_ratio: round(rates.many_endpoints / rates.rowhook),
      graphile_worker_ratio: round(rates.graphile_worker / rates.bare),
      pg_boss_ratio: round(rates.pg_boss / rates.bare),
    };
    for (const [name, all] of runs) {
      const typical = (of: (run: Run) => number) => round(median(all.map(of)), 0);
      metrics[`${name}_per_second`] = typical((run) => run.perSecond);
      metrics[`${name}_us`] = typical((run) => run.senderUs);
      metrics[`${name}_postgres_us`] = typical((run) => run.postgresUs);
    }
    const oursOnly = [...runs].filter(([name]) => /rowhook|daemons|endpoint/.test(name));
    metrics.peak_rss_mb = round(Math.max(...oursOnly.flatMap(([, all]) => all.map((run) => run.peakMb))), 0);
    return {
      metrics,
      bars: {
        ratio: { min: 0.7 },
        over_graphile_worker: { min: 1.3 },
        over_pg_boss: { min: 1.3 },
        // One more daemon never makes the whole slower; a twentieth is for the noise between rounds.
        two_daemons_ratio: { min: 0.95 },
        one_endpoint_ratio: { min: 0.8 },
        many_endpoints_ratio: { min: 0.8 },
        peak_rss_mb: { max: 200 },
      },
      note: `${rounds} rounds of ${count} bodies of 1.2 kB, 64 requests at a time, default settings, a log line for each attempt; ${spread.usual} endpoints; _us is processor time for each delivery, of the sender and of Postgres`,
    };
  },
};

async function makeEndpoints(client: pg.Client, url: string, count: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `insert into rowhook.endpoint (url, events, secret) select $1 || i, '{*}', 's' from generate_series(1, $2::int) i
     returning id::text as id`,
    [url, count],
  );
  await client.query('vacuum analyze rowhook.endpoint');
  return rows.map(({ id }) => id);
}
