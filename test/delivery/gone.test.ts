import { expect } from 'chai';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { disableEndpoint, resumeEndpoint } from '../../src/store/endpoint-state.ts';
import { getEndpoint, updateEndpoint } from '../../src/store/endpoints.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

const dialect = 'prefix:Acme';

describe('an endpoint that answers 410 Gone', () => {
  const kit = dispatcherKit();
  const { receiver } = kit;
  const start = (options = {}) => kit.start({ options });
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });
  const inactive = (id: string) =>
    waitUntil(async () => !(await getEndpoint(db.pool, id)).active, { what: 'the endpoint to be disabled' });

  it('is disabled, with the reason, and what waits for it is held until it is activated again', async () => {
    // By then it has answered, so that many are claimed ahead.
    const server = await receiver((_request, n) => ({ status: n === 6 ? 410 : 200 }));
    const id = await queue.addEndpoint(db, server.url(), { dialect });
    await queue.enqueue(db, id, queue.payloads(40));
    const { dispatcher, lines } = await start({ perEndpoint: 1 });
    await inactive(id);
    await waitUntil(async () => (await queue.count(db, 'delivery where lease is null')) === 34, {
      what: 'the rest to be given back',
    });
    expect(await getEndpoint(db.pool, id)).to.include({ active: false, disabledReason: 'http_410' });
    const made = await queue.attempts(db);
    expect(made).to.have.length(6);
    expect(made.filter((each) => each.verdict === 'exhausted').map((each) => each.reason)).to.deep.equal([
      'http_410',
    ]);
    const told = lines.filter((line) => line.msg === 'endpoint disabled: its receiver wants nothing more');
    expect(told).to.have.length(1);
    expect(told[0]).to.include({ level: 40, endpoint: id, url: server.url(), reason: 'http_410' });

    const { endpoint } = await resumeEndpoint(db.pool, id, { held: 'deliver' });
    expect(endpoint).to.include({ active: true, disabledReason: null });
    dispatcher.wake();
    await server.waitFor(40);
    await waitUntil(async () => (await queue.count(db, 'delivery')) === 0, { what: 'all to be sent' });
    await dispatcher.stop();
    expect(await getEndpoint(db.pool, id)).to.include({ active: true, disabledReason: null });
  });

  it('loses its reason when it is enabled by an update, or disabled by a person', async () => {
    const id = await queue.addEndpoint(db, 'https://hooks.example.net/', { dialect });
    const disable = `update rowhook.endpoint set active = false, disabled_reason = 'http_410'`;
    const catalog = siteStacker();
    await db.query(disable);
    expect(await updateEndpoint(db.pool, catalog, id, { description: 'x' })).to.include({
      disabledReason: 'http_410',
    });
    expect(await updateEndpoint(db.pool, catalog, id, { active: true })).to.include({ disabledReason: null });
    await db.query(disable);
    expect(await disableEndpoint(db.pool, id)).to.include({ disabledReason: 'http_410' });
    await resumeEndpoint(db.pool, id, { held: 'deliver' });
    expect(await disableEndpoint(db.pool, id)).to.include({ active: false, disabledReason: null });
  });

  it('is disabled once, when many answer so at a time', async () => {
    const server = await receiver(() => ({ status: 410 }));
    const id = await queue.addEndpoint(db, server.url(), { dialect });
    await queue.enqueue(db, id, queue.payloads(40));
    const { dispatcher, lines } = await start({ perEndpoint: 8 });
    await inactive(id);
    await dispatcher.stop();
    expect(lines.filter((line) => String(line.msg).startsWith('endpoint disabled'))).to.have.length(1);
    expect(await queue.count(db, 'attempt')).to.equal(server.requests.length);
    expect(server.requests.length).to.be.within(1, 16);
    expect(await queue.count(db, 'delivery where lease is null')).to.equal(40 - server.requests.length);
  });

  it('is not disabled in Site Stacker’s dialect, which tries again', async () => {
    const server = await receiver(() => ({ status: 410 }));
    const id = await queue.addEndpoint(db, server.url(), { dialect: 'site-stacker' });
    await queue.enqueue(db, id);
    const { dispatcher } = await start();
    await waitUntil(async () => (await queue.count(db, 'delivery_waiting')) === 1, { what: 'the retry' });
    await dispatcher.stop();
    expect(await getEndpoint(db.pool, id)).to.include({ active: true, disabledReason: null });
  });

  it('is not disabled for what somebody has changed meanwhile', async () => {
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const server = await receiver(async () => {
      await asked;
      return { status: 410 };
    });
    const id = await queue.addEndpoint(db, server.url(), { dialect });
    await queue.enqueue(db, id);
    const { dispatcher, lines } = await start();
    await server.waitFor(1);
    await updateEndpoint(db.pool, siteStacker(), id, { url: server.url('/new') });
    answer();
    await waitUntil(() => lines.some((line) => line.msg === 'delivery exhausted'), { what: 'the attempt' });
    await dispatcher.stop();
    expect(await getEndpoint(db.pool, id)).to.include({ active: true, disabledReason: null });
  });

  it('keeps nobody’s results waiting while its row is locked, and is disabled after that', async () => {
    const server = await receiver(() => ({ status: 410 }));
    const well = await receiver();
    const id = await queue.addEndpoint(db, server.url(), { dialect });
    const other = await queue.addEndpoint(db, well.url(), { dialect });
    const client = await db.pool.connect();
    await client.query('begin');
    await client.query('select from rowhook.endpoint where id = $1 for update', [id]);
    await queue.enqueue(db, id);
    await queue.enqueue(db, other, queue.payloads(10));
    const { dispatcher } = await start();
    await waitUntil(async () => (await queue.count(db, 'attempt')) === 11, { what: 'all results' });
    expect(await getEndpoint(db.pool, id)).to.include({ active: true });
    await client.query('commit');
    client.release();
    await inactive(id);
    await dispatcher.stop();
  });

  it('keeps a dispatcher from stopping no longer than one more try', async () => {
    const server = await receiver(() => ({ status: 410 }));
    const id = await queue.addEndpoint(db, server.url(), { dialect });
    const client = await db.pool.connect();
    await client.query('begin');
    await client.query('select from rowhook.endpoint where id = $1 for update', [id]);
    await queue.enqueue(db, id);
    const { dispatcher, lines } = await start();
    await waitUntil(async () => (await queue.count(db, 'attempt')) === 1, { what: 'the result' });
    const begun = performance.now();
    await dispatcher.stop();
    expect(performance.now() - begun).to.be.lessThan(2_000);
    await client.query('rollback');
    client.release();
    expect(lines.map((line) => line.msg)).to.include(
      'endpoint not disabled: left to its next answer of that kind',
    );
  });
});
