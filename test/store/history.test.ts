import { expect } from 'chai';
import { redeliver, showDelivery } from '../../src/store/deliveries.ts';
import { deleteEndpoint } from '../../src/store/endpoints.ts';
import { type DeliveryFilter, listDeliveries } from '../../src/store/history.ts';
import * as queue from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';

describe('history', () => {
  let db: TestDatabase;
  let receiver: Receiver;
  beforeEach(async () => {
    db = await queue.queueDatabase();
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: Error & { code?: string }) => error.code,
    );
  /** Lets a dispatcher send what is due, until nothing is; failed ones are tried so often again. */
  const sendAll = async (retries = 0, rounds = 1): Promise<void> => {
    const { dispatcher } = await queue.startDispatcher(db, { dialect: queue.impatient(retries, 3_600_000) });
    for (let round = 1; round <= rounds; round += 1) {
      await waitUntil(
        async () => {
          const { rows } = await db.query(
            `select from rowhook.delivery join rowhook.endpoint on endpoint.id = endpoint_id where active`,
          );
          return rows.length === 0;
        },
        { what: 'nothing to be due' },
      );
      if (round < rounds) await queue.retryNow(db);
      dispatcher.wake();
    }
    await dispatcher.stop();
  };
  const list = async (filter?: DeliveryFilter) => {
    const { deliveries } = await listDeliveries(db.pool, filter);
    return deliveries.map(({ id, state }) => [id, state]);
  };

  describe('lists deliveries', () => {
    it('in every state, the latest first', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const held = await queue.addEndpoint(db, receiver.url());
      const [ok] = await queue.enqueue(db, endpoint, ['{}'], { name: 'person_create' });
      await sendAll();
      receiver.answer(() => ({ status: 500 }));
      const [dead] = await queue.enqueue(db, endpoint);
      await sendAll();
      const [waiting] = await queue.enqueue(db, endpoint, ['{}'], { name: 'tag_assign' });
      await sendAll(5, 3);
      const [sending] = await queue.enqueue(db, held);
      await db.query(
        `update rowhook.delivery set lease = gen_random_uuid(), leased_until = now() + interval '1 minute'`,
      );
      const [due] = await queue.enqueue(db, held);

      const { deliveries, next } = await listDeliveries(db.pool);
      expect(next).to.equal(undefined);
      expect(deliveries.map(({ id, state }) => [id, state])).to.deep.equal([
        [due, 'due'],
        [sending, 'sending'],
        [waiting, 'waiting'],
        [dead, 'exhausted'],
        [ok, 'succeeded'],
      ]);
      expect(deliveries[2]).to.include({
        endpointId: endpoint,
        eventName: 'tag_assign',
        resource: 'person',
        recordKey: '412',
        attempts: 3,
        lastStatus: 500,
        lastReason: 'http_500',
      });
      expect(deliveries[2]?.dueAt?.getTime()).to.be.closeTo(Date.now() + 3_600_000, 20_000);
      expect(deliveries[0]).to.include({
        attempts: 0,
        lastStatus: null,
        lastReason: null,
        lastAttemptAt: null,
        dueAt: null,
      });

      expect(await list({ endpointId: held })).to.deep.equal([
        [due, 'due'],
        [sending, 'sending'],
      ]);
      expect(await list({ eventName: 'person_create' })).to.deep.equal([[ok, 'succeeded']]);
      for (const [state, id] of Object.entries({ due, sending, waiting, exhausted: dead, succeeded: ok })) {
        expect(await list({ state: state as NonNullable<DeliveryFilter['state']> }), state).to.deep.equal([
          [id, state],
        ]);
      }
      expect(await list({ endpointId: held, state: 'waiting' })).to.deep.equal([]);
    });

    it('page by page, without a gap and without repeating any', async () => {
      const endpoints = [
        await queue.addEndpoint(db, receiver.url()),
        await queue.addEndpoint(db, receiver.url()),
      ];
      receiver.answer((_request, n) => ({ status: n % 3 === 0 ? 500 : 200 }));
      const ids: string[] = [];
      for (const endpoint of endpoints) ids.push(...(await queue.enqueue(db, endpoint, queue.payloads(20))));
      await sendAll(4, 3);
      ids.push(...(await queue.enqueue(db, endpoints[0] as string, queue.payloads(5))));

      for (const filter of [
        {},
        { endpointId: endpoints[0] },
        { state: 'succeeded' },
        { state: 'due' },
      ] as const) {
        const whole = await list({ ...filter, limit: 500 });
        if (!('endpointId' in filter) && !('state' in filter)) expect(whole).to.have.length(45);
        const seen: unknown[] = [];
        let before: string | undefined;
        do {
          const page = await listDeliveries(db.pool, { ...filter, limit: 4, before });
          expect(page.deliveries.length).to.be.at.most(4);
          seen.push(...page.deliveries.map(({ id, state }) => [id, state]));
          before = page.next;
        } while (before);
        expect(seen).to.deep.equal(whole);
      }
      expect(new Set((await list({ limit: 500 })).map(([id]) => id))).to.deep.equal(new Set(ids));
    });

    it('of an endpoint that is deleted, and says what was dropped', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const [ok] = await queue.enqueue(db, endpoint);
      await sendAll();
      receiver.answer(() => ({ status: 500 }));
      const [dropped] = await queue.enqueue(db, endpoint);
      await sendAll(3);
      await deleteEndpoint(db.pool, endpoint);
      expect(await list({ endpointId: endpoint })).to.deep.equal([
        [dropped, 'dropped'],
        [ok, 'succeeded'],
      ]);
      expect(await list()).to.deep.equal([]);
    });

    it('whose events are gone', async () => {
      await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await sendAll();
      await db.query('delete from rowhook.event');
      const { deliveries } = await listDeliveries(db.pool);
      expect(deliveries[0]).to.include({ state: 'succeeded', eventName: null, recordKey: null });
    });
  });

  describe('shows a delivery', () => {
    it('with its event, and every request and answer as they went', async () => {
      receiver.answer((_request, n) => ({
        status: n === 1 ? 500 : 200,
        body: `answer ${n}`,
        headers: { 'x-n': String(n) },
      }));
      const endpoint = await queue.addEndpoint(db, receiver.url('/hook'), { secret: 'topsecret' });
      const [id = ''] = await queue.enqueue(db, endpoint, ['{"id":"412"}'], { requestId: 'abc' });
      await sendAll(3, 2);
      const shown = await showDelivery(db.pool, id);
      expect(shown).to.include({ id, endpointId: endpoint, state: 'succeeded', dueAt: null });
      expect(shown.event).to.include({
        name: 'person_update',
        resource: 'person',
        recordKey: '412',
        requestId: 'abc',
        payload: '{"id":"412"}',
      });
      expect(
        shown.attempts.map(({ number, verdict, status, reason }) => [number, verdict, status, reason]),
      ).to.deep.equal([
        [1, 'retry', 500, 'http_500'],
        [2, 'succeeded', 200, 'success'],
      ]);
      for (const [index, attempt] of shown.attempts.entries()) {
        const request = receiver.requests[index];
        expect(attempt.requestBody).to.equal(request?.body.toString());
        expect(attempt.requestHeaders.flat()).to.deep.equal(request?.rawHeaders);
        expect(attempt.responseBody?.toString()).to.equal(`answer ${index + 1}`);
        expect(attempt.responseHeaders).to.deep.include(['x-n', String(index + 1)]);
        expect(attempt.url).to.equal(receiver.url('/hook'));
      }
      expect(JSON.stringify(shown)).not.to.include('topsecret');
    });

    it('before its first attempt', async () => {
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      expect(await showDelivery(db.pool, id)).to.deep.include({ id, state: 'due', attempts: [] });
    });

    for (const id of ['', 'x', '0190a3b4-0000-7000-8000-000000000001']) {
      it(`unless there is none: "${id}"`, async () => {
        expect(await failure(showDelivery(db.pool, id))).to.equal('delivery_unknown');
        expect(await failure(redeliver(db.pool, id))).to.equal('delivery_unknown');
      });
    }
  });

  describe('delivers again', () => {
    it('what was exhausted: same id, same bytes, one more schedule, numbers that go on', async () => {
      receiver.answer(() => ({ status: 500 }));
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await sendAll(2, 3);
      expect(await list()).to.deep.equal([[id, 'exhausted']]);
      await redeliver(db.pool, id);
      expect(await list()).to.deep.equal([[id, 'due']]);
      await sendAll(2, 3);
      const shown = await showDelivery(db.pool, id);
      expect(shown.attempts.map(({ number, verdict }) => [number, verdict])).to.deep.equal([
        [1, 'retry'],
        [2, 'retry'],
        [3, 'exhausted'],
        [4, 'retry'],
        [5, 'retry'],
        [6, 'exhausted'],
      ]);
      for (const { body, rawHeaders } of receiver.requests) {
        expect(body).to.deep.equal(receiver.requests[0]?.body);
        expect(rawHeaders).to.deep.equal(receiver.requests[0]?.rawHeaders);
      }
    });

    it('what had succeeded', async () => {
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await sendAll();
      await redeliver(db.pool, id);
      await sendAll();
      const shown = await showDelivery(db.pool, id);
      expect(shown.attempts.map(({ number, verdict }) => [number, verdict])).to.deep.equal([
        [1, 'succeeded'],
        [2, 'succeeded'],
      ]);
    });

    it('and rings', async () => {
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await sendAll();
      const listener = await db.pool.connect();
      const rung = new Promise((resolve) =>
        listener.once('notification', (message) => resolve(message.channel)),
      );
      await listener.query('listen rowhook_delivery');
      await redeliver(db.pool, id);
      expect(await rung).to.equal('rowhook_delivery');
      await listener.query('unlisten *');
      listener.release();
    });

    it('not what is still on its way', async () => {
      receiver.answer(() => ({ status: 500 }));
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const [id = ''] = await queue.enqueue(db, endpoint);
      expect(await failure(redeliver(db.pool, id)), 'due').to.equal('delivery_pending');
      await sendAll(5);
      expect(await failure(redeliver(db.pool, id)), 'waiting').to.equal('delivery_pending');
    });

    it('only once, when several ask for it', async () => {
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await sendAll();
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => failure(redeliver(db.pool, id))));
      expect(outcomes.filter((code) => code === undefined)).to.have.length(1);
      expect(outcomes.filter((code) => code === 'delivery_pending')).to.have.length(3);
      expect(await queue.count(db, 'delivery')).to.equal(1);
    });

    it('not to an endpoint that is deleted, nor when the event is gone', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const [id = ''] = await queue.enqueue(db, endpoint);
      await sendAll();
      await deleteEndpoint(db.pool, endpoint);
      expect(await failure(redeliver(db.pool, id))).to.equal('endpoint_unknown');
      await db.query('delete from rowhook.event');
      expect(await failure(redeliver(db.pool, id))).to.equal('delivery_unknown');
    });
  });
});
