import pg from 'pg';
import { createEndpoint } from '../src/index.ts';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { waitUntil } from '../test/support/wait.ts';
import { benchCrm, firstId, install } from './crm.ts';
import { startDaemon, startRelayAlone } from './daemon.ts';
import { type Bench, median, round } from './harness.ts';
import { type CountingReceiver, startCountingReceiver } from './receiver.ts';
import { changeInTwenties, eventsPerSecond, lastEvent } from './relay-rate.ts';
import { eventSize, type Sizes, shown, sizedTables, watchSizes } from './table-sizes.ts';

const records = 20_000;
/** Changes that may be on their way to the receiver at a time. */
const underWay = 4_000;
/** The relay alone is measured so often in each phase: of one burst a few pages' chance is left. */
const bursts = 3;
const fullSize = { burst: 60_000, pinnedSeconds: 600, freeSeconds: 60, parts: 10 };
const quickSize = { burst: 6_000, pinnedSeconds: 8, freeSeconds: 3, parts: 2 };

/**
 * What must not grow while the transaction is open, and how many MB do not count: a slot of the queue is turned from 16 MB on, and
 * there are two; anything else may have a few pages. Where a table grew with time, the last part would have many times what the first has.
 */
const flatTables = { delivery: 32, delivery_waiting: 8, relay_cursor: 8, relay_parked: 8 } as const;

/**
 * What a transaction that stays open, and so stops vacuum, costs: the rates of the whole way at full speed, before, during its parts,
 * and after; the relay's own before it, at its end and after; and what the tables have grown by.
 */
export const pinned: Bench = {
  name: 'pinned',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'pinned', records);
    await install(client);
    const receiver = await startCountingReceiver();
    await createEndpoint(client, siteStacker(), { url: receiver.url, events: ['*'], secret: 's' });
    const { burst, pinnedSeconds, freeSeconds, parts } = quick ? quickSize : fullSize;
    const peaks: number[] = [];

    /**
     * The relay alone, on changes that wait; the dispatcher brings them afterwards. The first third, one of each record, does not count:
     * after a checkpoint Postgres writes each page of an index whole when it is touched first, and there are more of them by then.
     */
    const oneBurst = async () => {
      const before = await lastEvent(client);
      await changeInTwenties(client, { table: 'tags', column: 'name', firstId, rows: records, count: burst });
      const relay = await startRelayAlone(server.url('pinned'));
      const perSecond = await eventsPerSecond(client, burst, before, Math.floor(burst / 3));
      peaks.push(await relay.stop());
      progress(`the relay alone: ${round(perSecond, 0)} changes a second`);
      return perSecond;
    };
    const relays = async () => {
      const rates: number[] = [];
      for (let at = 0; at < bursts; at++) rates.push(await oneBurst());
      return median(rates);
    };
    /** Deliveries per second of the whole way, by part of this time. */
    const delivers = async (seconds: number, count: number) => {
      const daemon = await startDaemon(server.url('pinned'));
      await waitUntil(() => noDeliveryIsDue(client), { what: 'the burst to be brought', timeoutMs: 600_000 });
      const rates: number[] = [];
      const sizes: Sizes[] = [];
      const watch = await watchSizes(server.url('pinned'));
      for (let part = 0; part < count; part++) {
        rates.push(await fullSpeed(client, receiver, seconds / count));
        sizes.push(await watch.largest());
        progress(`${round(rates.at(-1)!, 0)} deliveries a second; MB: ${shown(sizes.at(-1)!)}`);
      }
      await watch.stop();
      const perEvent = await eventSize(client);
      peaks.push(await daemon.stop());
      return { rates, sizes, perEvent };
    };

    progress('free');
    const relayBefore = await relays();
    const before = await delivers(freeSeconds, 1);
    progress(`pinned, ${pinnedSeconds} s`);
    const holder = new pg.Client({ connectionString: server.url('pinned') });
    // The server's end is told by what was being done, not by this connection.
    holder.on('error', () => {});
    await holder.connect();
    // An id of its own also holds the snapshots of all others.
    await holder.query('begin isolation level repeatable read; select pg_current_xact_id()');
    const during = await delivers(pinnedSeconds, parts);
    const relayDuring = await relays();
    await holder.end();
    progress('free again');
    const after = await delivers(freeSeconds, 1);
    const relayAfter = await relays();
    await receiver.stop();
    const metrics: Record<string, number> = {
      delivery_ratio: round(median(during.rates) / median([before.rates[0]!, after.rates[0]!])),
      delivery_slowest_ratio: round(Math.min(...during.rates) / median([before.rates[0]!, after.rates[0]!])),
      relay_ratio: round(relayDuring / ((relayBefore + relayAfter) / 2)),
      delivery_free_per_second: round(before.rates[0]!, 0),
      delivery_pinned_per_second: round(median(during.rates), 0),
      delivery_after_per_second: round(after.rates[0]!, 0),
      relay_free_per_second: round(relayBefore, 0),
      relay_pinned_per_second: round(relayDuring, 0),
      relay_after_per_second: round(relayAfter, 0),
      peak_rss_mb: round(Math.max(...peaks), 0),
    };
    const [first, last] = [during.sizes[0]!, during.sizes.at(-1)!];
    for (const name of sizedTables) {
      metrics[`${name}_free_mb`] = round(before.sizes[0]![name], 1);
      metrics[`${name}_first_mb`] = round(first[name], 1);
      metrics[`${name}_pinned_mb`] = round(last[name], 1);
    }
    for (const [name, slack] of Object.entries(flatTables) as Array<[keyof typeof flatTables, number]>) {
      metrics[`${name}_growth`] = round(Math.max(0, last[name] - slack) / Math.max(first[name], 0.1));
    }
    metrics.outbox_past_mb = round(
      Math.min(...during.sizes.slice(-2).map(({ outbox_past }) => outbox_past)),
      1,
    );
    metrics.event_size_ratio = round(during.perEvent / before.perEvent);
    await client.end();
    return {
      metrics,
      bars: {
        delivery_ratio: { min: 0.8 },
        relay_ratio: { min: 0.8 },
        event_size_ratio: { max: 1.1 },
        ...Object.fromEntries(Object.keys(flatTables).map((name) => [`${name}_growth`, { max: 1.5 }])),
        relay_cursor_pinned_mb: { max: 32 },
        // Twenty minutes' worth of 10,000 changes a second, at 20 changes a row of 400 bytes: what two slots hold.
        outbox_pinned_mb: { max: 256 },
        // Older slots are empty.
        outbox_past_mb: { max: 8 },
        peak_rss_mb: { max: 200 },
      },
      note: `a transaction with a snapshot and an id stays open for ${pinnedSeconds} s${quick ? ' (scaled down: --quick)' : ''}; changes as fast as they are delivered, at most ${underWay} under way; the relay alone with ${burst} changes, median of ${bursts}; MB are the most in the first and in the last of ${parts} parts: ${during.sizes.map((sizes) => `(${shown(sizes)})`).join(' ')}`,
    };
  },
};

