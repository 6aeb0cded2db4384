import pg from 'pg';
import { createEndpoint } from '../src/index.ts';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { waitUntil } from '../test/support/wait.ts';
import type { LocalPostgres } from '../tools/postgres.ts';
import { fillOutbox, makeDeliveries, makeHistory, type Packing } from './backlog-rows.ts';
import { benchCrm, install } from './crm.ts';
import { startDaemon, startRelayAlone } from './daemon.ts';
import { drain } from './drain.ts';
import { type Bench, interleaved, median, round } from './harness.ts';
import { type CountingReceiver, startCountingReceiver } from './receiver.ts';
import { eventsPerSecond } from './relay-rate.ts';

const records = 20_000;
const packings = ['single', 'packed'] as const;
const fullSize = {
  changes: 10_000_000,
  waiting: 1_000_000,
  attempts: 10_000_000,
  relayed: 60_000,
  sent: 20_000,
  newcomerMs: 2_000,
};
const quickSize = {
  changes: 200_000,
  waiting: 50_000,
  attempts: 200_000,
  relayed: 20_000,
  sent: 5_000,
  newcomerMs: 500,
};

/**
 * The relay's rate with millions of changes waiting / with few; its rate, memory and what comes new while it reads all of them; the
 * dispatcher's rate with millions of retries waiting and attempts done / without.
 */
export const backlog: Bench = {
  name: 'backlog',
  async run({ server, quick, progress }) {
    const size = quick ? quickSize : fullSize;
    const rounds = quick ? 2 : 7;
    const receiver = await startCountingReceiver();
    await (await benchCrm(server, 'backlog', records)).end();
    const peaks: number[] = [];
    const metrics: Record<string, number> = {};
    const database = async (name: string) => {
      await server.createDatabase(name, 'backlog');
      const client = await connected(server, name);
      await install(client);
      return client;
    };

    for (const packing of packings) {
      progress(`${size.changes} changes waiting, ${packing}`);
      const [few, many] = [await database(`few_${packing}`), await database(`many_${packing}`)];
      for (const client of [few, many]) await subscribe(client, 'http://127.0.0.1:9/');
      await fillOutbox(many, { changes: size.changes, records, packing });
      const relays = (client: pg.Client, name: string) => async () => {
        const relay = await startRelayAlone(server.url(name));
        const perSecond = await eventsPerSecond(client, size.relayed);
        peaks.push(await relay.stop());
        await client.query('truncate rowhook.event, rowhook.delivery');
        progress(`${name}: ${round(perSecond, 0)} changes a second`);
        return perSecond;
      };
      const rates = await interleaved(
        {
          few: async () => {
            await fillFew(few, size.relayed, packing);
            return relays(few, `few_${packing}`)();
          },
          many: relays(many, `many_${packing}`),
        },
        rounds,
      );
      metrics[`relay_${packing}_ratio`] = round(rates.many / rates.few);
      metrics[`relay_${packing}_few_per_second`] = round(rates.few, 0);
      metrics[`relay_${packing}_many_per_second`] = round(rates.many, 0);
      if (packing === 'packed') {
        progress('what is left of it, to its end');
        const drained = await drain(many, server.url('many_packed'), { ...size, progress });
        peaks.push(drained.peakMb);
        metrics.slowest_decile_ratio = round(drained.slowestDecileRatio);
        metrics.drain_per_second = round(drained.perSecond, 0);
        metrics.drain_peak_rss_mb = round(drained.peakMb, 0);
        metrics.newcomers = drained.newcomers.length;
        metrics.newcomer_p50_ms = round(median(drained.newcomers), 1);
        metrics.newcomer_max_ms = round(Math.max(...drained.newcomers), 1);
      }
      for (const [client, name] of [
        [few, `few_${packing}`],
        [many, `many_${packing}`],
      ] as const) {
        await client.end();
        await server.dropDatabase(name);
      }
    }

    progress(`${size.waiting} retries waiting, ${size.attempts} attempts done`);
    const [none, full] = [await database('none'), await database('full')];
    const endpoints = new Map<pg.Client, string>();
    for (const client of [none, full]) {
      endpoints.set(client, await subscribe(client, receiver.url));
      // The sweeper makes today's partitions.
      const daemon = await startDaemon(server.url(client.database!));
      await daemon.stop();
      // The daemon's relay stands by: it is the dispatcher that is measured.
      await client.query('select pg_advisory_lock(1919907688, 1)');
    }
    await makeHistory(full, endpoints.get(full)!, size);
    const delivers = (client: pg.Client) => async () => {
      await makeDeliveries(client, endpoints.get(client)!, size.sent);
      const before = receiver.count();
      const daemon = await startDaemon(server.url(client.database!));
      const perSecond = await sentPerSecond(client, receiver, before, size.sent);
      peaks.push(await daemon.stop());
      progress(`${client.database}: ${round(perSecond, 0)} deliveries a second`);
      return perSecond;
    };
    const rates = await interleaved({ none: delivers(none), full: delivers(full) }, rounds);
    metrics.delivery_ratio = round(rates.full / rates.none);
    metrics.delivery_none_per_second = round(rates.none, 0);
    metrics.delivery_full_per_second = round(rates.full, 0);
    metrics.peak_rss_mb = round(Math.max(...peaks), 0);
    for (const client of [none, full]) await client.end();
    await receiver.stop();
    const min = { min: 0.9 };
    return {
      metrics,
      bars: {
        relay_single_ratio: min,
        relay_packed_ratio: min,
        delivery_ratio: min,
        // A tenth takes the best part of a minute, in which a shared machine is now and then a quarter slower; a cost that grew with
        // what is read, or with what is left, would make the first or the last tenth several times as slow.
        slowest_decile_ratio: { min: 0.7 },
        newcomer_max_ms: { max: 5_000 },
        peak_rss_mb: { max: 200 },
      },
      note: `${size.changes} changes waiting as rows of one and of 500 changes, ${size.waiting} retries waiting, ${size.attempts} attempts done today${quick ? ' (scaled down: --quick)' : ''}; ${rounds} rounds of ${size.relayed} changes and ${size.sent} deliveries; then one relay reads what is left of the packed ones, and each ${size.newcomerMs / 1_000} s a person is changed`,
    };
  },
};

