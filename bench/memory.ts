import pg from 'pg';
import { createEndpoint } from '../src/index.ts';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { waitUntil } from '../test/support/wait.ts';
import { fillOutbox, makeDeliveries } from './backlog-rows.ts';
import { benchCrm, firstId, install } from './crm.ts';
import { startDaemon } from './daemon.ts';
import { type Bench, round } from './harness.ts';
import { startCountingReceiver } from './receiver.ts';
import { changeInTwenties } from './relay-rate.ts';

const records = 20_000;
const largeBytes = 1_000_000;

/** The most memory that the daemon holds, in scenes that are hard on it; one daemon for each. */
export const memory: Bench = {
  name: 'memory',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'memory', records);
    await install(client);
    const receiver = await startCountingReceiver();
    const slow = await startCountingReceiver({ delayMs: 1_000 });
    const subscriber = { events: ['*'], secret: 's' };
    const { id } = await createEndpoint(client, siteStacker(), { ...subscriber, url: receiver.url });
    const endpointId = String(id);
    const large = quick ? 150 : 2_000;
    const sizes = quick
      ? { changes: 100_000, seconds: 4, persons: 3_000 }
      : { changes: 10_000_000, seconds: 60, persons: 60_000 };
    const metrics: Record<string, number> = {};

    /** @param passes resolves when the daemon has been through it */
    const scene = async (name: string, passes: () => Promise<unknown>) => {
      const daemon = await startDaemon(server.url('memory'));
      await passes();
      metrics[`${name}_mb`] = round(await daemon.stop(), 0);
      progress(`${name}: ${metrics[`${name}_mb`]} MB`);
      await client.query(
        'truncate rowhook.outbox, rowhook.event, rowhook.delivery, rowhook.delivery_waiting, rowhook.attempt',
      );
    };
    const allDone = () =>
      waitUntil(
        async () => {
          const { rows } = await client.query<{ done: boolean }>(
            `select exists (select from rowhook.event where name <> 'ping')
               and not exists (select from rowhook.delivery) as done`,
          );
          return rows[0]!.done;
        },
        { what: 'every delivery', timeoutMs: 600_000 },
      );
    const forSeconds = () => new Promise((resolve) => setTimeout(resolve, sizes.seconds * 1_000));

    await scene('idle', forSeconds);
    await changeInTwenties(client, {
      table: 'people',
      column: 'fullname',
      firstId,
      rows: records,
      count: sizes.persons,
    });
    await scene('persons', allDone);

    await client.query(`update tags set name = repeat(md5(id::text), ${largeBytes / 32})
      where id between ${firstId} and ${firstId + large - 1}`);
    await scene('large_rows', allDone);
    await client.query(`delete from tags where id between ${firstId} and ${firstId + large - 1}`);
    await scene('large_deletes', allDone);

    await client.query('update rowhook.endpoint set url = $2 where id = $1', [endpointId, slow.url]);
    await makeDeliveries(client, endpointId, sizes.persons);
    await scene('slow_receiver', forSeconds);
    await client.query('update rowhook.endpoint set url = $2 where id = $1', [endpointId, receiver.url]);

    const holder = new pg.Client({ connectionString: server.url('memory') });
    await holder.connect();
    await holder.query('begin isolation level repeatable read; select pg_current_xact_id()');
    await fillOutbox(client, { changes: sizes.changes, records: records - large, packing: 'packed' });
    await scene('backlog_pinned', forSeconds);
    await holder.end();
    for (const each of [receiver, slow]) await each.stop();
    await client.end();

    const scenes = Object.keys(metrics);
    return {
      metrics,
      bars: Object.fromEntries(scenes.map((name) => [name, { max: 200 }])),
      note: `VmHWM of the daemon; ${sizes.persons} full persons; ${large} records of 1 MB changed by one statement, then deleted; ${sizes.persons} deliveries to a receiver that takes a second; ${sizes.changes} packed changes while a transaction stays open${quick ? ' (scaled down: --quick)' : ''}`,
    };
  },
};
