import { expect } from 'chai';
import { bringStrays, bringUnordered } from '../../src/delivery/queue/behind.ts';
import { type Claimed, claim } from '../../src/delivery/queue/claim.ts';
import { giveBack } from '../../src/delivery/queue/give-back.ts';
import { type Finished, record } from '../../src/delivery/queue/record.ts';
import { moveDueRetries } from '../../src/delivery/queue/retries.ts';
import type { Session, Statement } from '../../src/delivery/queue/session.ts';
import { redeliver } from '../../src/store/deliveries.ts';
import { listDeliveries } from '../../src/store/history.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import {
  addEndpoint,
  attempts,
  claimDue,
  claimRequest,
  count,
  enqueue,
  finish,
  openSession,
  payloads,
  poolSession,
  queueDatabase,
} from './queue.ts';

const url = 'http://127.0.0.1:9/';
const failed: Partial<Finished> = {
  verdict: { verdict: 'retry', reason: 'http_500', retryDelayMs: 60_000 },
  status: 500,
};

describe('deliveries in order by record', () => {
  let db: TestDatabase;
  let endpoint: string;

  beforeEach(async () => {
    db = await queueDatabase();
    endpoint = await addEndpoint(db, url);
    await db.query(`update rowhook.endpoint set ordering = 'record' where id = $1`, [endpoint]);
  });

  const session = (): Session => poolSession(db);
  const of = (key: string, deliveries = 1): Promise<string[]> =>
    enqueue(db, endpoint, payloads(deliveries), { key });
  const claimedIds = async (from = session()): Promise<string[]> =>
    (await claimDue(from)).map((each) => each.id);
  const end = async (delivery: Claimed | undefined, more: Partial<Finished> = {}, from = session()) =>
    record(from, [finish(delivery!, more)]);
  const stateOf = async (id: string): Promise<string | undefined> =>
    (await listDeliveries(db.pool, {})).deliveries.find((each) => each.id === id)?.state;

  /** Sessions that wait for a lock that a test or a statement took by name. */
  const lockWaiters = async (): Promise<number> =>
    (
      await db.query<{ waiters: number }>(
        `select count(*)::int as waiters from pg_locks where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`,
      )
    ).rows[0]!.waiters;

  it('go out one of each record at a time', async () => {
    const [first] = await of('1', 3);
    const [other] = await of('2', 2);
    const unordered = await enqueue(db, endpoint, payloads(2));
    expect(await claimedIds()).to.have.members([first, other, ...unordered]);
    expect(await claimedIds()).to.deep.equal([]);
    expect(await count(db, 'delivery_behind')).to.equal(3);
  });

  it('and others of the same record to other endpoints beside them', async () => {
    const loose = await addEndpoint(db, url);
    await of('1', 2);
    await enqueue(db, loose, payloads(2), { key: '1' });
    expect(await claimedIds()).to.have.length(3);
  });

  it('the next one when the first one has succeeded or is exhausted, also from far behind', async () => {
    const ids = await of('1', 3);
    const [first] = await claimDue(session());
    expect(await end(first)).to.include({ brought: 1 });
    const [second] = await claimDue(session());
    expect(second).to.include({ id: ids[1], record: 'person:1' });
    await end(second, { verdict: { verdict: 'exhausted', reason: 'http_500' } });
    expect(await claimedIds()).to.deep.equal([ids[2]]);
  });

  it('not while the first one waits for its retry, which is in order too', async () => {
    const ids = await of('1', 2);
    const [first] = await claimDue(session());
    expect(await end(first, failed)).to.include({ brought: 0 });
    expect(await claimedIds()).to.deep.equal([]);
    const later = await of('1');
    expect(await claimedIds(), 'one that comes meanwhile').to.deep.equal([]);
    await db.query(`update rowhook.delivery_waiting set due_at = now()`);
    await moveDueRetries(db.pool, new Date(0));
    const [again] = await claimDue(session());
    expect(again).to.include({ id: ids[0], record: 'person:1', attempts: 1, lane: 1 });
    await end(again);
    const [second] = await claimDue(session());
    expect(second).to.include({ id: ids[1], lane: 0 });
    await end(second);
    expect(await claimedIds()).to.deep.equal(later);
  });

  it('the first one again when its lease is over or given back, and never a later one', async () => {
    const [first] = await of('1', 2);
    const [claimed] = await claimDue(session(), { defaultTimeoutMs: 0 });
    expect(claimed).to.include({ id: first });
    const [again] = await claimDue(session());
    expect(again).to.include({ id: first });
    await giveBack(session(), [again!]);
    expect(await claimedIds()).to.deep.equal([first]);
  });

  it('as soon as an endpoint is sent them all at once', async () => {
    const ids = await of('1', 3);
    await claimedIds();
    await db.query(`update rowhook.endpoint set ordering = 'none'`);
    expect(await bringUnordered(db.pool)).to.equal(2);
    expect(await claimedIds()).to.have.members(ids.slice(1));
    expect(await bringUnordered(db.pool)).to.equal(0);
  });

  describe('none is forgotten behind one that ends at the same time', () => {
    it('while that one is being recorded it is not put behind it', async () => {
      const [first, second] = await of('1', 2);
      const [claimed] = await claimDue(session(), { turns: onlyOne });
      expect(claimed).to.include({ id: first });
      const recording = await openSession(db);
      await end(claimed, {}, recording);
      expect(await claimedIds()).to.deep.equal([]);
      expect(await count(db, 'delivery_behind')).to.equal(0);
      await recording.commit();
      expect(await claimedIds()).to.deep.equal([second]);
    });

    it('while it is being put behind it, that one is not recorded', async () => {
      const [first, second] = await of('1', 2);
      const [claimed] = await claimDue(session(), { turns: onlyOne });
      expect(claimed).to.include({ id: first });
      const claiming = await openSession(db);
      expect(await claimDue(claiming)).to.deep.equal([]);
      const { recorded, locked } = await end(claimed);
      expect([recorded.length, locked.size]).to.deep.equal([0, 1]);
      await claiming.commit();
      expect(await end(claimed)).to.include({ brought: 1 });
      expect(await claimedIds()).to.deep.equal([second]);
    });

    it('when it was put behind it after the recording had begun', async () => {
      const [, second] = await of('1', 2);
      const [claimed] = await claimDue(session(), { turns: onlyOne });
      const gate = await openSession(db);
      await gate.query({ text: 'select pg_advisory_xact_lock(77)' }, []);
      const recording = end(claimed, {}, waitingFor(77));
      await waitUntil(async () => (await lockWaiters()) === 1, { what: 'the statement to have begun' });
      expect(await claimedIds()).to.deep.equal([]);
      expect(await count(db, 'delivery_behind')).to.equal(1);
      await gate.commit();
      expect(await recording).to.include({ brought: 1 });
      expect(await claimedIds()).to.deep.equal([second]);
    });

    /** Only room for one. */
    const onlyOne = [
      { limit: 1, afterEndpoint: '0' },
      { limit: 0, afterEndpoint: '0' },
      { limit: 0, afterEndpoint: '0' },
    ] as const;
    /** Statements that have their snapshot, and then wait for this lock before they look at anything. */
    const waitingFor = (lock: number): Session => ({
      query: (statement: Statement, values) => {
        const text = statement.text.replace(
          /with finished as materialized \(\s*select \*\s*from/,
          `with step as materialized (select pg_advisory_xact_lock(${lock})), finished as materialized (
             select finished.* from step,`,
        );
        expect(text).to.contain('step');
        return db.pool.query({ text, values: [...values] });
      },
      close() {},
    });
  });

  describe('one that is sent again by hand', () => {
    let old: string;
    beforeEach(async () => {
      [old] = (await of('1')) as [string];
      const [claimed] = await claimDue(session());
      await end(claimed);
    });

    it('goes at once where nothing of its record is under way, and holds what comes later', async () => {
      await redeliver(db.pool, old);
      await of('1');
      const [again, ...more] = await claimDue(session());
      expect([again?.id, again?.lane, more.length]).to.deep.equal([old, 2, 0]);
    });

    it('else goes next, before all that came later', async () => {
      const [later, last] = await of('1', 2);
      const [claimed] = await claimDue(session());
      expect(claimed).to.include({ id: later });
      await redeliver(db.pool, old);
      expect(await stateOf(old)).to.equal('behind');
      expect(await claimedIds()).to.deep.equal([]);
      await end(claimed);
      const [again] = await claimDue(session());
      expect(again).to.include({ id: old, lane: 2, attempts: 1, starts: 2 });
      await end(again);
      expect(await claimedIds()).to.deep.equal([last]);
    });

    it('is not sent beside one that is being claimed', async () => {
      await of('1');
      const claiming = await openSession(db);
      expect(await claimDue(claiming)).to.have.length(1);
      const again = redeliver(db.pool, old);
      await waitUntil(async () => (await lockWaiters()) === 1, { what: 'it to wait for the claim' });
      await claiming.commit();
      await again;
      expect(await claimedIds()).to.deep.equal([]);
      expect(await stateOf(old)).to.equal('behind');
    });

    it('is due once, whoever else asks for it', async () => {
      await of('1');
      await claimedIds();
      const asked = await Promise.allSettled([redeliver(db.pool, old), redeliver(db.pool, old)]);
      const outcomes = asked.map((each) =>
        each.status === 'fulfilled' ? 'queued' : (each.reason.code ?? each.reason),
      );
      expect(outcomes).to.have.members(['queued', 'delivery_pending']);
      expect(await count(db, 'delivery_behind')).to.equal(1);
    });
  });

  describe('what waits behind one that went away without an end', () => {
    it('comes back, the first of it', async () => {
      const ids = await of('1', 3);
      await of('2', 2);
      await claimedIds();
      await db.query('delete from rowhook.delivery where id = $1', [ids[0]]);
      expect(await bringStrays(db.pool, undefined)).to.deep.equal({ brought: 1, next: undefined });
      expect(await claimedIds()).to.deep.equal([ids[1]]);
      expect(await bringStrays(db.pool, undefined)).to.deep.equal({ brought: 0, next: undefined });
    });

    it('and nothing that waits behind a retry', async () => {
      await of('1', 2);
      const [first] = await claimDue(session());
      await end(first, failed);
      expect(await bringStrays(db.pool, undefined)).to.deep.equal({ brought: 0, next: undefined });
    });

    it('however many records there are, so many at a time', async () => {
      const ids = [...(await of('1', 2)), ...(await of('2', 2)), ...(await of('3', 2))];
      await claimedIds();
      await db.query('delete from rowhook.delivery');
      const first = await bringStrays(db.pool, undefined, 2);
      expect(first).to.deep.equal({ brought: 2, next: { endpointId: endpoint, record: 'person:2' } });
      expect(await bringStrays(db.pool, first.next, 2)).to.deep.equal({ brought: 1, next: undefined });
      expect(await claimedIds()).to.deep.equal([ids[1], ids[3], ids[5]]);
    });
  });

  it('do not hold up others, however many wait behind one', async () => {
    const ids = await of('1', 900);
    const other = await addEndpoint(db, url);
    const [fresh] = await enqueue(db, other);
    const { deliveries, cut } = await claim(session(), claimRequest());
    expect(deliveries.map((each) => each.id)).to.deep.equal([ids[0], fresh]);
    expect(cut, 'and it says that it is worth another one').to.equal(true);
    const behind = await count(db, 'delivery_behind');
    expect(behind).to.be.within(1, 500);
    while ((await claim(session(), claimRequest())).cut);
    expect(await count(db, 'delivery_behind')).to.equal(899);
  });

  it('are each sent once, in order and one at a time, however many claim them', async () => {
    const expected = new Map<string, string[]>();
    for (let n = 0; n < 6; n += 1) expected.set(`person:${n}`, await of(String(n), 12));
    const inFlight = new Set<string>();
    const sent = new Map<string, string[]>();
    let left = 72;
    const work = async (): Promise<void> => {
      while (left > 0) {
        const claimed = await claimDue(session(), { roomOfOthers: 3 });
        for (const { record: of } of claimed) {
          expect(inFlight.has(of!), `two of ${of} at a time`).to.equal(false);
          inFlight.add(of!);
        }
        for (const delivery of claimed) {
          sent.set(delivery.record!, [...(sent.get(delivery.record!) ?? []), delivery.id]);
          // While it is being recorded the next one may be claimed already.
          inFlight.delete(delivery.record!);
          while ((await end(delivery)).locked.size > 0);
          left -= 1;
        }
      }
    };
    await Promise.all([work(), work(), work()]);
    expect(sent).to.deep.equal(expected);
    expect(await count(db, 'delivery_behind')).to.equal(0);
    expect(await attempts(db)).to.have.length(72);
  });
});