/** As many as a round relays, and a page that it does not count. */
async function fillFew(client: pg.Client, relayed: number, packing: Packing): Promise<void> {
  await client.query('truncate rowhook.outbox');
  await fillOutbox(client, { changes: relayed, records, packing });
}

async function connected(server: LocalPostgres, name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url(name) });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function subscribe(client: pg.Client, url: string): Promise<string> {
  const { id } = await createEndpoint(client, siteStacker(), { url, events: ['*'], secret: 's' });
  return String(id);
}

/**
 * From the first tenth of these deliveries to the last. Resolves when the last of them is recorded.
 * @param before what had come when the daemon was started: it sends before it says that it runs
 */
async function sentPerSecond(
  client: pg.Client,
  receiver: CountingReceiver,
  before: number,
  count: number,
): Promise<number> {
  const options = { timeoutMs: 600_000 };
  await waitUntil(() => receiver.count() - before >= count / 10, {
    ...options,
    what: 'the first deliveries',
  });
  const from = { sent: receiver.count(), at: performance.now() };
  await waitUntil(() => receiver.count() - before >= (count * 9) / 10, {
    ...options,
    what: 'most deliveries',
  });
  const perSecond = (receiver.count() - from.sent) / ((performance.now() - from.at) / 1_000);
  await waitUntil(
    async () => {
      const { rows } = await client.query<{ due: boolean }>(
        'select exists (select from rowhook.delivery) as due',
      );
      return !rows[0]!.due;
    },
    { ...options, what: 'the last delivery' },
  );
  return perSecond;
}
