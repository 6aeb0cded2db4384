import { expect } from 'chai';
import pg from 'pg';
import { createEndpoint, newSecret, updateEndpoint } from '../../src/index.ts';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { postgresMajor } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';
import { startPagedRelay } from './paged-relay.ts';
import { ask, captureThings, eventsOfThings, things } from './thing-reader.ts';

/** As small as it can be made: 512 kB. */
const settings = { max_notify_queue_pages: '64' };

function fullQueue(): void {
  let server: LocalPostgres;
  let url: string;
  const stops: Array<() => Promise<unknown>> = [];

  before(async () => {
    server = await startPostgres({ inMemory: true, settings });
    await server.createDatabase('things');
    url = server.url('things');
    await captureThings(url);
  });
  after(async () => {
    for (const stop of stops.reverse()) await stop();
    await server?.close();
  });

  async function session(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    stops.push(() => client.end());
    return client;
  }

  /** An application's listener that is in a transaction keeps whatever anybody says from then on. */
  async function fill(): Promise<pg.Client> {
    const idle = await session();
    await idle.query('listen elsewhere');
    await idle.query('begin; select 1');
    const speaker = await session();
    const error = await (async () => {
      for (;;) await speaker.query(`select pg_notify('elsewhere', repeat('x', 7900))`);
    })().catch((thrown: Error) => thrown);
    expect(error.message).to.contain('too many notifications');
    // Nor is there room for the shortest.
    const short = await speaker.query('notify rowhook').catch((thrown: Error) => thrown);
    expect(short).to.be.instanceOf(Error);
    return idle;
  }

  it('fails no write, and holds up neither relay nor whoever changes an endpoint', async () => {
    const { relay, stop } = await startPagedRelay(url, { catalog: things, pollMs: 100 });
    stops.push(stop);
    const idle = await fill();
    const raised = async (id: number, names: string[]) => {
      await waitUntil(async () => (await eventsOfThings(url))[id]?.length === names.length, {
        what: `the events of ${id}`,
      });
      expect((await eventsOfThings(url))[id]).to.eql(names);
    };
    const writers = await Promise.all([1, 2, 3].map(session));
    for (let round = 0; round < 2; round++) {
      await waitUntil(() => relay.standing() === 'asleep', { what: 'the relay to fall asleep' });
      await waitUntil(
        async () =>
          (await ask<{ bell: string }>(url, 'select last_value as bell from rowhook.bell'))[0]!.bell === '2',
        { what: 'writers to be told to ring' },
      );
      await Promise.all(
        writers.map(async (writer, i) => {
          const id = 10 * round + i;
          await writer.query(`begin; insert into thing values (${id}, 'a')`);
          await writer.query('commit');
          await writer.query(`update thing set name = 'b' where id = ${id}`);
        }),
      );
      for (const [i] of writers.entries()) await raised(10 * round + i, ['thing_create', 'thing_update']);
    }
    expect(await ask(url, 'select count(*)::int as owed from rowhook.delivery')).to.eql([{ owed: 12 }]);
    const { id } = await createEndpoint(writers[0]!, things, {
      url: 'https://example.com/',
      events: ['*'],
      secret: newSecret('standard'),
    });
    await updateEndpoint(writers[0]!, things, id, { events: ['thing_create'] });
    // It was full all the while; and once it is not, the bell rings again.
    expect(await writers[0]!.query('notify rowhook').catch((thrown: Error) => thrown)).to.be.instanceOf(
      Error,
    );
    await idle.query('commit');
    const ear = await session();
    let rings = 0;
    ear.on('notification', () => rings++);
    await ear.query('listen rowhook');
    await waitUntil(
      async () => {
        await waitUntil(() => relay.standing() === 'asleep', { what: 'the relay to fall asleep' });
        await ask(url, `insert into thing select max(id) + 1, 'c' from thing`);
        await ear.query('select 1');
        return rings > 0;
      },
      { what: 'a ring' },
    );
  });
}

/** Before 17 a queue has 8 GB. */
if (postgresMajor >= 17) describe('a queue of notifications that is full', fullQueue);
