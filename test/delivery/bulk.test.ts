import { expect } from 'chai';
import { fullSpeed } from '../../src/pace.ts';
import { cancelBulkJob } from '../../src/store/bulk-jobs.ts';
import { startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { failed, lastHour, progress, queuedAgain, timePasses } from './bulk-kit.ts';
import { addEndpoint, enqueue, impatient, payloads, startDispatcher } from './queue.ts';
import { never, sweeperKit } from './sweeper-kit.ts';

const url = 'http://127.0.0.1:9/';
const everySecond = { every: { bulk: 1_000, retries: never, slots: never } };

describe('bulk jobs', function () {
  this.timeout(60_000);
  const kit = sweeperKit();

  /** Waits until a job has ended. */
  const ended = (id: string, while_: () => Promise<void> = async () => {}) =>
    waitUntil(
      async () => {
        await while_();
        const now = await progress(kit.db, id);
        return now.state === 'running' ? undefined : now;
      },
      { what: 'the job to end', timeoutMs: 20_000 },
    );

  it('bring every failed delivery to its receiver once more, with the same id and bytes', async () => {
    const receiver = await startReceiver(() => ({ status: 500 }));
    const { dispatcher } = await startDispatcher(kit.db, { dialect: impatient(0, 1) });
    try {
      const endpoint = await addEndpoint(kit.db, receiver.url('/hook'), { secret: 'topsecret' });
      const ids = await enqueue(kit.db, endpoint, payloads(8));
      dispatcher.wake();
      await waitUntil(async () => (await failedNow()) === 8, { what: 'all to fail' });
      // Its receiver is well again, and gets new ones too.
      receiver.answer(() => ({}));
      await kit.db.query('delete from rowhook.endpoint_health');
      const job = await lastHour(kit.db, endpoint);
      expect(job.total).to.deep.equal({ count: 8, atLeast: false });
      const fresh = await enqueue(kit.db, endpoint, ['{"fresh":1}']);
      const sweepers = [0, 1].map(() => kit.sweeperOf(everySecond, () => dispatcher.wake()));
      for (const sweeper of sweepers) await sweeper.start();
      expect(await ended(job.id)).to.include({ state: 'done', done: 8, skipped: 0 });
      await receiver.waitFor(17);
      await dispatcher.stop();
      for (const sweeper of sweepers) await sweeper.stop();
      const sent = new Map<string, string[]>();
      for (const { headers, body } of receiver.requests) {
        const id = String(headers['sitestacker-delivery']);
        sent.set(id, [...(sent.get(id) ?? []), body.toString()]);
      }
      expect([...sent.keys()].sort()).to.deep.equal([...ids, ...fresh].sort());
      for (const id of ids) {
        const [first, second, ...more] = sent.get(id)!;
        expect([first === second, more.length]).to.deep.equal([true, 0]);
      }
    } finally {
      await dispatcher.stop('abort');
      await receiver.close();
    }
  });
  const failedNow = async (): Promise<number> => {
    const { rows } = await kit.db.query<{ n: number }>(
      `select count(*)::int as n from rowhook.attempt where verdict = 'exhausted'`,
    );
    return rows[0]!.n;
  };

  it('go on with another sweeper where one is aborted, and say when they are done', async () => {
    const endpoint = await addEndpoint(kit.db, url);
    const ids = await failed(kit.db, endpoint, 1_200);
    const job = await lastHour(kit.db, endpoint);
    const first = kit.sweeperOf(everySecond);
    await first.start();
    await waitUntil(async () => (await progress(kit.db, job.id)).done > 0, { what: 'a slice' });
    await first.stop('abort');
    expect(await progress(kit.db, job.id)).to.deep.equal({
      state: 'running',
      done: 500,
      skipped: 0,
      total: 1_200,
    });
    const second = kit.sweeperOf(everySecond);
    await second.start();
    expect(await ended(job.id, () => timePasses(kit.db))).to.include({ state: 'done', done: 1_200 });
    await second.stop();
    expect(await queuedAgain(kit.db)).to.deep.equal([...ids].sort());
    expect(kit.lines.filter(({ msg }) => msg === 'bulk job done')).to.have.length(1);
  });

  it('stop when they are cancelled', async () => {
    const endpoint = await addEndpoint(kit.db, url);
    await failed(kit.db, endpoint, 600);
    const job = await lastHour(kit.db, endpoint);
    let woken = 0;
    const sweeper = kit.sweeperOf(everySecond, () => {
      woken += 1;
    });
    await sweeper.start();
    await waitUntil(() => woken > 0, { what: 'the dispatcher to be woken' });
    await cancelBulkJob(kit.db.pool, job.id);
    await timePasses(kit.db);
    // Whatever round comes next does another job, and none of this one.
    const other = await addEndpoint(kit.db, url);
    await failed(kit.db, other, 1);
    await ended((await lastHour(kit.db, other)).id);
    await sweeper.stop();
    expect(await progress(kit.db, job.id)).to.include({ state: 'cancelled', done: 500 });
  });

  it('take less while the application goes first', async () => {
    const endpoint = await addEndpoint(kit.db, url);
    await failed(kit.db, endpoint, 50);
    const job = await lastHour(kit.db, endpoint);
    const sweeper = kit.sweeperOf(everySecond, () => {}, {
      ...fullSpeed,
      givesWay: true,
      batch: (most) => (most === 500 ? 20 : 10_000),
    });
    await sweeper.start();
    await waitUntil(async () => (await progress(kit.db, job.id)).done > 0, { what: 'a slice' });
    await sweeper.stop();
    expect(await progress(kit.db, job.id)).to.include({ state: 'running', done: 20 });
  });

  it('do not keep each other from getting on', async () => {
    const sick = await addEndpoint(kit.db, url);
    await failed(kit.db, sick, 1);
    const broken = await lastHour(kit.db, sick);
    await kit.db.query(
      `alter table rowhook.delivery add constraint refuses check (endpoint_id <> ${Number(sick)}) not valid`,
    );
    const well = await addEndpoint(kit.db, url);
    await failed(kit.db, well, 1);
    const job = await lastHour(kit.db, well);
    const sweeper = kit.sweeperOf(everySecond);
    await sweeper.start();
    await ended(job.id);
    await sweeper.stop();
    expect(await progress(kit.db, broken.id)).to.include({ state: 'running', done: 0 });
    expect(kit.lines.find((line) => line.bulkJob === broken.id)).to.include({ duty: 'bulk' });
  });
});
