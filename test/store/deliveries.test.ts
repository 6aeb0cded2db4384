import { expect } from 'chai';
import { redeliver, showDelivery } from '../../src/store/deliveries.ts';
import { deleteEndpoint } from '../../src/store/endpoints.ts';
import { listDeliveries } from '../../src/store/history.ts';
import * as queue from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';

describe('a delivery', () => {
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
  const states = async () => (await listDeliveries(db.pool)).deliveries.map(({ id, state }) => [id, state]);

  describe('is shown', () => {
    it('with its event, and every request and answer as they went', async () => {
      receiver.answer((_request, n) => ({
        status: n === 1 ? 500 : 200,
        body: `answer ${n}`,
        headers: { 'x-n': String(n) },
      }));
      const endpoint = await queue.addEndpoint(db, receiver.url('/hook'), { secret: 'topsecret' });
      const [id = ''] = await queue.enqueue(db, endpoint, ['{"id":"412"}'], { requestId: 'abc' });
      await queue.sendAll(db, { retries: 3, rounds: 2 });
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

    it('with its latest attempts, however many there are, and what they sent read once', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const [id = ''] = await queue.enqueue(db, endpoint);
      await queue.sendAll(db);
      expect(await showDelivery(db.pool, id)).to.include({ attemptsCut: false });
      const repeat = (to: number) =>
        db.query(
          `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect,
             request_headers)
           select (left(id::text, 24) || lpad(n::text, 12, '0'))::uuid, endpoint_id, delivery_id, event_id, n, started_at, 1, verdict, reason,
             url, dialect, request_headers
             from rowhook.attempt, generate_series((select max(number) + 1 from rowhook.attempt), ${to}) n
            where number = 1`,
        );
      await repeat(60);
      const all = await showDelivery(db.pool, id);
      expect([all.attempts.length, all.attempts[0]?.number, all.attemptsCut]).to.deep.equal([60, 1, false]);
      await repeat(75);
      const shown = await showDelivery(db.pool, id);
      expect(shown.attempts.map(({ number }) => number)).to.deep.equal(
        Array.from({ length: 60 }, (_, n) => 16 + n),
      );
      expect(shown.attemptsCut).to.equal(true);
      await redeliver(db.pool, id);
      const { rows } = await db.query('select attempts from rowhook.delivery');
      expect(rows).to.deep.equal([{ attempts: 75 }]);
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

  describe('is sent again', () => {
    it('what was exhausted: same id, same bytes, one more schedule, numbers that go on', async () => {
      receiver.answer(() => ({ status: 500 }));
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await queue.sendAll(db, { retries: 2, rounds: 3 });
      expect(await states()).to.deep.equal([[id, 'exhausted']]);
      await redeliver(db.pool, id);
      expect(await states()).to.deep.equal([[id, 'due']]);
      await queue.sendAll(db, { retries: 2, rounds: 3 });
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
      await queue.sendAll(db);
      await redeliver(db.pool, id);
      await queue.sendAll(db);
      const shown = await showDelivery(db.pool, id);
      expect(shown.attempts.map(({ number, verdict }) => [number, verdict])).to.deep.equal([
        [1, 'succeeded'],
        [2, 'succeeded'],
      ]);
    });

    it('and rings', async () => {
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await queue.sendAll(db);
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
      await queue.sendAll(db, { retries: 5 });
      expect(await failure(redeliver(db.pool, id)), 'waiting').to.equal('delivery_pending');
    });

    it('only once, when several ask for it', async () => {
      const [id = ''] = await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await queue.sendAll(db);
      const client = await db.pool.connect();
      await client.query('begin');
      await redeliver(client, id);
      const second = failure(redeliver(db.pool, id));
      await waitUntil(
        async () => (await db.query('select from pg_locks where not granted')).rows.length > 0,
        {
          what: 'the second to find the first',
        },
      );
      await client.query('commit');
      client.release();
      expect(await second).to.equal('delivery_pending');
      expect(await queue.count(db, 'delivery')).to.equal(1);
    });

    it('not to an endpoint that is deleted, nor when the event is gone', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const [id = ''] = await queue.enqueue(db, endpoint);
      await queue.sendAll(db);
      await deleteEndpoint(db.pool, endpoint);
      expect(await failure(redeliver(db.pool, id))).to.equal('endpoint_unknown');
      await db.query('delete from rowhook.event');
      expect(await failure(redeliver(db.pool, id))).to.equal('delivery_unknown');
    });
  });
});
