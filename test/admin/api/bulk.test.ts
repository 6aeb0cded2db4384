import { expect } from 'chai';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { failed, minutesAgo, queuedAgain } from '../../delivery/bulk-kit.ts';
import { addEndpoint } from '../../delivery/queue.ts';
import { sweeperKit } from '../../delivery/sweeper-kit.ts';
import { waitUntil } from '../../support/wait.ts';
import { type Asking, adminOf } from '../admin-kit.ts';

const url = 'http://127.0.0.1:9/';

describe('bulk jobs over the API', () => {
  const kit = sweeperKit();
  let asking: Asking;
  let endpoint: string;
  beforeEach(async () => {
    asking = adminOf(kit.db, siteStacker());
    endpoint = await addEndpoint(kit.db, url);
  });
  afterEach(() => asking.admin.close());

  const ask: Asking['ask'] = (...args) => asking.ask(...args);
  const scope = (minutes: number, until?: number) => ({
    endpointId: endpoint,
    since: minutesAgo(minutes).toISOString(),
    ...(until === undefined ? {} : { until: minutesAgo(until).toISOString() }),
  });
  const trail = async () =>
    (
      await kit.db.query(
        'select actor, action, endpoint_id::text as endpoint, target from rowhook.audit order by id',
      )
    ).rows;

  it('are counted, asked for, done by a daemon, and told of meanwhile', async () => {
    const ids = await failed(kit.db, endpoint, 3);
    const counted = await ask('POST', '/bulk-jobs/count', scope(60));
    expect(counted.status).to.equal(200);
    expect(counted.body).to.deep.include({ deliveries: { count: 3, atLeast: false } });
    expect(counted.body.keptFrom).to.equal(counted.body.since);
    expect(await queuedAgain(kit.db)).to.deep.equal([]);

    const made = await ask('POST', '/bulk-jobs', scope(20, 1));
    expect(made.status).to.equal(201);
    expect(made.body).to.deep.include({ total: { count: 0, atLeast: false }, keptFrom: null });
    const { body: job, status } = await ask('POST', '/bulk-jobs', scope(60, 21));
    expect(status).to.equal(201);
    expect(job).to.deep.include({
      endpointId: endpoint,
      endpointUrl: url,
      state: 'running',
      held: null,
      total: { count: 3, atLeast: false },
      done: 0,
      skipped: 0,
      reachedAt: null,
      createdBy: 'anna',
      endedAt: null,
      error: null,
    });
    expect(await trail()).to.deep.equal(
      [made.body.id, job.id].map((target) => ({ actor: 'anna', action: 'bulk_create', endpoint, target })),
    );

    const sweeper = kit.sweeperOf({ every: { bulk: 1_000 } });
    await sweeper.start();
    const shown = await waitUntil(
      async () => {
        const { body } = await ask('GET', `/bulk-jobs/${job.id}`);
        return body.state === 'done' ? body : undefined;
      },
      { what: 'the job to be done' },
    );
    await sweeper.stop();
    expect(shown).to.include({ done: 3, skipped: 0 });
    expect(await queuedAgain(kit.db)).to.deep.equal([...ids].sort());
  });

  it('are listed by the page, the newest first', async () => {
    const other = await addEndpoint(kit.db, url);
    const make = async (minutes: number, until: number, endpointId = endpoint): Promise<string> =>
      (await ask('POST', '/bulk-jobs', { ...scope(minutes, until), endpointId })).body.id;
    const made = [await make(60, 50), await make(50, 40), await make(50, 40, other), await make(40, 30)];
    const page = async (query: string) => {
      const { body } = await ask('GET', `/bulk-jobs${query}`);
      return [body.jobs.map(({ id }: { id: string }) => id), body.next];
    };
    expect(await page('')).to.deep.equal([[...made].reverse(), null]);
    expect(await page(`?endpoint=${endpoint}&limit=2`)).to.deep.equal([[made[3], made[1]], made[1]]);
    expect(await page(`?endpoint=${endpoint}&limit=2&before=${made[1]}`)).to.deep.equal([[made[0]], null]);
  });

  it('are cancelled, which is noted', async () => {
    await failed(kit.db, endpoint, 1);
    const { body: job } = await ask('POST', '/bulk-jobs', scope(60));
    const cancelled = await ask('POST', `/bulk-jobs/${job.id}/cancel`);
    expect([cancelled.status, cancelled.body.state]).to.deep.equal([200, 'cancelled']);
    expect(cancelled.body.endedAt).to.be.a('string');
    expect((await trail()).at(-1)).to.deep.equal({
      actor: 'anna',
      action: 'bulk_cancel',
      endpoint,
      target: job.id,
    });
  });

  it('are refused where they cannot be, and nothing is noted', async () => {
    const told = async (method: string, path: string, body?: unknown) => {
      const { status, body: problem } = await ask(method, path, body);
      return [status, problem.code, problem.where];
    };
    await ask('POST', '/bulk-jobs', scope(60));
    expect(await told('POST', '/bulk-jobs', scope(30))).to.deep.equal([409, 'bulk_running', undefined]);
    expect(await told('POST', '/bulk-jobs', scope(-5))).to.deep.equal([422, 'bulk_invalid', 'since']);
    expect(await told('POST', '/bulk-jobs/count', scope(5, 6))).to.deep.equal([422, 'bulk_invalid', 'until']);
    const elsewhere = { ...scope(5), endpointId: '99' };
    expect(await told('POST', '/bulk-jobs', elsewhere)).to.deep.equal([404, 'endpoint_unknown', undefined]);
    expect(await told('GET', '/bulk-jobs/99')).to.deep.equal([404, 'bulk_unknown', undefined]);
    expect(await told('POST', '/bulk-jobs/99/cancel')).to.deep.equal([404, 'bulk_unknown', undefined]);
    expect(
      (await told('POST', '/bulk-jobs', { endpointId: endpoint, since: 'yesterday' })).slice(0, 2),
    ).to.deep.equal([400, 'request_invalid']);
    expect(await trail()).to.have.length(1);
  });

  it('are for operators; viewers look', async () => {
    const { body: job } = await ask('POST', '/bulk-jobs', scope(60, 10));
    await asking.admin.close();
    asking = adminOf(kit.db, siteStacker(), { role: 'viewer' });
    for (const path of ['/bulk-jobs', `/bulk-jobs/${job.id}/cancel`]) {
      expect((await ask('POST', path, scope(5))).status, path).to.equal(403);
    }
    expect((await ask('GET', `/bulk-jobs/${job.id}`)).body.state).to.equal('running');
    expect(await trail()).to.have.length(1);
  });
});
