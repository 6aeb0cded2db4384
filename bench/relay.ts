import { benchCrm, firstId, install } from './crm.ts';
import { startRelayAlone } from './daemon.ts';
import { type Bench, interleaved, round } from './harness.ts';
import { changeInTwenties, eventsPerSecond } from './relay-rate.ts';

const records = 20_000;
const flatChanges = 60_000;
const personChanges = 20_000;

/** Changes per second from the outbox to committed deliveries, for a flat record and for one with seven associations. */
export const relayBench: Bench = {
  name: 'relay',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'relay', records);
    await install(client);
    await client.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
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
    const { flat, person } = await interleaved(
      { flat: rate('tags', 'name', flatChanges), person: rate('people', 'fullname', personChanges) },
      quick ? 3 : 9,
    );
    await client.end();
    return {
      metrics: {
        flat_per_second: round(flat, 0),
        person_per_second: round(person, 0),
        peak_rss_mb: round(peak, 0),
      },
      bars: {
        flat_per_second: { min: 20_000 },
        person_per_second: { min: 5_000 },
        peak_rss_mb: { max: 200 },
      },
      note: `${flatChanges} and ${personChanges} changes in transactions of 20, one endpoint that takes all; the relay in a process of its own, without its first page`,
    };
  },
};
