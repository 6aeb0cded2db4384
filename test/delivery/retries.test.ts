import { expect } from 'chai';
import { deleteOrphans, moveDueRetries } from '../../src/delivery/queue/retries.ts';
import { waitUntil } from '../support/wait.ts';
import { addEndpoint, count, enqueue, payloads } from './queue.ts';
import { sweeperKit } from './sweeper-kit.ts';

describe('sweeper', () => {
  const kit = sweeperKit();

  describe('brings retries back', () => {
    const wait = async (endpoint: string, seconds: number, count = 1): Promise<void> => {
      await enqueue(kit.db, endpoint, payloads(count));
      await kit.db.query(
        `with moved as (delete from rowhook.delivery where attempts = 0 and lease is null returning *)
         insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
         select endpoint_id, id, event_id, 3, now() + $1 * interval '1 second' from moved`,
        [seconds],
      );
    };

    it('when their time has come, not sooner, and wakes the dispatcher', async () => {
      const endpoint = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
      await wait(endpoint, -1, 3);
      await wait(endpoint, 60, 2);
      let woken = 0;
      const sweeper = kit.sweeperOf({ every: {} }, () => {
        woken += 1;
      });
      await sweeper.start();
      await waitUntil(() => woken > 0, { what: 'the dispatcher to be woken' });
      await sweeper.stop();
      const { rows } = await kit.db.query(
        'select endpoint_id::text, attempts, starts, lease from rowhook.delivery',
      );
      expect(rows).to.deep.equal(
        Array(3).fill({ endpoint_id: endpoint, attempts: 3, starts: 3, lease: null }),
      );
      expect(await count(kit.db, 'delivery_waiting')).to.equal(2);
    });

    it('a thousand at a time, the oldest first, until none is left', async () => {
      const endpoint = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
      await wait(endpoint, -1, 600);
      await wait(endpoint, -5, 600);
      const first = await moveDueRetries(kit.db.pool, new Date(0));
      expect(first).to.include({ taken: 1_000, moved: 1_000 });
      const { rows } = await kit.db.query(
        `select due_at < now() - interval '3 seconds' as old from rowhook.delivery_waiting`,
      );
      expect(rows).to.deep.equal(Array(200).fill({ old: false }));
      const sweeper = kit.sweeperOf({ every: {} });
      await sweeper.start();
      await waitUntil(async () => (await count(kit.db, 'delivery')) === 1_200, { what: 'the rest' });
      await sweeper.stop();
    });

    it('none of an endpoint that is gone, nor one that is due already', async () => {
      const endpoint = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
      const gone = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
      await wait(endpoint, -1, 2);
      await wait(gone, -1, 2);
      await kit.db.query('delete from rowhook.endpoint where id = $1', [gone]);
      await kit.db.query(
        `insert into rowhook.delivery (endpoint_id, id, event_id, attempts)
         select endpoint_id, id, event_id, 11 from rowhook.delivery_waiting where endpoint_id = $1 limit 1`,
        [endpoint],
      );
      expect(await moveDueRetries(kit.db.pool, new Date(0))).to.include({ taken: 4, moved: 1 });
      expect((await kit.db.query('select attempts from rowhook.delivery order by 1')).rows).to.deep.equal([
        { attempts: 3 },
        { attempts: 11 },
      ]);
      expect(await count(kit.db, 'delivery_waiting')).to.equal(0);
    });

    it('each once, however many sweep', async () => {
      await wait(await addEndpoint(kit.db, 'http://127.0.0.1:9/'), -1, 500);
      const moved = await Promise.all(
        Array.from({ length: 4 }, () => moveDueRetries(kit.db.pool, new Date(0))),
      );
      expect(moved.reduce((sum, each) => sum + each.moved, 0)).to.equal(500);
      expect(await count(kit.db, 'delivery')).to.equal(500);
    });

    it('without waiting for another that is at it', async () => {
      await wait(await addEndpoint(kit.db, 'http://127.0.0.1:9/'), -1, 3);
      const client = await kit.db.pool.connect();
      await client.query('begin');
      const { taken } = await moveDueRetries(client, new Date(0));
      expect(await moveDueRetries(kit.db.pool, new Date(0))).to.include({ taken: 0 });
      await client.query('commit');
      client.release();
      expect(taken).to.equal(3);
    });

    it('of others meanwhile, however many are due of one endpoint', async () => {
      await wait(await addEndpoint(kit.db, 'http://127.0.0.1:9/'), -60, 30);
      const fresh = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
      await wait(fresh, -1);
      // It goes in small steps, so that the test can look in between.
      const sweeper = kit.sweeperOf({ every: {} }, () => {}, {
        givesWay: true,
        batch: () => 3,
        restMs: () => 0,
      });
      await sweeper.start();
      await waitUntil(
        async () =>
          (await kit.db.query('select from rowhook.delivery where endpoint_id = $1', [fresh])).rows.length >
          0,
        { what: 'the retry of the other endpoint' },
      );
      await sweeper.stop();
      expect(await count(kit.db, 'delivery_waiting')).to.be.greaterThan(20);
    });

    it('in order with others of their record', async () => {
      await wait(await addEndpoint(kit.db, 'http://127.0.0.1:9/'), -1);
      await kit.db.query(`update rowhook.delivery_waiting set record = 'person:1'`);
      await moveDueRetries(kit.db.pool, new Date(0));
      const { rows } = await kit.db.query('select lane, record from rowhook.delivery');
      expect(rows).to.deep.equal([{ lane: 1, record: 'person:1' }]);
    });

    it('which became due in time, and looks at nothing from before', async () => {
      await wait(await addEndpoint(kit.db, 'http://127.0.0.1:9/'), -100, 1);
      expect(await moveDueRetries(kit.db.pool, new Date(Date.now() - 50_000))).to.include({ taken: 0 });
      expect(await moveDueRetries(kit.db.pool, new Date(Date.now() - 150_000))).to.include({ taken: 1 });
    });
  });

  it('takes away what is owed to endpoints that are gone', async () => {
    const endpoints: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const endpoint = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
      endpoints.push(endpoint);
      await enqueue(kit.db, endpoint, payloads(2));
    }
    await enqueue(kit.db, endpoints[2]!, payloads(1), { lane: 1 });
    for (const id of endpoints) {
      await kit.db.query(
        `insert into rowhook.delivery_behind (endpoint_id, record, id, event_id, lane, attempts)
         values ($1, 'person:1', gen_random_uuid(), gen_random_uuid(), 0, 0)`,
        [id],
      );
      await kit.db.query('insert into rowhook.endpoint_health (endpoint_id, failures) values ($1, 1)', [id]);
    }
    // Of one there is nothing but a retry.
    const retried = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
    await enqueue(kit.db, retried, payloads(1), { lane: 1 });
    const gone = [endpoints[0], endpoints[2], retried];
    await kit.db.query('delete from rowhook.endpoint where id = any ($1)', [gone]);
    expect(await deleteOrphans(kit.db.pool)).to.equal(8);
    for (const table of ['delivery_behind', 'endpoint_health'])
      expect(await count(kit.db, table)).to.equal(1);
    expect((await kit.db.query('select endpoint_id::text as id from rowhook.delivery')).rows).to.deep.equal(
      Array(2).fill({ id: endpoints[1] }),
    );
    expect(await deleteOrphans(kit.db.pool)).to.equal(0);
  });
});
