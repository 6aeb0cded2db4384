import { expect } from 'chai';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import type { Catalog } from '../../src/catalog/types.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  updateEndpoint,
} from '../../src/store/endpoints.ts';
import { listDeliveries } from '../../src/store/history.ts';
import { newSecret } from '../../src/store/secrets.ts';
import type { EndpointInput } from '../../src/wire/endpoint-input.ts';
import { count, enqueue, payloads, queueDatabase, startDispatcher } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';

const catalog = siteStacker({ timestamps: 'sql' });
const url = 'https://hooks.example.net/ss';

describe('endpoints', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
  });

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: Error & { code?: string }) => error,
    );
  const create = (more: Partial<EndpointInput> = {}) =>
    createEndpoint(db.pool, catalog, { url, events: ['*'], ...more });

  it('are created, read, listed and never shown with their secret', async () => {
    const made = await create({
      events: ['person_update', 'tag_assign'],
      secret: 'topsecret',
      description: 'CRM sync',
    });
    expect(made).to.deep.include({
      id: '1',
      url,
      events: ['person_update', 'tag_assign'],
      description: 'CRM sync',
      hasSecret: true,
      active: true,
      dialect: null,
      tenant: null,
      disabledReason: null,
    });
    expect(made.createdAt).to.be.a('date');
    const second = await create();
    expect(second.hasSecret).to.equal(false);
    expect(await getEndpoint(db.pool, made.id)).to.deep.equal(made);
    expect(await listEndpoints(db.pool)).to.deep.equal([made, second]);
    expect(JSON.stringify(await listEndpoints(db.pool))).not.to.include('topsecret');
  });

  it('get a ping at once, whose body is their configuration, and show it in their deliveries', async () => {
    const receiver = await startReceiver();
    const listener = new pg.Client({ connectionString: db.url });
    await listener.connect();
    const { dispatcher } = await startDispatcher(db, { options: { pollMs: 60_000 } });
    listener.on('notification', () => dispatcher.wake());
    await listener.query('listen rowhook_delivery');
    const made = await create({
      url: receiver.url('/hook'),
      secret: 'topsecret',
      events: ['person_update', '*'],
    });
    const [request] = await receiver.waitFor(1);
    await waitUntil(async () => (await count(db, 'attempt')) === 1, { what: 'the attempt' });
    await dispatcher.stop();
    await listener.end();
    await receiver.close();

    const created = made.createdAt.toISOString().slice(0, 19).replace('T', ' ');
    expect(request?.headers['sitestacker-event']).to.equal('ping');
    expect(JSON.parse(request?.body.toString() ?? '')).to.deep.equal({
      hook: {
        id: made.id,
        url: receiver.url('/hook'),
        active: true,
        webhook_delivery_count: '0',
        created,
        modified: created,
        events: ['*'],
      },
    });
    const { deliveries } = await listDeliveries(db.pool, { endpointId: made.id });
    expect(deliveries).to.have.length(1);
    expect(deliveries[0]).to.include({
      eventName: 'ping',
      resource: 'endpoint',
      recordKey: made.id,
      state: 'succeeded',
    });
  });

  it('get no ping in a dialect that has none', async () => {
    const made = await create({ dialect: 'amplo' });
    expect(await getEndpoint(db.pool, made.id))
      .to.deep.equal(made)
      .and.to.include({ dialect: 'amplo' });
    for (const table of ['event', 'delivery']) expect(await count(db, table)).to.equal(0);
  });

  it('get a ping in the form of the dialect standard', async () => {
    const receiver = await startReceiver();
    const secret = newSecret('standard');
    const made = await create({ url: receiver.url(), dialect: 'standard', secret, events: ['tag_assign'] });
    const { dispatcher } = await startDispatcher(db);
    const [request] = await receiver.waitFor(1);
    await dispatcher.stop();
    await receiver.close();
    const created = made.createdAt.toISOString().slice(0, 19).replace('T', ' ');
    expect(
      new Webhook(secret).verify(request!.body, request!.headers as Record<string, string>),
    ).to.deep.equal({
      type: 'ping',
      timestamp: made.createdAt.toISOString(),
      data: {
        id: made.id,
        url: receiver.url(),
        events: ['tag_assign'],
        active: true,
        created_at: created,
        updated_at: created,
      },
    });
    expect(request!.body.toString()).not.to.include(secret);
  });

  it('leave nothing behind when the transaction is rolled back', async () => {
    const client = await db.pool.connect();
    await client.query('begin');
    const made = await createEndpoint(client, catalog, { url, events: ['*'] });
    await client.query('rollback');
    client.release();
    expect((await failure(getEndpoint(db.pool, made.id)))?.code).to.equal('endpoint_unknown');
    for (const table of ['endpoint', 'event', 'delivery']) expect(await count(db, table)).to.equal(0);
  });

  for (const [what, input, code, where] of [
    ['no URL', { url: 'hooks.example.net' }, 'endpoint_invalid', 'url'],
    ['a password in the URL', { url: 'https://me:hunter2@hooks.example.net/' }, 'endpoint_invalid', 'url'],
    ['a scheme that is not HTTP', { url: 'ftp://hooks.example.net/' }, 'endpoint_invalid', 'url'],
    ['a misspelt event', { events: ['person_update', 'persn_update'] }, 'event_unknown', 'events[1]'],
    ['ping', { events: ['ping'] }, 'endpoint_invalid', 'events[0]'],
    ['no events', { events: [] }, 'endpoint_invalid', 'events'],
    ['an empty secret', { secret: '' }, 'endpoint_invalid', 'secret'],
    ['a NUL character', { description: 'a\0b' }, 'endpoint_invalid', 'description'],
    ['a line end in the URL', { url: 'https://hooks.example.net/a\nb' }, 'endpoint_invalid', 'url'],
    ['an unknown dialect', { dialect: 'esperanto' }, 'config_invalid', undefined],
    ['an illegal prefix', { dialect: 'prefix:Ac_me' }, 'config_invalid', undefined],
    ['http where TLS is required', { url: 'http://a.example/', dialect: 'amplo' }, 'endpoint_invalid', 'url'],
    ['no secret where all is signed', { dialect: 'standard' }, 'endpoint_invalid', 'secret'],
    [
      'a secret of another form',
      { dialect: 'standard', secret: 'hunter2-hunter2-hunter2-hunter2' },
      'endpoint_invalid',
      'secret',
    ],
    [
      'a short secret',
      { dialect: 'amplo', secret: `whsec_${Buffer.from('hunter2').toString('base64')}` },
      'endpoint_invalid',
      'secret',
    ],
    ['a tenant where there are none', { tenant: 'e1' }, 'endpoint_invalid', 'tenant'],
    ['an empty tenant', { tenant: '' }, 'endpoint_invalid', 'tenant'],
    ['a key that does not exist', { evnets: ['*'] } as Partial<EndpointInput>, 'endpoint_invalid', ''],
    ['a number as URL', { url: 5 } as unknown as Partial<EndpointInput>, 'endpoint_invalid', 'url'],
  ] as const satisfies ReadonlyArray<
    readonly [string, Partial<EndpointInput>, ErrorCode, string | undefined]
  >) {
    it(`are refused with ${what}: ${code}`, async () => {
      const error = await failure(create(input));
      expect(error).to.include({ code, where });
      expect(JSON.stringify([error, error?.message]))
        .not.to.include('hunter2')
        .and.not.to.include(Buffer.from('hunter2').toString('base64'));
      expect(await count(db, 'endpoint')).to.equal(0);
    });
  }

  it('change by what is named, and by nothing else', async () => {
    const made = await create({ secret: 'topsecret', description: 'one', events: ['person_update'] });
    const changed = await updateEndpoint(db.pool, catalog, made.id, { description: 'two', url: undefined });
    expect(changed).to.deep.include({ description: 'two', url, hasSecret: true, events: ['person_update'] });
    expect(changed.updatedAt.getTime()).to.be.greaterThan(made.updatedAt.getTime());
    expect(changed.createdAt).to.deep.equal(made.createdAt);
    expect(await updateEndpoint(db.pool, catalog, made.id, { secret: null })).to.include({
      hasSecret: false,
    });
    expect(await updateEndpoint(db.pool, catalog, made.id, { events: ['tag_assign', '*'] })).to.deep.include({
      events: ['*'],
    });
    expect((await failure(updateEndpoint(db.pool, catalog, made.id, { url: 'x' })))?.code).to.equal(
      'endpoint_invalid',
    );
    expect((await failure(updateEndpoint(db.pool, catalog, '77', {})))?.code).to.equal('endpoint_unknown');
  });

  it('keep events that the catalog has no more, until they are changed', async () => {
    const made = await create();
    await db.query(`update rowhook.endpoint set events = '{person_sneeze}'`);
    expect(await updateEndpoint(db.pool, catalog, made.id, { description: 'two' })).to.deep.include({
      events: ['person_sneeze'],
    });
  });

  it('lose no change when two are made at the same time', async () => {
    const made = await create({ events: ['person_update'] });
    const patches = [{ description: 'x' }, { url: 'https://other.example.net/' }, { secret: 's' }];
    await Promise.all(patches.map((patch) => updateEndpoint(db.pool, catalog, made.id, patch)));
    expect(await getEndpoint(db.pool, made.id)).to.include({
      description: 'x',
      url: 'https://other.example.net/',
      hasSecret: true,
    });
  });

  it('need a secret that fits when they change to another dialect', async () => {
    const made = await create({ secret: 'topsecret' });
    const error = await failure(updateEndpoint(db.pool, catalog, made.id, { dialect: 'standard' }));
    expect(error).to.include({ code: 'endpoint_invalid', where: 'secret' });
    expect(JSON.stringify([error, error?.message])).not.to.include('topsecret');
    const secret = newSecret('standard');
    expect(await updateEndpoint(db.pool, catalog, made.id, { dialect: 'standard', secret })).to.include({
      dialect: 'standard',
    });
    expect((await failure(updateEndpoint(db.pool, catalog, made.id, { secret: null })))?.code).to.equal(
      'endpoint_invalid',
    );
  });

  describe('of a catalog with tenants', () => {
    const { person } = catalog.resources;
    const shared: Catalog = {
      ...catalog,
      resources: { ...catalog.resources, person: { ...person!, tenant: 'owner_id' } },
    };
    const createIn = (more: Partial<EndpointInput>) =>
      createEndpoint(db.pool, shared, { url, events: ['*'], ...more });

    it('say whose they are, and their ping is of that tenant', async () => {
      const made = await createIn({ tenant: 'e1' });
      expect(made.tenant).to.equal('e1');
      expect(await listEndpoints(db.pool)).to.deep.equal([made]);
      expect((await db.query('select name, tenant from rowhook.event')).rows).to.deep.equal([
        { name: 'ping', tenant: 'e1' },
      ]);
    });

    it('say so when they are of all', async () => {
      expect((await createIn({ tenant: null })).tenant).to.equal(null);
      const error = await failure(createIn({}));
      expect(error).to.include({ code: 'endpoint_invalid', where: 'tenant' });
      expect(error).to.have.property('fix').that.includes('--all-tenants');
      expect(await count(db, 'endpoint')).to.equal(1);
    });

    it('stay with their tenant', async () => {
      const made = await createIn({ tenant: 'e1' });
      for (const tenant of ['e2', null]) {
        const error = await failure(updateEndpoint(db.pool, shared, made.id, { tenant }));
        expect(error).to.include({ code: 'endpoint_invalid', where: 'tenant' });
        expect(error).to.have.property('fix').that.includes('Delete it');
      }
      const patch = { tenant: 'e1', description: 'two' };
      expect(await updateEndpoint(db.pool, shared, made.id, patch)).to.include(patch);
      expect(await updateEndpoint(db.pool, shared, made.id, { description: 'three' })).to.include({
        tenant: 'e1',
      });
      // Also when the catalog has no tenants any more.
      expect(await updateEndpoint(db.pool, catalog, made.id, { description: 'four' })).to.include({
        tenant: 'e1',
      });
    });
  });

  it('are deleted with what they still were to get', async () => {
    const made = await create();
    const other = await create();
    await enqueue(db, made.id, payloads(3));
    await db.query(
      `insert into rowhook.delivery_waiting select endpoint_id, gen_random_uuid(), event_id, 1, now() from rowhook.delivery`,
    );
    // Each with its ping.
    expect(await deleteEndpoint(db.pool, made.id)).to.deep.equal({ dropped: 8 });
    expect(await count(db, 'delivery')).to.equal(1);
    expect(await count(db, 'delivery_waiting')).to.equal(1);
    expect(await count(db, 'event')).to.equal(5);
    expect((await failure(deleteEndpoint(db.pool, made.id)))?.code).to.equal('endpoint_unknown');
    expect(await listEndpoints(db.pool)).to.deep.equal([other]);
  });

  for (const id of ['', 'x', '-1', '1.5', '1e3', '99999999999999999999', "1'; drop table rowhook.endpoint"]) {
    it(`have no id "${id}"`, async () => {
      expect((await failure(getEndpoint(db.pool, id)))?.code).to.equal('endpoint_unknown');
    });
  }
});
