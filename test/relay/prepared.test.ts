import { expect } from 'chai';
import pg from 'pg';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { waitUntil } from '../support/wait.ts';
import { startPagedRelay } from './paged-relay.ts';
import { ask, captureThings, eventsOfThings, things } from './thing-reader.ts';

describe('captured writes that are prepared to be committed by somebody else', () => {
  let server: LocalPostgres;
  let url: string;
  const stops: Array<() => Promise<unknown>> = [];

  before(async () => {
    server = await startPostgres({ inMemory: true, settings: { max_prepared_transactions: '10' } });
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
    client.on('error', () => {});
    await client.connect();
    stops.push(() => client.end().catch(() => {}));
    return client;
  }
  /** The request ids that the events of a thing carry, with what they are: `update c`. */
  const story = async (id: number): Promise<string[]> => {
    const rows = await ask<{ name: string; request_id: string }>(
      url,
      `select name, request_id from rowhook.event where resource = 'thing' and record_key = '${id}' order by id`,
    );
    return rows.map(({ name, request_id }) => `${name.replace('thing_', '')} ${request_id}`);
  };
  const as = (request: string) => `select set_config('rowhook.request_id', '${request}', true)`;

  it('give each change once, in the order per record, however late, and after a crash', async () => {
    const { relay, stop } = await startPagedRelay(url, { catalog: things, pollMs: 100 });
    stops.push(stop);
    const arrived = (count: number) =>
      waitUntil(async () => Object.keys(await eventsOfThings(url)).length >= count, {
        what: `events of ${count} things`,
      });
    const first = await session();
    await first.query(
      `begin; ${as('before')}; insert into thing values (1, 'a'), (2, 'a'), (3, 'a'); commit`,
    );
    await arrived(3);
    await waitUntil(() => relay.standing() === 'asleep', { what: 'the relay to fall asleep' });
    await waitUntil(
      async () =>
        (await ask<{ bell: string }>(url, 'select last_value as bell from rowhook.bell'))[0]!.bell === '2',
      { what: 'writers to be told to ring' },
    );
    // A ring would have Postgres refuse all of these.
    await first.query(
      `begin; ${as('kept')}; update thing set name = 'b' where id = 1; insert into thing values (4, 'a');
       savepoint s; update thing set name = 'undone' where id = 3; rollback to s; prepare transaction 'kept'`,
    );
    await first.query(
      `begin; ${as('dropped')}; update thing set name = 'b' where id = 2; insert into thing values (5, 'a'); prepare transaction 'dropped'`,
    );
    await first.query(`begin; ${as('gone')}; delete from thing where id = 3; prepare transaction 'gone'`);
    await first.query(`insert into thing select 100 + i, 'new' from generate_series(1, 30) i`);
    await arrived(33);
    await server.stop('immediate');
    await server.start();
    for (let i = 0; i < 30; i++) await ask(url, `insert into thing values (${200 + i}, 'newer')`);
    await arrived(63);
    expect(await Promise.all([1, 2, 3, 4, 5].map(story))).to.eql([
      ...[['create before'], ['create before'], ['create before']],
      ...[[], []],
    ]);
    // These wait for the prepared ones.
    const [second, third] = [await session(), await session()];
    const late = Promise.all([
      second.query(`begin; ${as('after')}; update thing set name = 'c' where id = 1; commit`),
      third.query(`begin; ${as('after')}; insert into thing values (3, 'again'); commit`),
    ]);
    await waitUntil(
      async () =>
        (await ask<{ n: number }>(url, 'select count(*)::int as n from pg_locks where not granted'))[0]!.n ===
        2,
      { what: 'both to wait' },
    );
    for (const end of ['commit prepared $kept$', 'rollback prepared $dropped$', 'commit prepared $gone$'])
      await ask(url, end.replaceAll('$', `'`));
    await late;
    await ask(url, `insert into thing values (300, 'last')`);
    await arrived(65);
    await waitUntil(async () => (await story(300)).length === 1, { what: 'the last change' });
    expect(await Promise.all([1, 2, 3, 4, 5].map(story))).to.eql([
      ['create before', 'update kept', 'update after'],
      ['create before'],
      ['create before', 'delete gone', 'create after'],
      ['create kept'],
      [],
    ]);
  });
});
