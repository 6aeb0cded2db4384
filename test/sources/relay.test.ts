import { expect } from 'chai';
import { defineCatalog, text } from '../../src/catalog/define.ts';
import { fromFunction, fromHttp, type HttpOptions, type RecordKey } from '../../src/catalog/source.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { dropSetAside, listSetAside, retrySetAside, setAsideAnswer } from '../../src/store/set-aside.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Receiver, type Script, startReceiver } from '../support/receiver.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';
import { catalogOf, databaseFor, eventsOf, type RunningRelay, runRelay, subscribe } from './running-relay.ts';

describe("the relay with the application's own payloads", () => {
  let api: Receiver;
  let db: TestDatabase;
  let running: RunningRelay | undefined;

  beforeEach(async () => {
    api = await startReceiver();
  });
  afterEach(async () => {
    await api.close();
    await running?.stop('abort');
    running = undefined;
  });

  const http = (options: Partial<HttpOptions> = {}) =>
    fromHttp({ url: api.url('/people/{id}'), retries: 0, ...options });
  async function start(catalog: Catalog, options: { mostFetched?: number } = {}): Promise<void> {
    db = await databaseFor(catalog);
    running = await runRelay(db, catalog, options);
  }
  const insert = (id: number, tenant: string | null = null) =>
    db.query(`insert into people (id, tenant_id, name, tax_id) values ($1, $2, 'Ada', 'secret')`, [
      id,
      tenant,
    ]);
  /** The name and version that the row has when the application is asked. */
  const fromRow: Script = async ({ path }) => {
    const { rows } = await db.query('select name, tenant_id from people where id = $1', [path.split('/')[2]]);
    return rows[0] ? { body: JSON.stringify(rows[0]) } : { status: 404 };
  };

  it('gets one for each record of a page, and none that nobody subscribes to', async () => {
    api.answer(({ path }) => ({ body: `{"from": "${path}"}` }));
    await start(catalogOf({ source: http() }));
    await subscribe(db, ['person_create']);
    await db.query(
      `begin; insert into people (id) values (1), (2); commit; update people set name = 'B' where id = 1`,
    );
    const events = await eventsOf(db, 3);
    expect(events.map(({ name, record_key, payload }) => [name, record_key, payload])).to.deep.equal([
      ['person_create', '1', '{"from": "/people/1"}'],
      ['person_create', '2', '{"from": "/people/2"}'],
      ['person_update', '1', null],
    ]);
    expect(api.requests.map(({ path }) => path).sort()).to.deep.equal(['/people/1', '/people/2']);
  });

  it('delays events while the application is down, drops none, and holds nobody else up', async () => {
    const way = await startTcpProxy(api.url());
    api.answer(fromRow);
    await start(catalogOf({ source: http({ url: `http://127.0.0.1:${way.port}/people/{id}` }) }));
    await subscribe(db);
    await insert(1);
    await eventsOf(db, 1);
    await way.cut();
    for (let id = 2; id <= 30; id++) await insert(id);
    await db.query(`update people set name = 'Bea' where id <= 10`);
    await db.query('delete from people where id = 1');
    await waitUntil(() => running!.failures.length >= 3, { what: 'the relay to have tried again' });
    expect(running!.failures[0]).to.include({ code: 'source_failed', where: 'resources.person.source' });
    expect(running!.failures[0]!.message).to.match(/GET http:\/\/127.0.0.1:\d+\/people\/\d+ got no answer/);
    expect(running!.relay.standing()).to.equal('failing');
    expect(await eventsOf(db, 1)).to.have.length(1);
    await way.resume();
    const events = await eventsOf(db, 1 + 29 + 10 + 1);
    expect(events).to.have.length(41);
    expect(events.slice(0, 30).map(({ name, record_key }) => `${name} ${record_key}`)).to.deep.equal(
      Array.from({ length: 30 }, (_, i) => `person_create ${i + 1}`),
    );
    expect(events[1]!.payload).to.equal('{"name":"Bea","tenant_id":null}');
    const of = (key: string) => events.filter(({ record_key }) => record_key === key).map(({ name }) => name);
    expect(of('1')).to.deep.equal(['person_create', 'person_update', 'person_delete']);
    expect(of('2')).to.deep.equal(['person_create', 'person_update']);
    await way.close();
  });

  /** Why records are set aside, by their key. */
  const asideOf = async () =>
    (await listSetAside(db)).map(({ key, reason, detail }) => [key, reason, detail] as const);
  const aside = (expected: ReadonlyArray<readonly [key: string, reason: string, detail: string]>) =>
    waitUntil(async () => JSON.stringify(await asideOf()) === JSON.stringify(expected), {
      what: 'what is set aside',
    });
  /** What somebody does by hand; returns how many could not be shown. */
  async function retryNow(): Promise<number> {
    const request = await retrySetAside(db);
    const answer = () => setAsideAnswer(db, request);
    await waitUntil(async () => (await answer()).done, { what: 'the retry' });
    return (await answer()).failed;
  }

  for (const [what, script, reason, detail] of [
    ['refuses', { status: 400 }, 'source_refused', 'answered 400'],
    ['fails for', { status: 500 }, 'source_failed', 'answered 500'],
    ['breaks off for', { destroy: true }, 'source_failed', 'no answer'],
  ] as const) {
    it(`is not stopped by a record that the application ${what}: it waits until somebody has it tried again`, async () => {
      const catalog = catalogOf({ source: http() });
      api.answer(({ path }) => (path.endsWith('/7') ? script : { body: '{"told":1}' }));
      await start(catalog);
      await subscribe(db);
      await insert(1);
      await eventsOf(db, 1);
      await insert(7);
      await aside([['7', reason, detail]]);
      const asked = () => api.requests.filter(({ path }) => path.endsWith('/7')).length;
      const before = asked();
      await db.query(`update people set name = 'Bea' where id = 7`);
      await insert(100);
      expect((await eventsOf(db, 2)).map(({ record_key }) => record_key)).to.deep.equal(['1', '100']);
      // What goes behind is not asked for.
      expect(asked()).to.equal(before);
      expect(running!.failures).to.deep.equal([]);
      expect(running!.told[0]).to.deep.include({ resource: 'person', key: '7', records: 1, reason, detail });
      expect(await retryNow()).to.equal(1);
      expect((await listSetAside(db))[0]).to.include({ tries: 1 });
      // Another daemon finds it as it was left.
      await running!.stop();
      api.answer(() => ({ body: '{"told":2}' }));
      running = await runRelay(db, catalog);
      expect(await retryNow()).to.equal(0);
      const events = await eventsOf(db, 4);
      expect(
        events.slice(2).map(({ name, record_key, payload }) => [name, record_key, payload]),
      ).to.deep.equal([
        ['person_create', '7', '{"told":2}'],
        ['person_update', '7', '{"told":2}'],
      ]);
      await aside([]);
      const { rows } = await db.query('select count(*)::int as deliveries from rowhook.delivery');
      expect(rows).to.deep.equal([{ deliveries: 4 }]);
    });
  }

  it('drops by hand what is set aside, and nothing that comes later', async () => {
    api.answer(({ path }) => (path.endsWith('/7') ? { status: 500 } : { body: '{}' }));
    await start(catalogOf({ source: http() }));
    await subscribe(db);
    await insert(1);
    await eventsOf(db, 1);
    await insert(7);
    await aside([['7', 'source_failed', 'answered 500']]);
    const request = await dropSetAside(db, { resource: 'person', key: '7' });
    expect(request).to.include({ records: 1, events: 1 });
    await waitUntil(async () => (await setAsideAnswer(db, request)).done, { what: 'the relay to drop it' });
    await aside([]);
    api.answer(() => ({ body: '{}' }));
    await db.query(`update people set name = 'Bea' where id = 7`);
    expect((await eventsOf(db, 2)).map(({ name }) => name)).to.deep.equal(['person_create', 'person_update']);
    const error = await dropSetAside(db, { resource: 'person', key: '7' }).catch((failure) => failure);
    expect(error).to.include({ code: 'set_aside_unknown' });
  });

  it('tries a record again by itself when it has changed', async () => {
    api.answer(fromRow);
    const source = fromFunction(async (keys) => {
      const { rows } = await db.query('select id, name from people where id = any ($1::bigint[])', [
        keys.map(({ id }) => id),
      ]);
      return keys.map(({ id }) => {
        const row = rows.find((one) => one.id === id);
        if (row?.name === 'poison') throw new Error('cannot show it');
        return row;
      });
    });
    await start(catalogOf({ source }));
    await subscribe(db);
    await db.query(`insert into people (id, name) values (1, 'Ada'), (7, 'poison'), (8, 'Bea')`);
    expect((await eventsOf(db, 2)).map(({ record_key }) => record_key)).to.deep.equal(['1', '8']);
    await aside([['7', 'source_failed', 'the function failed: Error']]);
    // As if it had been a while.
    await db.query(`update rowhook.set_aside set tried_at = tried_at - interval '10 seconds'`);
    await db.query(`update people set name = 'Cy' where id = 7`);
    expect((await eventsOf(db, 4)).slice(2).map(({ name, payload }) => [name, payload])).to.deep.equal([
      ['person_create', '{"id":"7","name":"Cy"}'],
      ['person_update', '{"id":"7","name":"Cy"}'],
    ]);
    expect(running!.failures).to.deep.equal([]);
  });

  it('goes on with all others while what is set aside is tried and the application is down', async () => {
    const catalog = defineCatalog({
      name: 'test',
      resources: {
        person: { table: 'people', source: http() },
        note: { table: 'notes', fields: { id: text() } },
      },
      events: {
        person_create: { resource: 'person', on: 'insert' },
        note_create: { resource: 'note', on: 'insert' },
      },
    });
    api.answer(({ path }) => (path.endsWith('/7') ? { status: 500 } : { body: '{}' }));
    await start(catalog);
    await subscribe(db);
    await insert(1);
    await eventsOf(db, 1);
    await insert(7);
    await aside([['7', 'source_failed', 'answered 500']]);
    api.answer(() => ({ status: 503 }));
    const request = await retrySetAside(db);
    await waitUntil(async () => (await setAsideAnswer(db, request)).done, { what: 'the retry' });
    await db.query(`insert into notes values (1, 7, 'x')`);
    expect((await eventsOf(db, 2)).map(({ name }) => name)).to.deep.equal(['person_create', 'note_create']);
    expect(running!.failures).to.deep.equal([]);
    expect(running!.told.at(-1))
      .to.include({ resource: 'person' })
      .and.to.have.nested.property('err.code', 'source_failed');
    expect((await listSetAside(db))[0]).to.include({ tries: 0 });
    expect(running!.relay.standing()).not.to.equal('failing');
  });

  it('is not stopped by one that failed while the application was down, and goes on failing', async () => {
    api.answer(() => ({ destroy: true }));
    await start(catalogOf({ source: http({ concurrency: 1 }) }));
    await subscribe(db);
    await insert(7);
    // Until the page is as small as it gets.
    await waitUntil(() => running!.failures.length >= 6, { what: 'several tries' });
    for (let id = 101; id <= 120; id++) await insert(id);
    api.answer(({ path }) => (path.endsWith('/7') ? { destroy: true } : { body: '{}' }));
    const events = await eventsOf(db, 20);
    expect(events.map(({ payload }) => payload)).to.deep.equal(Array(20).fill('{}'));
    await aside([['7', 'source_failed', 'no answer']]);
  });

  describe('where there is more than can be held', () => {
    const body = JSON.stringify({ a: 'x'.repeat(992) });

    it('takes smaller pages, and leaves nothing out', async () => {
      api.answer(() => ({ body }));
      const catalog = catalogOf({ source: http() });
      db = await databaseFor(catalog);
      await subscribe(db);
      for (let id = 1; id <= 40; id++) await insert(id);
      running = await runRelay(db, catalog, { mostFetched: 5_000 });
      const events = await eventsOf(db, 40);
      expect(new Set(events.map(({ payload }) => payload))).to.deep.equal(new Set([body]));
      expect(running.failures[0]!.code).to.equal('source_failed');
      expect(running.failures[0]!.message).to.match(/more than 5000 characters/);
      expect(running.told).to.deep.equal([]);
    });

    it('counts a body as often as events show it', async () => {
      api.answer(() => ({ body }));
      const catalog = catalogOf({ source: http() });
      db = await databaseFor(catalog);
      await subscribe(db);
      await insert(1);
      for (let n = 1; n <= 9; n++) await db.query('update people set name = $1 where id = 1', [`n${n}`]);
      running = await runRelay(db, catalog, { mostFetched: 5_000 });
      await eventsOf(db, 10);
      expect(running.failures[0]!.message).to.match(/more than 5000 characters/);
      expect(running.told).to.deep.equal([]);
    });

    it('sets aside what there is no room for on a page that cannot be smaller, and shows it at once in pages that are', async () => {
      api.answer(() => ({ body }));
      await start(catalogOf({ source: http({ concurrency: 1 }) }), { mostFetched: 5_000 });
      await subscribe(db);
      await db.query(`insert into people (id, name) select n, 'Ada' from generate_series(1, 20) n`);
      const events = await eventsOf(db, 20);
      expect(events.map(({ payload }) => payload)).to.deep.equal(Array(20).fill(body));
      expect(new Set(events.map(({ record_key }) => record_key))).to.have.property('size', 20);
      expect(running!.failures).to.deep.equal([]);
      expect(running!.told[0]).to.include({ reason: 'too_large', records: 15, detail: '1000 characters' });
      await aside([]);
    });

    it('shows the events of one record one by one where there is no room for all of them', async () => {
      api.answer(() => ({ body }));
      const catalog = catalogOf(
        { source: http() },
        { person_touch: { resource: 'person', on: 'update', columns: '*', per: 'change' } },
      );
      await start(catalog, { mostFetched: 1_500 });
      await subscribe(db, ['person_update', 'person_touch']);
      await insert(1);
      await eventsOf(db, 1);
      await db.query(`update people set name = 'Bea' where id = 1`);
      const events = await eventsOf(db, 3);
      expect(events.map(({ payload }) => payload)).to.deep.equal([null, body, body]);
    });

    it('keeps what is too large for any page', async () => {
      api.answer(() => ({ body }));
      await start(catalogOf({ source: http() }), { mostFetched: 500 });
      await subscribe(db);
      await insert(1);
      await aside([['1', 'too_large', '1000 characters']]);
    });
  });

  it('has no transaction open while it asks, and keeps its session', async () => {
    api.answer(() => ({ hang: true }));
    await start(catalogOf({ source: http({ timeoutMs: 60_000 }) }));
    await subscribe(db);
    await insert(1);
    await api.waitFor(1);
    const sessions = () =>
      db.query<{ state: string; xact_start: Date | null; backend_xmin: string | null; query: string }>(
        `select state, xact_start, backend_xmin, query from pg_stat_activity
         where datname = current_database() and application_name = 'relay' and query not like 'listen%' and query not like 'LISTEN%'`,
      );
    const asking = (await sessions()).rows.filter(({ query }) => query === 'commit');
    expect(asking).to.deep.equal([{ state: 'idle', xact_start: null, backend_xmin: null, query: 'commit' }]);
    // An idle session would be ended before a slow application has answered for a large page.
    await waitUntil(async () => (await sessions()).rows.some(({ query }) => query === 'select 1'), {
      what: 'the session to be used',
    });
  });

  it('asks again where its session is lost meanwhile', async () => {
    api.answer((_, n) => (n === 1 ? { hang: true } : { body: '{"n": 1}' }));
    await start(catalogOf({ source: http({ timeoutMs: 60_000 }) }));
    await subscribe(db);
    await insert(1);
    await api.waitFor(1);
    await db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'relay'`,
    );
    expect((await eventsOf(db, 1)).map(({ payload }) => payload)).to.deep.equal(['{"n": 1}']);
  });

  for (const how of ['drain', 'abort'] as const) {
    it(`stops at once by ${how} although the application does not answer, and asks again later`, async () => {
      api.answer(() => ({ hang: true }));
      const catalog = catalogOf({ source: http({ timeoutMs: 60_000 }) });
      await start(catalog);
      await subscribe(db);
      await insert(1);
      await api.waitFor(1);
      const startedAt = performance.now();
      await running!.stop(how);
      expect(performance.now() - startedAt).to.be.below(3_000);
      api.answer(() => ({ body: '{}' }));
      running = await runRelay(db, catalog);
      expect(await eventsOf(db, 1)).to.have.length(1);
    });
  }

  it('shows the row, by its fields, where the application no longer has the record', async () => {
    api.answer(() => ({ status: 404 }));
    await start(catalogOf({ source: http(), fields: { number: text('id'), name: text() } }));
    await subscribe(db);
    await insert(9007199254740993n as unknown as number);
    expect((await eventsOf(db, 1))[0]!.payload).to.equal('{"number":"9007199254740993","name":"Ada"}');
  });

  it('shows the whole row but for what is excluded, where the resource has no fields', async () => {
    api.answer(() => ({ status: 404 }));
    await start(catalogOf({ source: http(), exclude: ['tax_id'] }));
    await subscribe(db);
    await insert(1);
    const body = '{"id":1,"tenant_id":null,"name":"Ada","deleted_at":null}';
    expect((await eventsOf(db, 1))[0]!.payload).to.equal(body);
    await db.query('delete from people where id = 1');
    expect((await eventsOf(db, 2))[1]!.payload).to.equal(body);
  });

  it('shows the last row where the record is deleted while the application is asked', async () => {
    api.answer(async () => {
      await db.query(
        `begin; update people set name = 'Last' where id = 1; delete from people where id = 1; commit`,
      );
      return { status: 404 };
    });
    await start(catalogOf({ source: http(), fields: { name: text() } }));
    await subscribe(db);
    await insert(1);
    const events = await eventsOf(db, 2);
    expect(events.map(({ name, payload }) => [name, payload])).to.deep.equal([
      ['person_create', '{"name":"Last"}'],
      ['person_delete', '{"name":"Last"}'],
    ]);
  });

  it('shows what is gone by its last row, and does not ask for it', async () => {
    api.answer(() => ({ body: '{"a": 1}' }));
    const catalog = catalogOf({ source: http(), fields: { name: text() } });
    db = await databaseFor(catalog);
    await subscribe(db, ['person_delete']);
    await insert(1);
    await db.query('delete from people where id = 1');
    running = await runRelay(db, catalog);
    expect((await eventsOf(db, 2)).map(({ payload }) => payload)).to.deep.equal([null, '{"name":"Ada"}']);
    expect(api.requests).to.have.length(0);
  });

  it('never gives one tenant what the application said while the record was the other one’s', async () => {
    api.answer(async (request, n) => {
      const answer = await fromRow(request, n);
      if (n === 1) await db.query(`update people set tenant_id = 'b', name = 'of b' where id = 1`);
      return answer;
    });
    await start(catalogOf({ source: http(), tenant: 'tenant_id' }));
    await subscribe(db, ['*'], 'a');
    await subscribe(db, ['*'], 'b');
    await insert(1, 'a');
    const events = await eventsOf(db, 2);
    expect(events.map(({ name, tenant, payload }) => [name, tenant, payload])).to.deep.equal([
      ['person_create', 'b', '{"name":"of b","tenant_id":"b"}'],
      ['person_update', 'b', '{"name":"of b","tenant_id":"b"}'],
    ]);
    expect(running!.failures).to.deep.equal([]);
  });

  it('shows a record that is gone by its last row, whatever the application says to its new owner', async () => {
    api.answer(async () => {
      await db.query('delete from people where id = 1');
      return { body: '{"a": 1}' };
    });
    await start(catalogOf({ source: http(), tenant: 'tenant_id', fields: { name: text() } }));
    await subscribe(db);
    await insert(1, 'a');
    expect((await eventsOf(db, 2)).map(({ tenant, payload }) => [tenant, payload])).to.deep.equal([
      ['a', '{"name":"Ada"}'],
      ['a', '{"name":"Ada"}'],
    ]);
    expect(api.requests).to.have.length(1);
  });

  it('waits where a record changes hands each time it is asked for', async () => {
    let moving = true;
    api.answer(async (request, n) => {
      const answer = await fromRow(request, n);
      if (moving) await db.query(`update people set tenant_id = $1 where id = 1`, [`t${n}`]);
      return answer;
    });
    await start(catalogOf({ source: http(), tenant: 'tenant_id' }));
    await subscribe(db, ['person_create']);
    await insert(1, 'a');
    await waitUntil(() => running!.failures.length > 0, { what: 'the relay to give up for now' });
    expect(running!.failures[0]!.message).to.match(/whose record 1 is has changed each of 5 times/);
    moving = false;
    const [event] = await eventsOf(db, 1);
    expect(JSON.parse(event!.payload!).tenant_id).to.equal(event!.tenant);
  });

  it('asks for what an endpoint wants that has come while it asked for others', async () => {
    api.answer(async ({ path }, n) => {
      if (n === 1) await subscribe(db, ['person_update']);
      return { body: `{"from": "${path}"}` };
    });
    const catalog = catalogOf({ source: http() });
    await start(catalog);
    await insert(1);
    await eventsOf(db, 1);
    await running!.stop();
    await subscribe(db, ['person_create']);
    await insert(2);
    await db.query(`update people set name = 'B' where id = 1`);
    running = await runRelay(db, catalog);
    expect((await eventsOf(db, 3)).map(({ name, payload }) => [name, payload])).to.deep.equal([
      ['person_create', null],
      ['person_create', '{"from": "/people/2"}'],
      ['person_update', '{"from": "/people/1"}'],
    ]);
  });

  it('says nothing of parts of a record that is marked as deleted, whatever the application shows', async () => {
    api.answer(() => ({ body: '{"a": 1}' }));
    await start(
      catalogOf({
        source: http(),
        softDelete: 'deleted_at',
        parts: [{ table: 'notes', from: 'person_id', to: 'id', columns: '*' }],
      }),
    );
    await subscribe(db);
    await insert(1);
    await db.query(`insert into notes values (1, 1, 'x')`);
    await db.query('update people set deleted_at = now() where id = 1');
    await db.query(`update notes set body = 'y' where id = 1`);
    await insert(2);
    const events = await eventsOf(db, 4);
    expect(events.map(({ name, record_key }) => `${name} ${record_key}`)).to.deep.equal([
      'person_create 1',
      'person_update 1',
      'person_delete 1',
      'person_create 2',
    ]);
  });

  it('gets payloads from a function, which is asked for all records of a page at once', async () => {
    const asked: Array<readonly RecordKey[]> = [];
    // For all of them together, for halves, and for each.
    let failures = 5;
    const source = fromFunction((keys) => {
      if (failures-- > 0) throw new Error('the pool is closed');
      asked.push(keys);
      return keys.map(({ id }) => (id === '3' ? null : { number: Number(id), tax_id: 1 }));
    });
    await start(catalogOf({ source, exclude: ['tax_id'], fields: { name: text() } }));
    await subscribe(db);
    await db.query(`insert into people (id, name) values (1, 'a'), (2, 'b'), (3, 'c')`);
    const events = await eventsOf(db, 3);
    expect(events.map(({ payload }) => payload)).to.deep.equal([
      '{"number":1}',
      '{"number":2}',
      '{"name":"c"}',
    ]);
    expect(asked).to.deep.equal([[{ id: '1' }, { id: '2' }, { id: '3' }]]);
    expect(running!.failures[0]!.message).to.match(/the function failed: the pool is closed/);
  });
});
