import { expect } from 'chai';
import { begin } from '../../src/delivery/queue/begin.ts';
import { claim } from '../../src/delivery/queue/claim.ts';
import { giveBack } from '../../src/delivery/queue/give-back.ts';
import { releaseKept } from '../../src/delivery/queue/keep.ts';
import type { Session } from '../../src/delivery/queue/session.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import {
  addEndpoint,
  claimDue,
  claimRequest,
  enqueue,
  openSession,
  payloads,
  poolSession,
  queueDatabase,
} from './queue.ts';

const url = 'http://127.0.0.1:9/';
const mine = '00000000-0000-4000-8000-00000000000a';
const theirs = '00000000-0000-4000-8000-00000000000b';

describe('claims, of endpoints', () => {
  let db: TestDatabase;
  let endpoint: string;

  beforeEach(async () => {
    db = await queueDatabase();
    endpoint = await addEndpoint(db, url);
  });

  const session = (): Session => poolSession(db);
  const set = (settings: string): Promise<unknown> =>
    db.query(`update rowhook.endpoint set ${settings} where id = $1`, [endpoint]);
  /** Seconds from now for each time, or another value. */
  const health = (values: Record<string, string>): Promise<unknown> =>
    db.query(
      `insert into rowhook.endpoint_health (endpoint_id, ${Object.keys(values)}) values ($1, ${Object.values(values)})
       on conflict (endpoint_id) do update set (${Object.keys(values)}) = row(${Object.values(values)})`,
      [endpoint],
    );
  const claimedBy = async (keeper: string, from = session()): Promise<number> =>
    (await claimDue(from, { keeper, roomOfOthers: 1 })).length;
  const secondsLeft = async (column: string): Promise<number | null> =>
    (
      await db.query<{ left: number | null }>(
        `select extract(epoch from ${column} - now())::float8 as left from rowhook.endpoint_health where endpoint_id = $1`,
        [endpoint],
      )
    ).rows[0]!.left;

  describe('that are held', () => {
    const states: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
      ['disabled', () => set('active = false')],
      ['paused by a person', () => set('paused_at = now()')],
      ['paused as they asked', () => health({ paused_until: `now() + interval '1 minute'` })],
      ['behind an open breaker', () => health({ open_until: `now() + interval '1 minute'` })],
    ];
    for (const [name, hold] of states) {
      it(`bring nothing: ${name}`, async () => {
        await enqueue(db, endpoint);
        await hold();
        expect(await claimDue(session())).to.deep.equal([]);
        const lanes = [{ lane: 0, endpointId: endpoint, room: 5, after: null }] as const;
        expect(await claimDue(session(), { full: false, lanes })).to.deep.equal([]);
        await set('active = true, paused_at = null');
        await db.query('delete from rowhook.endpoint_health');
        expect(await claimDue(session())).to.have.length(1);
      });
    }

    it('bring all again once a pause is over', async () => {
      await enqueue(db, endpoint, payloads(3));
      await health({ paused_until: 'now()' });
      const claimed = await claimDue(session());
      expect(claimed.map(({ unwell, probe }) => ({ unwell, probe }))).to.deep.equal(
        Array(3).fill({ unwell: true, probe: false }),
      );
    });
  });

  it('bring what they are set to at that moment, and how they are', async () => {
    await enqueue(db, endpoint, payloads(2));
    const [plain] = await claimDue(session(), { roomOfOthers: 1 });
    expect(plain).to.deep.include({ unwell: false, probe: false, counted: true, slot: 0, bytes: 10 });
    expect(plain?.settings).to.deep.equal({
      concurrency: null,
      rate: null,
      timeoutMs: null,
      schedule: null,
      ordering: 'none',
      headers: null,
      clientCertificate: null,
      clientKey: null,
      ca: null,
      proxy: null,
    });
    await set(`concurrency = 3, rate = 20, timeout_ms = 700, schedule = '{5000,60000}', ordering = 'record', headers = 'h',
      client_certificate = 'c', client_key = 'k', ca = 'a', proxy = 'p'`);
    await health({ throttle: '7.5', failures: '1' });
    const [changed] = await claimDue(session());
    expect(changed).to.deep.include({ unwell: true });
    expect(changed?.settings).to.deep.equal({
      concurrency: 3,
      rate: 7.5,
      timeoutMs: 700,
      schedule: [5_000, 60_000],
      ordering: 'record',
      headers: 'h',
      clientCertificate: 'c',
      clientKey: 'k',
      ca: 'a',
      proxy: 'p',
    });
  });

  it('lease for as long as a request to them may take, and margins', async () => {
    const patient = await addEndpoint(db, url);
    await db.query('update rowhook.endpoint set timeout_ms = 60000 where id = $1', [patient]);
    await enqueue(db, endpoint);
    await enqueue(db, patient);
    await claimDue(session(), { defaultTimeoutMs: 20_000, marginMs: 5_000 });
    const { rows } = await db.query<{ seconds: number }>(
      'select extract(epoch from leased_until - now())::float8 as seconds from rowhook.delivery order by endpoint_id',
    );
    expect(rows[0]?.seconds).to.be.within(25, 30);
    expect(rows[1]?.seconds).to.be.within(65, 70);
  });

  describe('with a limit over all daemons', () => {
    for (const [name, limit] of [
      ['requests at a time', () => set('concurrency = 2')],
      ['requests a second', () => set('rate = 5')],
      ['requests a second, for now', () => health({ throttle: '5' })],
    ] as const) {
      it(`are left to one dispatcher: ${name}`, async () => {
        await limit();
        await enqueue(db, endpoint, payloads(8));
        expect(await claimedBy(mine)).to.equal(1);
        expect(await claimedBy(theirs)).to.equal(0);
        expect(await claimedBy(mine)).to.equal(1);
        expect(await secondsLeft('kept_until')).to.be.greaterThan((await longestLease())!);
      });
    }
    const longestLease = async (): Promise<number | undefined> =>
      (
        await db.query<{ left: number }>(
          'select max(extract(epoch from leased_until - now()))::float8 as left from rowhook.delivery',
        )
      ).rows[0]?.left;

    const waitsForLock = async (): Promise<boolean> =>
      (
        await db.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).rows.length > 0;
    for (const known of [false, true]) {
      it(`to one alone, when two begin at the same time${known ? ' with one that had failed before' : ''}`, async () => {
        await set('concurrency = 2');
        if (known) await health({ failures: '1' });
        await enqueue(db, endpoint, payloads(8));
        const first = await openSession(db);
        expect(await claimedBy(mine, first)).to.equal(1);
        // Where there is a row to lock it does not wait for the other one to be through.
        const second = claimedBy(theirs);
        if (known) expect(await second).to.equal(0);
        else
          await waitUntil(waitsForLock, {
            what: 'the second one to wait for the row that the first one makes',
          });
        await first.commit();
        expect(await second).to.equal(0);
        expect(await claimedBy(theirs)).to.equal(0);
      });
    }

    it('to another one when its time is over, or as soon as it lets go', async () => {
      await set('concurrency = 2');
      await enqueue(db, endpoint, payloads(8));
      await claimedBy(mine);
      await health({ kept_until: `now() - interval '1 second'` });
      expect(await claimedBy(theirs)).to.equal(1);
      expect(await claimedBy(mine)).to.equal(0);
      await releaseKept(session(), mine);
      expect(await claimedBy(mine), 'it lets go of its own only').to.equal(0);
      await releaseKept(session(), theirs);
      expect(await claimedBy(mine)).to.equal(1);
    });

    it('by no more than can start before the leases are too old', async () => {
      await enqueue(db, endpoint, payloads(20));
      const claimed = async (): Promise<number> => {
        const { length } = await claimDue(session(), { roomOfOthers: 10, marginMs: 2_000 });
        await db.query('update rowhook.delivery set lease = null, leased_until = null');
        return length;
      };
      await set('concurrency = 4');
      expect(await claimed()).to.equal(4);
      await set('concurrency = null, rate = 0.2');
      expect(await claimed()).to.equal(1);
      await set('rate = 3');
      expect(await claimed()).to.equal(7);
    });

    it('without a write for each claim', async () => {
      await set('concurrency = 2');
      await enqueue(db, endpoint, payloads(8));
      const version = async (): Promise<unknown> =>
        (await db.query('select xmin, xmax from rowhook.endpoint_health')).rows;
      await claimedBy(mine);
      const before = await version();
      await claimedBy(mine);
      expect(await version()).to.deep.equal(before);
    });
  });

  describe('whose breaker was open for long enough', () => {
    beforeEach(async () => {
      await enqueue(db, endpoint, payloads(5));
      await enqueue(db, endpoint, payloads(5), { lane: 1 });
      await enqueue(db, endpoint, payloads(5), { lane: 2 });
      await health({ open_until: `now() - interval '1 second'`, failures: '10' });
    });

    it('bring one delivery, as a probe, over all lanes', async () => {
      const claimed = await claimDue(session(), { keeper: mine });
      expect(claimed.map(({ probe, unwell }) => ({ probe, unwell }))).to.deep.equal([
        { probe: true, unwell: true },
      ]);
      expect(await claimDue(session(), { keeper: theirs })).to.deep.equal([]);
      expect(await secondsLeft('open_until')).to.be.within(50, 60);
    });

    it('and one alone where two claim at the same time', async () => {
      const first = await openSession(db);
      expect(await claimDue(first)).to.have.length(1);
      expect(await claimDue(session())).to.deep.equal([]);
      await first.commit();
      expect(await claimDue(session())).to.deep.equal([]);
    });

    it('another one when the first one is given back, or never ends', async () => {
      const [probe] = await claimDue(session());
      await giveBack(session(), [probe!]);
      const [again] = await claimDue(session());
      expect(again).to.include({ id: probe?.id, probe: true, starts: 1 });
      await health({ open_until: 'now()' });
      expect(await claimDue(session())).to.have.length(1);
    });

    it('none where there is no room for it, and the next one sends it', async () => {
      expect(await claimDue(session(), { roomOfOthers: 0 })).to.deep.equal([]);
      expect(await claimDue(session())).to.have.length(1);
    });
  });

  describe('count a start', () => {
    const startsOf = async (id: string): Promise<number> =>
      (await db.query<{ starts: number }>('select starts from rowhook.delivery where id = $1', [id])).rows[0]!
        .starts;
    const lost = { defaultTimeoutMs: 0 };

    it('while few were lost; from then on a start is counted when it begins', async () => {
      const [id] = (await enqueue(db, endpoint)) as [string];
      const seen = [];
      for (let n = 0; n < 4; n += 1) {
        const [claimed] = await claimDue(session(), lost);
        seen.push([claimed?.starts, claimed?.counted]);
      }
      expect(seen).to.deep.equal([
        [1, true],
        [2, true],
        [2, false],
        [2, false],
      ]);
      const [suspect] = await claimDue(session());
      expect(await begin(session(), suspect!)).to.equal(3);
      await giveBack(session(), [suspect!]);
      expect(await startsOf(id), 'given back after it had begun').to.equal(3);
    });

    it('that is taken back with the delivery, where the claim counted it', async () => {
      const [id] = (await enqueue(db, endpoint)) as [string];
      const [claimed] = await claimDue(session());
      await giveBack(session(), [claimed!]);
      expect(await startsOf(id)).to.equal(0);
    });

    it('never with a lease that is over or taken over', async () => {
      const [id] = (await enqueue(db, endpoint)) as [string];
      const [stale] = await claimDue(session(), lost);
      expect(await begin(session(), stale!)).to.equal(undefined);
      const [fresh] = await claimDue(session());
      expect(await begin(session(), { ...stale!, lease: stale!.lease })).to.equal(undefined);
      expect(await startsOf(id)).to.equal(2);
      expect(await begin(session(), fresh!)).to.equal(3);
    });

    it('and leave suspicious ones alone where none is wanted', async () => {
      await enqueue(db, endpoint);
      for (let n = 0; n < 2; n += 1) await claimDue(session(), lost);
      expect(await claimDue(session(), { suspicious: false })).to.deep.equal([]);
      expect(await claimDue(session())).to.have.length(1);
    });
  });

  describe('within a budget of bytes', () => {
    const kilobyte = JSON.stringify('x'.repeat(998));

    it('bring what fits, and give the rest back at once', async () => {
      const ids = await enqueue(db, endpoint, Array(6).fill(kilobyte));
      const { deliveries, cut } = await claim(session(), claimRequest({ bytes: 3_500 }));
      expect(deliveries.map(({ id, bytes }) => [id, bytes])).to.deep.equal(
        ids.slice(0, 3).map((id) => [id, 1_000]),
      );
      expect(deliveries.every(({ event }) => event?.payload === kilobyte)).to.equal(true);
      expect(cut).to.equal(true);
      const rest = await claim(session(), claimRequest({ bytes: 3_500 }));
      expect(rest.deliveries.map(({ id, starts }) => [id, starts])).to.deep.equal(
        ids.slice(3).map((id) => [id, 1]),
      );
      expect(rest.cut).to.equal(false);
    });

    it('bring one, however large, unless nothing fits at all', async () => {
      const [first] = await enqueue(db, endpoint, Array(2).fill(kilobyte));
      expect(await claimDue(session(), { bytes: 0 })).to.deep.equal([]);
      expect((await claimDue(session(), { bytes: 10 })).map(({ id }) => id)).to.deep.equal([first]);
    });

    it('let each lane have some of it', async () => {
      await enqueue(db, endpoint, Array(6).fill(kilobyte));
      await enqueue(db, endpoint, Array(6).fill(kilobyte), { lane: 1 });
      const lanes = (await claimDue(session(), { bytes: 4_000 })).map(({ lane }) => lane);
      expect(lanes).to.deep.equal([0, 0, 1, 1]);
    });
  });
});
