import { expect } from 'chai';
import { waitUntil } from '../support/wait.ts';
import { addEndpoint, count } from './queue.ts';
import { sweeperKit } from './sweeper-kit.ts';

describe('sweeper', () => {
  const kit = sweeperKit();

  it('logs a duty that fails, and does it again', async () => {
    await kit.db.query('alter table rowhook.delivery_waiting rename to hidden');
    const sweeper = kit.sweeperOf({ cron: {} });
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
