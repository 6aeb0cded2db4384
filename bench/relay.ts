import pg from 'pg';
import type { LocalPostgres } from '../tools/postgres.ts';
import { makeEvents } from './backlog-rows.ts';
import { benchCrm, firstId, install } from './crm.ts';
import { startDaemon, startRelayAlone } from './daemon.ts';
import { type Bench, interleaved, round } from './harness.ts';
import { changeInTwenties, eventsPerSecond, lastEvent } from './relay-rate.ts';

const records = 20_000;
const fullSize = { flat: 60_000, person: 20_000, beside: 60_000, history: 3_000_000, rounds: 9 };
const quickSize = { flat: 30_000, person: 12_000, beside: 36_000, history: 300_000, rounds: 3 };

/**
 * Changes per second from the outbox to committed deliveries, for a flat record and for one with seven associations; and for the flat
 * one beside millions of today's events / beside none.
 */
export const relayBench: Bench = {
  name: 'relay',
  async run({ server, quick, progress }) {
    const size = quick ? quickSize : fullSize;
    const template = await benchCrm(server, 'relay', records);
    await install(template);
    await template.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
    await template.end();
    const [none, many] = [
      await withPartitions(server, 'relay_no_history'),
      await withPartitions(server, 'relay_history'),
    ];
    progress(`${size.history} events of today`);
    await makeEvents(many, { count: size.history, records });
    const client = await connected(server, 'relay');
    let peak = 0;
    const rate = (table: string, column: string, count: number) => async () => {
      await changeInTwenties(client, { table, column, firstId, rows: records, count });
      const relay = await startRelayAlone(server.url('relay'));
      const perSecond = await eventsPerSecond(client, count);
      peak = Math.max(peak, await relay.stop());
      await client.query('truncate rowhook.event, rowhook.delivery');
      progress(`${table}: ${round(perSecond, 0)} a second`);
      return perSecond;
    };
    /**
     * Its events are added to those that are there: they are few. The first change of each record does not count: after a checkpoint,
     * which comes every few minutes, Postgres writes each page of an index whole when it is touched first.
     */
    const beside = (of: pg.Client) => async () => {
      const before = await lastEvent(of);
      await changeInTwenties(of, {
        table: 'tags',
        column: 'name',
        firstId,
        rows: records,
        count: size.beside,
      });
      const relay = await startRelayAlone(server.url(of.database!));
      const perSecond = await eventsPerSecond(of, size.beside, before, records);
      peak = Math.max(peak, await relay.stop());
      await of.query('truncate rowhook.delivery');
      if (of === none) await of.query('truncate rowhook.event');
      progress(`${of.database}: ${round(perSecond, 0)} a second`);
      return perSecond;
    };
    const rates = await interleaved(
      {
        flat: rate('tags', 'name', size.flat),
        person: rate('people', 'fullname', size.person),
        none: beside(none),
        many: beside(many),
      },
      size.rounds,
    );
    for (const each of [client, none, many]) await each.end();
    return {
      metrics: {
        flat_per_second: round(rates.flat, 0),
        person_per_second: round(rates.person, 0),
        history_ratio: round(rates.many / rates.none),
        no_history_per_second: round(rates.none, 0),
        history_per_second: round(rates.many, 0),
        peak_rss_mb: round(peak, 0),
      },
      bars: {
        flat_per_second: { min: 20_000 },
        person_per_second: { min: 5_000 },
        history_ratio: { min: 0.9 },
        peak_rss_mb: { max: 200 },
      },
      note: `${size.flat} and ${size.person} changes in transactions of 20, one endpoint that takes all; ${size.beside} flat ones beside ${size.history} events of today, and beside none, without the first of each record${quick ? ' (scaled down: --quick)' : ''}; the relay in a process of its own, without its first page`,
    };
  },
};

async function connected(server: LocalPostgres, name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url(name) });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A copy in which a daemon has been, whose sweeper makes today's partitions. */
async function withPartitions(server: LocalPostgres, name: string): Promise<pg.Client> {
  await server.createDatabase(name, 'relay');
  await (await startDaemon(server.url(name))).stop();
  return connected(server, name);
}
