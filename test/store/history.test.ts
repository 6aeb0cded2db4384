import { expect } from 'chai';
import { redeliver, showDelivery } from '../../src/store/deliveries.ts';
import { deleteEndpoint } from '../../src/store/endpoints.ts';
import { type DeliveryFilter, listDeliveries } from '../../src/store/history.ts';
import * as queue from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

describe('history', () => {
  let db: TestDatabase;
  let receiver: Receiver;
  beforeEach(async () => {
    db = await queue.queueDatabase();
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  const list = async (filter?: DeliveryFilter) => {
    const { deliveries } = await listDeliveries(db.pool, filter);
    return deliveries.map(({ id, state }) => [id, state]);
  };

  describe('lists deliveries', () => {
    it('in every state, the latest first', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const held = await queue.addEndpoint(db, receiver.url());
      const [ok] = await queue.enqueue(db, endpoint, ['{}'], { name: 'person_create' });
      await queue.sendAll(db);
      receiver.answer(() => ({ status: 500 }));
      const [dead] = await queue.enqueue(db, endpoint);
      await queue.sendAll(db);
      const [waiting] = await queue.enqueue(db, endpoint, ['{}'], { name: 'tag_assign' });
      await queue.sendAll(db, { retries: 5, rounds: 3 });
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
      await queue.sendAll(db, { retries: 4, rounds: 3 });
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

    it('behind an earlier one of their record, also when sent again by hand', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      await db.query(`update rowhook.endpoint set ordering = 'record'`);
      const [sent] = await queue.enqueue(db, endpoint, ['{}'], { key: '1' });
      await queue.sendAll(db);
      const [first, second] = await queue.enqueue(db, endpoint, ['{}', '{}'], { key: '1' });
      await queue.claimDue(queue.poolSession(db));
      await redeliver(db.pool, sent!);
      expect(await list({ state: 'behind' })).to.deep.equal([
        [second, 'behind'],
        [sent, 'behind'],
      ]);
      expect(new Set(await list())).to.deep.equal(
        new Set([
          [first, 'sending'],
          [second, 'behind'],
          [sent, 'behind'],
        ]),
      );
      expect(await showDelivery(db.pool, second!)).to.include({ state: 'behind' });
    });

    it('of an endpoint that is deleted, and says what was dropped', async () => {
      const endpoint = await queue.addEndpoint(db, receiver.url());
      const [ok] = await queue.enqueue(db, endpoint);
      await queue.sendAll(db);
      receiver.answer(() => ({ status: 500 }));
      const [dropped] = await queue.enqueue(db, endpoint);
      await queue.sendAll(db, { retries: 3 });
      await deleteEndpoint(db.pool, endpoint);
      expect(await list({ endpointId: endpoint })).to.deep.equal([
        [dropped, 'dropped'],
        [ok, 'succeeded'],
      ]);
      expect(await list()).to.deep.equal([]);
    });

    it('whose events are gone', async () => {
      await queue.enqueue(db, await queue.addEndpoint(db, receiver.url()));
      await queue.sendAll(db);
      await db.query('delete from rowhook.event');
      const { deliveries } = await listDeliveries(db.pool);
      expect(deliveries[0]).to.include({ state: 'succeeded', eventName: null, recordKey: null });
    });
  });
});
