import { expect } from 'chai';
import { pino } from 'pino';
import { createSweeper } from '../../src/delivery/sweeper.ts';
import { failed, minutesAgo, queuedAgain } from '../delivery/bulk-kit.ts';
import { addEndpoint } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { inProcess, installedDatabase, jsonInProcess } from './in-process.ts';

describe('rowhook deliveries redeliver --endpoint', () => {
  let db: TestDatabase;
  let endpoint: string;
  beforeEach(async () => {
    db = await installedDatabase();
    endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
  });
  const place = { cwd: '/', env: { USER: 'anna' } };
  const given = (args: readonly string[]) => ['--database', db.url, 'deliveries', ...args];
  const run = (...args: string[]) => inProcess(given(args), place);
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
  const json = (...args: string[]) => jsonInProcess<any>(given(args), place);
  const all = () => ['redeliver', '--endpoint', endpoint, '--failed-since'];

  it('counts what failed, and changes nothing', async () => {
    await failed(db, endpoint, 3);
    await failed(db, endpoint, 1, { minutes: 10 });
    expect(await json(...all(), '20m', '--count')).to.include({ count: 1, atLeast: false, keptFrom: null });
    expect((await json(...all(), '29d', '--failed-until', '20m', '--count')).keptFrom).to.be.a('string');
    const until = minutesAgo(20).toISOString();
    const { stdout, stderr } = await run(
      ...all(),
      minutesAgo(40).toISOString(),
      '--failed-until',
      until,
      '--count',
    );
    expect(stdout).to.equal('3 deliveries can be redelivered\n');
    expect(stderr).to.match(/^nothing older than 20\S+Z is kept of this endpoint\n$/);
    expect((await db.query('select from rowhook.bulk_job')).rows).to.have.length(0);
  });

  it('asks for all of them; lists and cancels what was asked for', async () => {
    await failed(db, endpoint, 2);
    const asked = await run(...all(), '25m');
    expect(asked).to.deep.include({
      code: 0,
      stdout: 'bulk job 1 redelivers 0 deliveries; a running daemon does it\n',
    });
    const { jobs } = await json('jobs');
    expect(jobs).to.have.length(1);
    expect(jobs[0]).to.include({ id: '1', endpointId: endpoint, state: 'running', createdBy: 'anna' });
    expect((await run('jobs')).stdout).to.match(/^job +endpoint +state +total .*\n1 +1 +running +0 /);
    const again = await run(...all(), '1h');
    expect([again.code, again.stderr.split(':')[0]]).to.deep.equal([1, 'error bulk_running']);
    expect((await run('cancel-job', '1')).stdout).to.equal(
      'bulk job 1 cancelled: 0 of 0 deliveries put back into the queue\n',
    );
    expect((await run('cancel-job', '9')).stderr).to.contain('bulk_unknown');
  });

  it('waits until a daemon has done it', async () => {
    const ids = await failed(db, endpoint, 2);
    await db.query('update rowhook.endpoint set paused_at = now()');
    const sweeper = createSweeper({ pool: db.pool, log: pino({ level: 'silent' }), wake() {} });
    await sweeper.start();
    const { code, stdout, stderr } = await run(...all(), '1h', '--wait');
    await sweeper.stop();
    expect([code, stdout]).to.deep.equal([0, 'bulk job 1 done: 2 of 2 deliveries put back into the queue\n']);
    expect(stderr).to.contain(
      'bulk job 1 running: 0 of 2 deliveries put back into the queue; the endpoint is paused, and what is put back is held\n',
    );
    expect(await queuedAgain(db)).to.deep.equal([...ids].sort());
  });

  it('ends with an exit code of its own where the job does not get done', async () => {
    await failed(db, endpoint, 1);
    // Somebody deletes the endpoint as soon as it is asked for.
    await db.query(
      `create function delete_it() returns trigger language plpgsql as
         'begin delete from rowhook.endpoint where id = new.endpoint_id; return null; end'`,
    );
    await db.query(
      'create trigger delete_it after insert on rowhook.bulk_job for each row execute function delete_it()',
    );
    const sweeper = createSweeper({ pool: db.pool, log: pino({ level: 'silent' }), wake() {} });
    await sweeper.start();
    const { code, stdout } = await run(...all(), '1h', '--wait');
    await sweeper.stop();
    expect(code).to.equal(1);
    expect(stdout).to.equal(
      'bulk job 1 failed: 0 of 1 delivery put back into the queue; the endpoint was deleted\n',
    );
  });

  it('wants a delivery, or an endpoint and since when', async () => {
    const id = '01a2047c-d661-7376-8672-b415177d4dc2';
    for (const args of [
      ['redeliver'],
      ['redeliver', '--endpoint', endpoint],
      ['redeliver', '--failed-since', '2h'],
      [...all(), '2h', id],
      ['redeliver', id, '--count'],
      ['redeliver', '--endpoint', 'x', '--failed-since', '2h'],
      [...all(), 'soon'],
    ]) {
      expect((await run(...args)).code, args.join(' ')).to.equal(2);
    }
    expect((await run('redeliver', id)).stderr).to.contain('delivery_unknown');
    expect((await db.query('select from rowhook.bulk_job')).rows).to.have.length(0);
  });
});
