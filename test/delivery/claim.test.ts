import { expect } from 'chai';
import { v4 } from 'uuid';
import type { ClaimRequest } from '../../src/delivery/queue/claim.ts';
import { giveBack } from '../../src/delivery/queue/give-back.ts';
import { type Finished, record } from '../../src/delivery/queue/record.ts';
import type { Session } from '../../src/delivery/queue/session.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import {
  addEndpoint,
  attempts,
  claimDue,
  count,
  enqueue,
  finish,
  payloads,
  poolSession,
  queueDatabase,
} from './queue.ts';

const url = 'http://127.0.0.1:9/';

describe('claims', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await queueDatabase();
  });

  const session = (): Session => poolSession(db);
  /** So many fresh ones, the endpoints behind this one first. */
  const turns = (limit: number, afterEndpoint = '0'): ClaimRequest['turns'] => {
    const none = { limit: 0, afterEndpoint: '0' };
    return [{ limit, afterEndpoint }, none, none];
  };

  /** Those that were recorded. */
  const write = async (finished: Finished[]) => (await record(session(), finished)).recorded;

  it('bring the oldest first, with all that it takes to send them', async () => {
    const endpoint = await addEndpoint(db, url, { secret: 'topsecret' });
    const ids = await enqueue(db, endpoint, payloads(5), { requestId: 'abc' });
    const lease = v4();
    const claimed = await claimDue(session(), { lease, roomOfOthers: 3, sendBy: 77 });
    expect(claimed.map((each) => each.id)).to.deep.equal(ids.slice(0, 3));
    const [first] = claimed;
    expect(first).to.deep.include({
      endpointId: endpoint,
      lease,
      sendBy: 77,
      attempts: 0,
      settledAttempts: 0,
      firstDialect: null,
      starts: 1,
    });
    expect(first).to.include({ url, secret: 'topsecret', dialect: null });
    expect(first?.event).to.deep.include({ name: 'person_update', payload: '{"id":"0"}', requestId: 'abc' });
    expect(first?.event?.changedAt).to.be.a('date');
  });

  it('bring nothing twice while its lease holds, not even at the same time', async () => {
    const endpoint = await addEndpoint(db, url);
    const ids = await enqueue(db, endpoint, payloads(40));
    const several = await Promise.all(Array.from({ length: 4 }, () => claimDue(session())));
    const claimed = several.flat().map((each) => each.id);
    expect(claimed).to.have.length(40);
    expect(new Set(claimed)).to.deep.equal(new Set(ids));
    expect(await claimDue(session())).to.deep.equal([]);
  });

  it('neither wait for a claim that is under way nor bring what that one takes', async () => {
    const endpoint = await addEndpoint(db, url);
    const ids = await enqueue(db, endpoint, payloads(6));
    const client = await db.pool.connect();
    await client.query('begin');
    const underWay: Session = {
      query: (statement, values) => client.query({ ...statement, values: [...values] }),
      close() {},
    };
    const first = await claimDue(underWay, { roomOfOthers: 2 });
    const second = await claimDue(session(), { roomOfOthers: 2 });
    await client.query('commit');
    client.release();
    expect([...first, ...second].map((each) => each.id)).to.deep.equal(ids.slice(0, 4));
  });

  it('bring again what was leased until now', async () => {
    const endpoint = await addEndpoint(db, url);
    const [id] = await enqueue(db, endpoint);
    await claimDue(session(), { defaultTimeoutMs: 100 });
    const again = await waitUntil(async () => (await claimDue(session()))[0], {
      what: 'the lease to expire',
    });
    expect(again).to.include({ id, starts: 2, attempts: 0 });
  });

  it('leave the deliveries of inactive endpoints alone', async () => {
    await enqueue(db, await addEndpoint(db, url, { active: false }));
    expect(await claimDue(session())).to.deep.equal([]);
  });

  it('take no more of an endpoint than its lane has room for, and no more in all than is asked for', async () => {
    const endpoints: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const endpoint = await addEndpoint(db, url);
      endpoints.push(endpoint);
      await enqueue(db, endpoint, payloads(20));
    }
    const [a, b, c, d] = endpoints as [string, string, string, string];
    const lanes = [
      { lane: 0, endpointId: a, room: 0, after: null },
      { lane: 0, endpointId: b, room: 3, after: null },
    ] as const;
    const claimed = await claimDue(session(), { lanes, roomOfOthers: 5, turns: turns(10) });
    const perEndpoint = endpoints.map(
      (endpoint) => claimed.filter((each) => each.endpointId === endpoint).length,
    );
    expect(perEndpoint).to.deep.equal([0, 3, 5, 2]);
    // The next one begins behind whoever came last.
    const next = await claimDue(session(), { turns: turns(12, c), roomOfOthers: 5 });
    expect([...new Set(next.map((each) => each.endpointId))]).to.deep.equal([d, a, b]);
  });

  it('go on behind the last one where told to', async () => {
    const endpoint = await addEndpoint(db, url);
    const ids = await enqueue(db, endpoint, payloads(5));
    const lanes = [{ lane: 0, endpointId: endpoint, room: 10, after: ids[2] ?? null }] as const;
    const claimed = await claimDue(session(), { full: false, lanes });
    expect(claimed.map((each) => each.id)).to.deep.equal(ids.slice(3));
  });

  it('bring a delivery whose event is gone, so that it can be ended', async () => {
    await enqueue(db, await addEndpoint(db, url));
    await db.query('delete from rowhook.event');
    const [claimed] = await claimDue(session());
    expect(claimed?.event).to.equal(null);
  });

  it('are given back as if they had never been', async () => {
    const endpoint = await addEndpoint(db, url);
    const [id] = await enqueue(db, endpoint);
    const [claimed] = await claimDue(session());
    await giveBack(session(), [{ ...claimed!, lease: v4() }]);
    expect(await claimDue(session()), 'given back with a foreign lease').to.deep.equal([]);
    await giveBack(session(), [claimed!]);
    const [again] = await claimDue(session());
    expect(again).to.include({ id, starts: 1 });
  });

  describe('when finished', () => {
    it('are logged and gone', async () => {
      const endpoint = await addEndpoint(db, url);
      const ids = await enqueue(db, endpoint, payloads(3));
      const claimed = await claimDue(session());
      const recorded = await write(claimed.map((each) => finish(each)));
      expect(recorded.map(({ number, dueAt }) => ({ number, dueAt }))).to.deep.equal(
        Array(3).fill({ number: 1, dueAt: null }),
      );
      expect(await count(db, 'delivery')).to.equal(0);
      expect(new Set((await attempts(db)).map((each) => each.delivery_id))).to.deep.equal(new Set(ids));
    });

    it('wait for their retry by the clock of the database', async () => {
      const [id] = await enqueue(db, await addEndpoint(db, url));
      const [claimed] = await claimDue(session());
      const verdict = { verdict: 'retry', reason: 'http_500', retryDelayMs: 90_000 } as const;
      const [recorded] = await write([finish(claimed!, { verdict, status: 500 })]);
      const { rows } = await db.query(
        `select id, attempts, extract(epoch from due_at - now())::float8 as seconds, due_at from rowhook.delivery_waiting`,
      );
      expect(rows[0]).to.include({ id, attempts: 1 });
      expect(rows[0]?.seconds).to.be.within(80, 90);
      expect(recorded?.dueAt).to.deep.equal(rows[0]?.due_at);
      expect((await attempts(db))[0]?.due_at).to.deep.equal(rows[0]?.due_at);
      expect(await count(db, 'delivery')).to.equal(0);
    });

    it('have the number that the attempts before them leave', async () => {
      await enqueue(db, await addEndpoint(db, url));
      await db.query('update rowhook.delivery set attempts = 2, starts = 2');
      const [claimed] = await claimDue(session());
      const [recorded] = await write([finish(claimed!)]);
      expect(recorded?.number).to.equal(3);
      expect((await attempts(db))[0]?.number).to.equal(3);
    });

    it('are logged with how long each part of the request took', async () => {
      await enqueue(db, await addEndpoint(db, url), payloads(2));
      const [first, second] = await claimDue(session());
      await write([finish(first!, { phases: { wait: 3.5, body: 0.2 } }), finish(second!)]);
      const { rows } = await db.query('select phases from rowhook.attempt order by phases is null');
      expect(rows).to.deep.equal([{ phases: { wait: 3.5, body: 0.2 } }, { phases: null }]);
    });

    it('change nothing with a lease that somebody else has taken over', async () => {
      await enqueue(db, await addEndpoint(db, url), payloads(2));
      const [stale, fresh] = await claimDue(session(), { defaultTimeoutMs: 0 });
      const [again] = await claimDue(session());
      const recorded = await write([finish(stale!), finish(fresh!)]);
      expect(recorded).to.deep.equal([]);
      expect(await count(db, 'delivery')).to.equal(2);
      expect(await count(db, 'attempt')).to.equal(0);
      const held = finish(again!);
      const [only, ...others] = await write([finish(stale!), held]);
      expect([only?.attemptId, others.length]).to.deep.equal([held.attemptId, 0]);
      expect(await count(db, 'attempt')).to.equal(1);
    });

    it('do not wait for one that somebody else has locked', async () => {
      await enqueue(db, await addEndpoint(db, url), payloads(2));
      const [held, free] = await claimDue(session());
      const other = await db.pool.connect();
      await other.query('begin');
      await other.query('select from rowhook.delivery where id = $1 for update', [held!.id]);
      const first = await record(session(), [finish(held!), finish(free!)]);
      expect([first.recorded.length, first.locked.size]).to.deep.equal([1, 1]);
      await other.query('rollback');
      other.release();
      expect((await record(session(), [finish(held!)])).recorded).to.have.length(1);
    });

    it('are not taken for written where the answer says nothing of them', async () => {
      await enqueue(db, await addEndpoint(db, url));
      const [claimed] = await claimDue(session());
      const silent: Session = { query: async () => ({ rows: [] }), close() {} };
      const failure = await record(silent, [finish(claimed!)]).catch((error: Error) => error);
      expect(failure).to.be.an('error');
    });

    it('keep their result when the lease is over but nobody has taken it', async () => {
      await enqueue(db, await addEndpoint(db, url));
      const [claimed] = await claimDue(session(), { defaultTimeoutMs: 0 });
      expect(await write([finish(claimed!)])).to.have.length(1);
    });
  });
});
