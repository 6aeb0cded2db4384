import pg from 'pg';
import type { LocalPostgres } from '../tools/postgres.ts';
import { makeBacklog, makeDeliveries } from './backlog-rows.ts';
import { benchCrm, install } from './crm.ts';
import { startDaemon } from './daemon.ts';
import { type Bench, interleaved, median, quantile, round } from './harness.ts';
import { latencies } from './latency.ts';
import { startCountingReceiver } from './receiver.ts';
import { startSickReceiver } from './sick-receiver.ts';
import { reached, type Sink, startSink } from './sink.ts';

const people = 2_000;
const healthy = 96;
/** Changes of persons a second for one healthy endpoint, and deliveries a second for all others. */
const steady = { changes: 50, deliveries: 50 };
/** Due for each of the dead, the dripping and the slow endpoint. */
const dueForSick = 2_000;
/** Nobody listens there. */
const deadUrl = 'http://127.0.0.1:9/';

type Scene = 'alone' | 'beside';

/**
 * What 96 healthy endpoints notice of four others: a dead one, one that drips a byte a second, one that answers after 14 seconds, and
 * one with a backlog. Their rate at full speed, and the time from a commit to the receiver at a steady rate.
 */
export const fairness: Bench = {
  name: 'fairness',
  async run({ server, quick, progress }) {
    const size = quick
      ? { backlog: 50_000, each: 60, rounds: 1, seconds: 5 }
      : { backlog: 1_000_000, each: 300, rounds: 3, seconds: 30 };
    const client = await benchCrm(server, 'fairness', people);
    await install(client);
    const [sink, sick, named] = [
      await startSink(),
      await startSickReceiver(),
      await startCountingReceiver({ names: true }),
    ];
    const wells = await makeEndpoints(
      client,
      Array.from({ length: healthy - 1 }, (_, i) => `${sink.url}h${i}`),
      'tag_update',
    );
    await makeEndpoints(client, [named.url], 'person_update');
    const [backlogged] = await makeEndpoints(client, [`${sink.url}b`], 'tag_update');
    const ill = await makeEndpoints(client, [deadUrl, sick.dripUrl, sick.slowUrl], 'tag_update');
    const peaks: number[] = [];

    const prepare = async (scene: Scene) => {
      await client.query(
        `truncate rowhook.event, rowhook.attempt, rowhook.delivery, rowhook.delivery_waiting, rowhook.endpoint_health`,
      );
      if (scene === 'beside') {
        await makeDeliveries(client, ill, dueForSick * ill.length);
        await makeBacklog(client, backlogged!, size.backlog);
      }
    };
    const withDaemon = async <T>(work: () => Promise<T>): Promise<T> => {
      const daemon = await startDaemon(server.url('fairness'));
      try {
        return await work();
      } finally {
        // Requests to the slow ones would take 14 s to end, and nothing of them is looked at any more.
        peaks.push(await daemon.stop(true));
      }
    };
    const fullSpeed = (scene: Scene) => async () => {
      await prepare(scene);
      const count = size.each * healthy;
      await makeDeliveries(client, wells, count);
      await client.query('vacuum analyze rowhook.delivery');
      await client.query('checkpoint');
      const before = sink.told('h').count;
      const perSecond = await withDaemon(() => rateOf(sink, before, count));
      progress(`${scene}: ${round(perSecond, 0)} a second`);
      return perSecond;
    };
    const rates = await interleaved({ alone: fullSpeed('alone'), beside: fullSpeed('beside') }, size.rounds);

    const waits: Record<Scene, number[]> = { alone: [], beside: [] };
    for (let at = 1; at <= size.rounds; at++) {
      for (const scene of ['alone', 'beside'] as const) {
        await prepare(scene);
        await client.query('checkpoint');
        const some = await withDaemon(async () => {
          const trickle = await startTrickle(server, wells);
          // What comes first finds nothing tried yet: the healthy ones have to bear that as well.
          const found = await latencies(client, named, {
            perSecond: steady.changes,
            seconds: size.seconds,
            at: at * 2 + (scene === 'alone' ? 0 : 1),
          });
          await trickle.stop();
          return found;
        });
        waits[scene].push(...some);
        progress(`${scene}: p50 ${round(median(some), 1)}, p99 ${round(quantile(some, 0.99), 1)} ms`);
      }
    }
    for (const each of [sink, sick, named]) await each.stop();
    await client.end();
    return {
      metrics: {
        rate_ratio: round(rates.beside / rates.alone),
        alone_per_second: round(rates.alone, 0),
        beside_per_second: round(rates.beside, 0),
        p50_ms: round(median(waits.beside), 1),
        p99_ms: round(quantile(waits.beside, 0.99), 1),
        p50_alone_ms: round(median(waits.alone), 1),
        p99_alone_ms: round(quantile(waits.alone, 0.99), 1),
        longest_ms: round(Math.max(...waits.beside), 1),
        peak_rss_mb: round(Math.max(...peaks), 0),
      },
      bars: {
        rate_ratio: { min: 0.9 },
        p50_ms: { max: 10 },
        p99_ms: { max: 50 },
        peak_rss_mb: { max: 200 },
      },
      note: `${healthy} healthy endpoints of 100, ${size.each} deliveries each at full speed; ${steady.changes} changes and ${steady.deliveries} other deliveries a second for ${size.seconds} s; backlog of ${size.backlog}, ${dueForSick} due for each sick one${quick ? ' (scaled down: --quick)' : ''}; ${size.rounds} rounds`,
    };
  },
};

/**
 * Of the healthy ones: from the fifth of these deliveries on to the last twentieth.
 * @param before what had come when the daemon was started: it sends before it says that it runs
 */
async function rateOf(sink: Sink, before: number, count: number): Promise<number> {
  const from = await reached(sink, before + count * 0.2, 'h');
  const to = await reached(sink, before + count * 0.95, 'h');
  return ((to.count - from.count) * 1_000) / (to.atMs - from.atMs);
}

/** Deliveries at a steady rate, one endpoint after the other, told as a relay in another daemon tells them. */
async function startTrickle(
  server: LocalPostgres,
  endpointIds: readonly string[],
): Promise<{ stop(): Promise<void> }> {
  const client = new pg.Client({ connectionString: server.url('fairness') });
  await client.connect();
  let made = 0;
  let latest: Promise<unknown> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    latest = makeDeliveries(client, endpointIds[made++ % endpointIds.length]!, 1)
      .then(() => client.query(`notify rowhook_delivery`))
      .finally(() => {
        busy = false;
      });
  }, 1_000 / steady.deliveries);
  return {
    async stop() {
      clearInterval(timer);
      await latest;
      await client.end();
    },
  };
}

async function makeEndpoints(client: pg.Client, urls: readonly string[], event: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `insert into rowhook.endpoint (url, events, secret)
     select url, array[$2], 's' from unnest($1::text[]) url returning id::text as id`,
    [urls, event],
  );
  return rows.map(({ id }) => id);
}
