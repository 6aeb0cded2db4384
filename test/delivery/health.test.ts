import { expect } from 'chai';
import { type End, endOf, type Note, noteOf, unsentEnd } from '../../src/delivery/health/breaker.ts';
import { noteHealth, type Standing } from '../../src/delivery/health/health.ts';
import type { Claimed } from '../../src/delivery/queue/claim.ts';
import type { Finished } from '../../src/delivery/queue/record.ts';
import type { TestDatabase } from '../support/database.ts';
import { claimed } from './claimed.ts';
import * as queue from './queue.ts';

const succeeded = (delivery: Claimed): End => ({
  delivery,
  outcome: 'succeeded',
  pauseMs: 0,
  slowDown: false,
});
const failed = (delivery: Claimed, more: Partial<End> = {}): End => ({
  delivery,
  outcome: 'failed',
  pauseMs: 0,
  slowDown: false,
  ...more,
});
const noteOfAll = (ends: readonly End[]): Note => {
  let note: Note | undefined;
  for (const end of ends) note = noteOf(note, end);
  return note as Note;
};

describe('what the ends of deliveries say of their endpoint', () => {
  const [one, other] = claimed('1', 2, { attempts: 3 }) as [Claimed, Claimed];
  const [probe] = claimed('1', 1, { probe: true }) as [Claimed];

  for (const [what, ends, expected] of [
    ['one failure', [failed(one)], { successes: 0, failures: 1, ofOne: 4, probe: null }],
    ['failures of several deliveries', [failed(one), failed(other)], { failures: 2, ofOne: 0 }],
    ['a success after failures', [failed(one), succeeded(other)], { successes: 1, failures: 0, ofOne: 0 }],
    ['a failure after a success', [failed(one), succeeded(one), failed(other)], { failures: 1, ofOne: 4 }],
    [
      'a pause that was asked for, and a longer one',
      [failed(one, { pauseMs: 5 }), failed(other, { pauseMs: 9 }), failed(one)],
      { pauseMs: 9 },
    ],
    [
      'too much to do, once',
      [failed(one, { slowDown: true }), succeeded(other)],
      { slowDown: true, successes: 1 },
    ],
    ['a probe that failed', [failed(probe)], { failures: 1, probe: 'failed' }],
    ['a probe, then a success', [failed(probe), succeeded(one)], { failures: 0, probe: null }],
    ['a probe that was not sent', [unsentEnd(probe)], { failures: 0, successes: 0, probe: 'unsent' }],
    [
      'something else that was not sent',
      [failed(one), unsentEnd(other)],
      { failures: 1, ofOne: 4, probe: null },
    ],
  ] as const satisfies ReadonlyArray<readonly [string, readonly End[], Partial<Note>]>) {
    it(`${what}: ${JSON.stringify(expected)}`, () => {
      expect(noteOfAll(ends)).to.include(expected);
    });
  }

  const now = new Date('2026-03-14T09:26:53Z');
  const finished = (reason: string, status: number | null, headers: [string, string][] = []): Finished =>
    ({
      delivery: one,
      verdict: { verdict: reason === 'success' ? 'succeeded' : 'retry', reason },
      status,
      responseHeaders: headers,
    }) as unknown as Finished;

  for (const [what, result, heeds, expected] of [
    ['200', finished('success', 200, [['Retry-After', '5']]), true, { outcome: 'succeeded', pauseMs: 0 }],
    ['500', finished('http_500', 500), true, { outcome: 'failed', pauseMs: 0, slowDown: false }],
    ['404 with Retry-After', finished('http_404', 404, [['Retry-After', '5']]), true, { pauseMs: 5_000 }],
    ['302 with Retry-After', finished('redirect', 302, [['Retry-After', '5']]), true, { pauseMs: 5_000 }],
    [
      'Retry-After that is not heeded',
      finished('http_503', 503, [['Retry-After', '5']]),
      false,
      { pauseMs: 0, slowDown: true },
    ],
    ['429', finished('http_429', 429), true, { slowDown: true }],
    [
      'no end of an answer',
      finished('timeout', 503, [['Retry-After', '5']]),
      true,
      { outcome: 'failed', pauseMs: 0, slowDown: false },
    ],
  ] as const) {
    it(`of ${what}: ${JSON.stringify(expected)}`, () => {
      expect(endOf(result, heeds, now)).to.include(expected);
    });
  }
});

