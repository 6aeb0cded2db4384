import { expect } from 'chai';
import { pino } from 'pino';
import { captureTable } from '../../src/capture/install.ts';
import { capturePlans } from '../../src/capture/plan.ts';
import { createDaemon, disableEndpoint, resolveConfig, resumeEndpoint } from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { verifySignature } from '../../src/wire/signature.ts';
import { eventCases } from './changes.ts';
import { header, type Running, secret, startSystem } from './running.ts';
import { expectSameForm, shapeOf } from './same-form.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const isoTimestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;

describe('every event of Site Stacker', () => {
  let running: Running;
  afterEach(() => running?.stop());

  it('has a case here', () => {
    expect(Object.keys(eventCases)).to.eql(Object.keys(siteStacker().events)).and.to.have.length(37);
  });

  for (const [event, { sql, shape, gone }] of Object.entries(eventCases)) {
    it(`${event} arrives: name, headers, signature, body`, async () => {
      running = await startSystem({ events: [event] });
      // One query string is one transaction: what is not meant as one goes statement by statement.
      const statements = sql.startsWith('begin')
        ? [sql]
        : sql.split(';').filter((each) => each.trim() !== '');
      for (const statement of statements) await running.db.query(statement);
      const request = await running.arrival(event);
      expect(request.method).to.equal('POST');
      expect(request.path).to.equal('/hooks');
      expect(header(request, 'Content-Type')).to.equal('application/json');
      expect(header(request, 'User-Agent')).to.equal('SiteStacker');
      expect(header(request, 'SiteStacker-Delivery')).to.match(uuid);
      expect(header(request, 'Request-Id')).to.equal(undefined);
      expect(verifySignature(request.body, secret, header(request, 'SiteStacker-Signature'))).to.equal(true);
      const text = request.body.toString();
      const body = JSON.parse(text);
      // Compact, as the application's own JSON is.
      expect(text).to.equal(JSON.stringify(body));
      expectSameForm(body, await shapeOf(shape));
      if (body.modified) expect(body.modified).to.match(isoTimestamp);
      if (gone) expect(body.id).to.be.a('string');
      expect(new Set(running.arrivals().map((each) => header(each, 'SiteStacker-Event')))).to.eql(
        new Set([event]),
      );
    });
  }
});

describe('subscriptions', () => {
  let running: Running;
  afterEach(() => running?.stop());

  it('bring nothing but what was subscribed to', async () => {
    running = await startSystem({ events: ['tag_update'] });
    await running.db.query(
      `update people set suffix = 'Jr.' where id = 412; insert into tags (name) values ('a')`,
    );
    await running.db.query(`update tags set name = 'Ocean' where id = 29`);
    await running.arrival('tag_update');
    expect(running.arrivals()).to.have.length(1);
  });

  it('to * bring an event that the catalog gets later, with no change to the endpoint', async () => {
    running = await startSystem({ events: ['*'] });
    await running.daemon.stop();
    const catalog = siteStacker();
    const renamed = { resource: 'tag', on: 'update', columns: ['name'] } as const;
    const later = createDaemon({
      config: resolveConfig({
        database: running.db.url,
        catalog: { ...catalog, events: { ...catalog.events, tag_rename: renamed } },
        delivery: { allow: ['127.0.0.0/8'] },
      }),
      log: pino({ level: 'silent' }),
    });
    // The new event waits for columns of its own, so its table wants a new plan.
    for (const plan of capturePlans({ ...catalog, events: { ...catalog.events, tag_rename: renamed } })) {
      await captureTable(running.db.pool, plan);
    }
    await later.start();
    await running.db.query(`update tags set name = 'Ocean' where id = 29`);
    const request = await running.arrival('tag_rename');
    expect(JSON.parse(request.body.toString())).to.include({ id: '29', name: 'Ocean' });
    await later.stop();
  });

  it('carry the Request-Id of the transaction that made the change', async () => {
    running = await startSystem();
    await running.db.query(
      `begin; select set_config('rowhook.request_id', 'client-7', true); update tags set name = 'a' where id = 29; commit`,
    );
    expect(header(await running.arrival('tag_update'), 'Request-Id')).to.equal('client-7');
  });

  it('drop a Request-Id that cannot be a header, and nothing else', async () => {
    running = await startSystem();
    await running.db.query(
      `begin; select set_config('rowhook.request_id', E'evil\\r\\nX-Injected: 1', true); update tags set name = 'a' where id = 29; commit`,
    );
    const request = await running.arrival('tag_update');
    expect(header(request, 'Request-Id')).to.equal(undefined);
    expect(header(request, 'X-Injected')).to.equal(undefined);
  });

  it('end with the endpoint being off, and go on with what was held when it is on again', async () => {
    running = await startSystem();
    await disableEndpoint(running.db.pool, running.endpoint.id);
    await running.db.query(`update tags set name = 'while off' where id = 29`);
    await running.db.query(
      `insert into rowhook.endpoint (url, events) values ($1, '{tag_category_create}')`,
      [running.receiver.url('/other')],
    );
    await running.db.query(`insert into tag_categories (name) values ('after')`);
    await running.arrival('tag_category_create');
    await resumeEndpoint(running.db.pool, running.endpoint.id, { held: 'deliver' });
    await running.db.query(`update tags set name = 'on again' where id = 29`);
    const request = await running.arrival('tag_update');
    expect(JSON.parse(request.body.toString()).name).to.equal('on again');
  });
});
