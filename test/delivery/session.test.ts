import { expect } from 'chai';
import pg from 'pg';
import { createSession } from '../../src/delivery/queue/session.ts';
import { createTestDatabase } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

describe('session', () => {
  let proxy: TcpProxy;
  let pool: pg.Pool;

  beforeEach(async () => {
    proxy = await startTcpProxy((await createTestDatabase()).url);
    pool = new pg.Pool({ connectionString: proxy.url, max: 1 });
    pool.on('error', () => {});
  });
  afterEach(async () => {
    await proxy.close();
    await pool.end();
  });

  const pid = { text: 'select pg_backend_pid() as pid' };
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no failure',
      (error: Error) => error.message,
    );

  it('keeps one connection, set up for the queue, and leaves none of that to the pool', async () => {
    const session = createSession(pool, { durable: false });
    const first = await session.query<{ pid: number }>(pid, []);
    expect((await session.query<{ pid: number }>(pid, [])).rows).to.deep.equal(first.rows);
    const show = {
      text: `select current_setting('synchronous_commit') as commit, current_setting('plan_cache_mode') as plan`,
    };
    const { rows } = await session.query(show, []);
    expect(rows).to.deep.equal([{ commit: 'off', plan: 'force_generic_plan' }]);
    session.close();
    expect((await pool.query(show.text)).rows).to.deep.equal([{ commit: 'on', plan: 'auto' }]);
  });

  it('waits for the disk where told to', async () => {
    const session = createSession(pool, { durable: true });
    const { rows } = await session.query({ text: 'show synchronous_commit' }, []);
    session.close();
    expect(rows).to.deep.equal([{ synchronous_commit: 'on' }]);
  });

  it('takes another connection after any failure', async () => {
    const session = createSession(pool, { durable: true });
    const { rows: before } = await session.query<{ pid: number }>(pid, []);
    expect(await failure(session.query({ text: 'select 1 / 0' }, []))).to.equal('division by zero');
    const { rows: after } = await session.query<{ pid: number }>(pid, []);
    expect(after).not.to.deep.equal(before);
    await proxy.cut();
    expect(await failure(session.query(pid, []))).not.to.equal('no failure');
    expect(await failure(session.query(pid, []))).to.include('ECONNREFUSED');
    await proxy.resume();
    expect((await session.query<{ pid: number }>(pid, [])).rows).to.have.length(1);
    session.close();
  });

  it('gives up a connection that has gone silent, and one that is never made', async () => {
    const session = createSession(pool, { durable: true, answerWithinMs: 100 });
    await session.query(pid, []);
    proxy.pause();
    expect(await failure(session.query(pid, []))).to.equal('Query read timeout');
    expect(await failure(session.query(pid, []))).to.equal('no database connection within 100 ms');
    // The pool has one place, and the late connection is on its way back to it.
    await proxy.resume();
    let message = '';
    for (let tries = 0; tries < 20 && message !== 'no failure'; tries += 1)
      message = await failure(session.query(pid, []));
    expect(message).to.equal('no failure');
    session.close();
  });
});
