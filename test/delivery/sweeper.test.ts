import { expect } from 'chai';
import { dayMs } from '../../src/uuid-time.ts';
import { waitUntil } from '../support/wait.ts';
import { addEndpoint, count, enqueue } from './queue.ts';
import { withDateShifted } from './shifted-date.ts';
import { sweeperKit } from './sweeper-kit.ts';

describe('sweeper', () => {
  const kit = sweeperKit();

  it('logs a duty that fails, and does it again', async () => {
    await kit.db.query('alter table rowhook.delivery_waiting rename to hidden');
    const sweeper = kit.sweeperOf({ every: {} });
    await sweeper.start();
    await waitUntil(() => kit.lines.some((line) => line.msg === 'duty failed; it will be tried again'), {
      what: 'a failure',
    });
    await kit.db.query('alter table rowhook.hidden rename to delivery_waiting');
    const endpoint = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
    await kit.db.query(
      `insert into rowhook.delivery_waiting values ($1, gen_random_uuid(), gen_random_uuid(), 1, now())`,
      [endpoint],
    );
    await waitUntil(async () => (await count(kit.db, 'delivery')) === 1, { what: 'the retry' });
    await sweeper.stop();
  });

  it('brings back what waits behind what is gone, and wakes the dispatcher', async () => {
    const endpoint = await addEndpoint(kit.db, 'http://127.0.0.1:9/');
    await kit.db.query(`update rowhook.endpoint set ordering = 'record'`);
    await kit.db.query(
      `insert into rowhook.delivery_behind (endpoint_id, record, id, event_id, lane, attempts)
       select $1, 'person:' || n % 2, gen_random_uuid(), gen_random_uuid(), 0, 0 from generate_series(1, 4) n`,
      [endpoint],
    );
    let woken = 0;
    const sweeper = kit.sweeperOf({ every: { behind: 1_000 } }, () => {
      woken += 1;
    });
    await sweeper.start();
    await waitUntil(() => woken > 0, { what: 'the dispatcher to be woken' });
    expect(await count(kit.db, 'delivery')).to.equal(2);
    await kit.db.query(`update rowhook.endpoint set ordering = 'none'`);
    await waitUntil(async () => (await count(kit.db, 'delivery')) === 4, { what: 'the others' });
    await sweeper.stop();
  });

  it('does what goes by the machine’s clock when that clock was set back', async () => {
    const sweeper = kit.sweeperOf({ cron: { orphans: '* * * * * *' } });
    await sweeper.start();
    await withDateShifted(-1_000 * dayMs, async () => {
      await enqueue(kit.db, '99');
      await waitUntil(async () => (await count(kit.db, 'delivery')) === 0, { what: 'the orphan to go' });
      await sweeper.stop();
    });
  });

  it('keeps the contract of everything that runs', async () => {
    const sweeper = kit.sweeperOf();
    await Promise.all([sweeper.start(), sweeper.start()]);
    await Promise.all([sweeper.stop(), sweeper.stop('abort')]);
    await sweeper.start();
    const unstarted = kit.sweeperOf();
    await unstarted.stop();
    await unstarted.start();
    expect(kit.lines.filter((line) => line.level > 30)).to.deep.equal([]);
  });
});
