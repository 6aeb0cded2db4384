import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { newSecret } from '../../src/store/secrets.ts';
import { freePort } from '../../tools/free-port.ts';
import { addEndpoint, attempts, enqueue, queueDatabase, startDispatcher } from '../delivery/queue.ts';
import { type PackagedApp, packagedApp } from '../migrations/packaged-app.ts';
import { blocksOf, readDocument } from '../readme/documents.ts';
import { waitUntil } from '../support/wait.ts';

describe('the receiver of docs/delivery.md', function () {
  this.timeout(120_000);
  let app: PackagedApp;
  before(async () => {
    app = await packagedApp();
  });
  after(() => app.remove());

  it('takes what is sent to it, and refuses what is signed with another secret', async () => {
    const blocks = blocksOf(await readDocument('docs/delivery.md'));
    const { text = '' } = blocks.find(({ file }) => file === 'receiver.mjs') ?? {};
    await app.write({ 'receiver.mjs': text });
    const [secret, other] = [newSecret('standard'), newSecret('standard')];
    const port = await freePort();
    const receiver = spawn(process.execPath, ['receiver.mjs'], {
      cwd: app.directory,
      env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
    });
    const said: string[] = [];
    for (const stream of [receiver.stdout, receiver.stderr])
      createInterface(stream).on('line', (line) => said.push(line));
    try {
      await waitUntil(() => said.includes('listening'), { what: 'the receiver' });
      const db = await queueDatabase();
      for (const known of [secret, other]) {
        const url = `http://127.0.0.1:${port}/`;
        await enqueue(db, await addEndpoint(db, url, { secret: known, dialect: 'standard' }));
      }
      const { dispatcher } = await startDispatcher(db);
      await waitUntil(async () => (await attempts(db)).length === 2, { what: 'both attempts' });
      await dispatcher.stop();
      const statuses = (await attempts(db)).map((attempt) => attempt.response_status);
      expect(statuses).to.have.members([204, 401]);
      expect(said).to.have.members([
        'listening',
        'taken: person_update',
        'refused (signature): webhook-signature has none that was made with this secret for this body',
      ]);
    } finally {
      const exited = once(receiver, 'exit');
      receiver.kill();
      await exited;
    }
  });
});