describe('the health of an endpoint', () => {
  let db: TestDatabase;
  let endpoint: string;
  beforeEach(async () => {
    db = await queue.queueDatabase();
    endpoint = await queue.addEndpoint(db, 'http://127.0.0.1:1/');
  });

  interface Row {
    failures: number;
    failing: number | null;
    open: number | null;
    probes: number;
    paused: number | null;
    throttle: number | null;
  }
  /** Times are seconds from now, rounded. */
  const row = async (): Promise<Row | undefined> => {
    const seconds = (column: string) => `round(extract(epoch from ${column} - clock_timestamp()))::int`;
    const { rows } = await db.query<Row>(
      `select failures, ${seconds('failing_since')} as failing, ${seconds('open_until')} as open, probes,
              ${seconds('paused_until')} as paused, throttle
         from rowhook.endpoint_health where endpoint_id = $1`,
      [endpoint],
    );
    return rows[0];
  };
  const set = (values: string) =>
    db
      .query(`insert into rowhook.endpoint_health (endpoint_id) values ($1) on conflict do nothing`, [
        endpoint,
      ])
      .then(() =>
        db.query(`update rowhook.endpoint_health set ${values} where endpoint_id = $1`, [endpoint]),
      );
  const note = async (more: Partial<Note>): Promise<Standing | undefined> => {
    const [delivery] = claimed(endpoint, 1) as [Claimed];
    const full: Note = {
      delivery,
      successes: 0,
      failures: 0,
      ofOne: 0,
      pauseMs: 0,
      slowDown: false,
      probe: null,
      ...more,
    };
    const { standings, left } = await noteHealth(queue.poolSession(db), [full], 5);
    expect([...left]).to.deep.equal([]);
    return standings[0];
  };

  it('opens the breaker after ten failures in a row, over all that noted some', async () => {
    expect(await note({ failures: 4 })).to.include({ failures: 4, waits: false, turned: null, well: false });
    expect(await note({ failures: 5 })).to.include({ failures: 9, waits: false });
    expect(await note({ failures: 1 })).to.include({ failures: 10, waits: true, turned: 'opened' });
    expect(await row()).to.deep.include({ failures: 10, failing: 0, open: 5, probes: 0 });
    expect(await note({ failures: 3 }), 'what was under way').to.include({ waits: true, turned: null });
    expect((await row())?.open).to.equal(5);
  });

  it('does not open it for one delivery alone, however often that has failed', async () => {
    expect(await note({ failures: 1, ofOne: 11 })).to.include({ turned: null });
    await set('failures = 10');
    expect(await note({ failures: 1, ofOne: 11 })).to.include({ failures: 11, turned: null, waits: false });
    expect(await note({ failures: 1, ofOne: 11 }), 'another one').to.include({
      failures: 12,
      turned: 'opened',
    });
  });

  it('begins anew with a success', async () => {
    await note({ failures: 9 });
    expect(await note({ successes: 1 })).to.include({ failures: 0, well: true });
    expect(await row()).to.deep.include({ failures: 0, failing: null });
    await note({ failures: 9 });
    expect(await note({ successes: 1, failures: 3 })).to.include({ failures: 3, well: false, waits: false });
  });

  it('waits longer after each probe that fails, up to a minute', async () => {
    await note({ failures: 10 });
    for (const [probes, seconds] of [
      [1, 10],
      [2, 20],
      [3, 40],
      [4, 60],
      [5, 60],
    ] as const) {
      expect(await note({ failures: 1, probe: 'failed' })).to.include({ waits: true, turned: null });
      expect(await row()).to.deep.include({ probes, open: seconds });
    }
    await set('probes = 2147483647 - 1');
    expect(await note({ failures: 1, probe: 'failed' })).to.include({ waits: true });
  });

  it('lets another probe go at once where one was not sent', async () => {
    await note({ failures: 10 });
    expect(await note({ probe: 'unsent' })).to.include({ waits: false, turned: null, failures: 10 });
    expect((await row())?.open).to.equal(0);
  });

  it('closes the breaker with any success, and leaves nothing of it', async () => {
    await note({ failures: 12, slowDown: true });
    await note({ failures: 1, probe: 'failed' });
    expect(await note({ successes: 1 })).to.include({
      turned: 'closed',
      waits: false,
      well: true,
      throttle: null,
    });
    expect(await row()).to.deep.equal({
      failures: 0,
      failing: null,
      open: null,
      probes: 0,
      paused: null,
      throttle: null,
    });
    await note({ failures: 10 });
    expect(await row()).to.deep.include({ probes: 0, open: 5 });
  });

  it('is paused as its receiver asks, and never shorter for what came later', async () => {
    expect(await note({ failures: 1, pauseMs: 60_000 })).to.include({ waits: true, well: false });
    expect(await note({ failures: 1, pauseMs: 1_000 })).to.include({ waits: true });
    expect(await note({ successes: 1 })).to.include({ waits: true, well: false });
    expect((await row())?.paused).to.equal(60);
    await set(`paused_until = now() - interval '1 second'`);
    expect(await note({ successes: 1 })).to.include({ waits: false, well: true });
    expect((await row())?.paused).to.equal(null);
  });

  it('is slowed down by half, once a second at most, and not below one in two seconds', async () => {
    expect(await note({ failures: 1, slowDown: true })).to.include({ throttle: 32, well: false });
    expect(await note({ failures: 1, slowDown: true }), 'in the same second').to.include({ throttle: 32 });
    for (const throttle of [16, 8, 4, 2, 1, 0.5, 0.5]) {
      await set(`failures = 0, throttled_at = now() - interval '1.1 seconds'`);
      expect(await note({ failures: 1, slowDown: true })).to.include({ throttle });
    }
  });

  it('is slowed down from the rate that it is set to', async () => {
    await db.query('update rowhook.endpoint set rate = 6');
    expect(await note({ failures: 1, slowDown: true })).to.include({ throttle: 3 });
    await set(`throttle = 5.9, throttled_at = now() - interval '1 hour'`);
    expect(await note({ successes: 2 }), 'its own rate is the lower one').to.include({
      throttle: null,
      well: true,
    });
  });

  it('gets faster by half a request a second in each second, until it needs no throttle', async () => {
    await set(`throttle = 8, throttled_at = now() - interval '1 hour'`);
    expect(await note({ successes: 8 })).to.include({ throttle: 8.5, well: false });
    await set('throttle = 63.9');
    expect(await note({ successes: 64 })).to.include({ throttle: null, well: true });
  });

  it('is failing once it has failed for days, and often', async () => {
    await set(`failures = 30, failing_since = now() - interval '119 hours'`);
    expect(await note({ failures: 1 })).to.include({ failing: false });
    await set(`failures = 18, failing_since = now() - interval '121 hours'`);
    expect(await note({ failures: 1 })).to.include({ failing: false, failures: 19 });
    expect(await note({ failures: 1 })).to.include({ failing: true, failures: 20 });
    expect(await note({ successes: 1, failures: 20 }), 'it has succeeded since').to.include({
      failing: false,
    });
  });

  it('has no row while all is well, and none once the endpoint is gone', async () => {
    expect(await note({ successes: 3 })).to.include({ well: true });
    expect(await row()).to.equal(undefined);
    await db.query('delete from rowhook.endpoint');
    expect(await note({ failures: 3 })).to.equal(undefined);
    expect(await row()).to.equal(undefined);
  });

  it('is noted later where its row is locked, with nobody waiting for it', async () => {
    const other = await queue.addEndpoint(db, 'http://127.0.0.1:2/');
    await note({ failures: 1 });
    const client = await db.pool.connect();
    await client.query('begin');
    await client.query('select from rowhook.endpoint_health for update');
    const notes = [endpoint, other].map((id) => noteOf(undefined, failed(claimed(id, 1)[0] as Claimed)));
    const { standings, left } = await noteHealth(queue.poolSession(db), notes, 5);
    await client.query('rollback');
    client.release();
    expect(standings.map((each) => each.endpointId)).to.deep.equal([other]);
    expect([...left]).to.deep.equal([endpoint]);
    expect((await row())?.failures).to.equal(1);
  });
});