/** New tags as fast as they are delivered; returns how many a second were. */
async function fullSpeed(client: pg.Client, receiver: CountingReceiver, seconds: number): Promise<number> {
  const start = performance.now();
  const from = receiver.count();
  let written = 0;
  while (performance.now() - start < seconds * 1_000) {
    if (written - (receiver.count() - from) > underWay - 20) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    await client.query(`insert into tags (name) select 'Bulk ' || i from generate_series(1, 20) i`);
    written += 20;
  }
  const perSecond = (receiver.count() - from) / ((performance.now() - start) / 1_000);
  await waitUntil(() => receiver.count() - from >= written, {
    what: 'the last change',
    timeoutMs: 60_000,
  }).catch(async (error: unknown) => {
    throw new Error(await standing(client), { cause: error });
  });
  return perSecond;
}

/** What stands in the queue, and what failed: for who must learn why something did not arrive. */
async function standing(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ text: string }>(
    `select jsonb_build_object(
       'now', clock_timestamp(),
       'ready', (select jsonb_agg(d) from (select * from rowhook.delivery limit 20) d),
       'waiting', (select jsonb_agg(d) from (select * from rowhook.delivery_waiting limit 20) d),
       'not succeeded', (select jsonb_agg(to_jsonb(a) - 'request_body') from (select * from rowhook.attempt where verdict <> 'succeeded' limit 20) a)
     )::text as text`,
  );
  return rows[0]!.text;
}

async function noDeliveryIsDue(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ due: boolean }>(
    'select exists (select from rowhook.delivery) as due',
  );
  return !rows[0]!.due;
}
