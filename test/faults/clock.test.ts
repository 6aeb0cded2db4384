import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { waitUntil } from '../support/wait.ts';
import { closeLedger, printLedgers } from './ledger.ts';
import { openScene, rowsOf, type Scene, settled } from './scene.ts';

const setClock = fileURLToPath(new URL('../relay/set-clock.ts', import.meta.url));
const dayMs = 86_400_000;

describe('a daemon whose clock is set', function () {
  this.timeout(90_000);
  let scene: Scene;
  beforeEach(async () => {
    scene = await openScene();
  });
  afterEach(() => scene.close());

  it('forth and back by years sends everything once, retries when the database says that they are due', async () => {
    // So far that whoever made up for each second that is left out would be at it for an hour.
    const clock = [1_000 * dayMs, -1_000 * dayMs, 0];
    const env = { ROWHOOK_TEST_CLOCK: clock.join() };
    const daemon = await scene.daemon({ before: [setClock], env });
    await scene.db.query(`update rowhook.endpoint set schedule = '{500,500,500}'`);
    for (const [round, ahead] of clock.entries()) {
      scene.receiver.status = 500;
      await scene.write(3);
      const failed = `select from rowhook.attempt where verdict = 'retry'`;
      await waitUntil(async () => (await rowsOf(scene, failed)) > 6 * round, { what: 'a retry to wait' });
      daemon.child.kill('SIGUSR2');
      await waitUntil(() => daemon.said(`clock ${ahead}\n`), { what: 'the clock to be set' });
      scene.receiver.status = 200;
      await scene.write(9);
      await settled(scene);
    }
    const ledger = await closeLedger('clock set', scene, new Map());
    printLedgers([ledger]);
    expect(ledger.requests).to.equal(ledger.attempts);
  });
});
