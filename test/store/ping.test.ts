import { expect } from 'chai';
import { amplo } from '../../src/presets/amplo.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { showDelivery } from '../../src/store/deliveries.ts';
import { deliveriesOfEvent } from '../../src/store/deliveries-of.ts';
import { disableEndpoint, pauseEndpoint } from '../../src/store/endpoint-state.ts';
import { createEndpoint, registerEndpoint } from '../../src/store/endpoints.ts';
import { pingEndpoint } from '../../src/store/ping.ts';
import { newSecret } from '../../src/store/secrets.ts';
import { dispatcherKit } from '../delivery/dispatcher-kit.ts';
import { count, enqueue, payloads } from '../delivery/queue.ts';

const catalog = siteStacker();

describe('a ping that is asked for', () => {
  const kit = dispatcherKit();
  const codeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

  it('is a delivery like the first one, and goes out beside a backlog', async () => {
    const db = kit.db();
    const receiver = await kit.receiver();
    const input = { url: receiver.url(), events: ['*'], secret: 'topsecret', concurrency: 1 };
    const { endpoint, pingId } = await registerEndpoint(db.pool, catalog, input);
    await enqueue(db, endpoint.id, payloads(40));
    const id = await pingEndpoint(db.pool, catalog, endpoint.id);
    const { dispatcher } = await kit.start();
    await kit.recorded(42);
    await dispatcher.stop();
    const places = receiver.requests.map(({ headers }) => headers['sitestacker-delivery']);
    expect(places.indexOf(id)).to.be.within(0, 20);
    const delivery = await showDelivery(db.pool, id);
    expect(delivery.event).to.include({ name: 'ping', resource: 'endpoint', recordKey: endpoint.id });
    expect(delivery.state).to.equal('succeeded');
    expect(delivery.attempts[0]!.phases).to.be.an('object');
    expect(delivery.attempts[0]!.requestBody).to.match(/^\{"hook":\{"id":"1","url":"http:\/\/127/);
    for (const each of [id, pingId!]) {
      const { eventId } = await showDelivery(db.pool, each);
      expect((await deliveriesOfEvent(db.pool, eventId)).map((one) => one.id)).to.deep.equal([each]);
    }
  });

  it('is held where its endpoint is paused, and refused where it is disabled or there is none', async () => {
    const db = kit.db();
    const { id } = await createEndpoint(db.pool, catalog, { url: 'https://a.example/', events: ['*'] });
    await pauseEndpoint(db.pool, id);
    expect((await showDelivery(db.pool, await pingEndpoint(db.pool, catalog, id))).state).to.equal('due');
    await disableEndpoint(db.pool, id);
    expect(await codeOf(pingEndpoint(db.pool, catalog, id))).to.include({ code: 'ping_unsupported' });
    expect(await codeOf(pingEndpoint(db.pool, catalog, '99'))).to.include({ code: 'endpoint_unknown' });
    expect(await count(db, 'event')).to.equal(2);
  });

  it('is refused in a dialect without one', async () => {
    const db = kit.db();
    const input = { url: 'https://a.example/', events: ['*'], secret: newSecret('amplo'), tenant: null };
    const { endpoint, pingId } = await registerEndpoint(db.pool, amplo(), input);
    expect(pingId).to.equal(null);
    const refused = (await codeOf(pingEndpoint(db.pool, amplo(), endpoint.id))) as Error;
    expect(refused).to.include({ code: 'ping_unsupported', message: 'the dialect "amplo" has no ping' });
  });
});
