import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { deleteEndpoint, listEndpoints } from '../../src/index.ts';
import { waitUntil } from '../support/wait.ts';
import { openScene, relayed, rowsOf, type Scene } from './scene.ts';

const poison = 'poison';
const crashing = fileURLToPath(new URL('crashing.ts', import.meta.url));

describe('a delivery that the process dies of', function () {
  this.timeout(120_000);
  let scene: Scene;
  beforeEach(async () => {
    scene = await openScene();
  });
  afterEach(() => scene.close());

  it('is set aside after a few starts, and all beside it get through', async () => {
    const port = new URL(scene.network.url).port;
    const options = { before: [crashing], env: { ROWHOOK_TEST_CRASH: `${port}:${poison}` } };
    const [any] = await listEndpoints(scene.db);
    await deleteEndpoint(scene.db, any!.id);
    const open = 'select from rowhook.delivery union all select from rowhook.delivery_behind';

    let daemon = await scene.daemon(options);
    await scene.write(6, { things: 9 });
    await scene.write(1, { things: 9, name: poison });
    // Before the next change of it, which its event would show as well.
    await relayed(scene);
    await scene.write(11, { things: 9 });
    let deaths = 0;
    const isOver = async (): Promise<boolean> =>
      (await relayedAll(scene)) && (await rowsOf(scene, open)) === 0;
    for (;;) {
      const died = () => daemon.child.signalCode !== null;
      await waitUntil(async () => died() || (await isOver()), {
        what: 'it to die, or to be through',
        timeoutMs: 60_000,
      });
      if (!died()) break;
      deaths += 1;
      expect(deaths).to.be.at.most(6);
      // Other tests wait for the leases of the dead; here it would take minutes.
      await scene.db.query('update rowhook.delivery set leased_until = now() where lease is not null');
      daemon = await scene.daemon(options);
    }
    await relayed(scene);
    expect(await daemon.stop()).to.equal(0);
    expect(deaths).to.be.within(3, 6);
    const { rows } = await scene.db.query(
      `select payload::json ->> 'name' as name, verdict, reason from rowhook.attempt
         join rowhook.event on event.id = attempt.event_id
        where resource = 'thing' and (payload like '%${poison}%' or verdict <> 'succeeded')`,
    );
    expect(rows).to.eql([{ name: `${poison}1`, verdict: 'exhausted', reason: 'process_died' }]);
    expect(await rowsOf(scene, `select from rowhook.attempt where verdict = 'succeeded'`)).to.equal(18);
    expect(scene.receiver.receipts.filter(({ body }) => body.includes(poison))).to.eql([]);
  });
});

async function relayedAll(scene: Scene): Promise<boolean> {
  return (await rowsOf(scene, `select from rowhook.event where resource = 'thing'`)) === 18;
}
