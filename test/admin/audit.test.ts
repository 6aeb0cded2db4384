import { expect } from 'chai';
import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { appendAudit, listAudit, pruneAudit } from '../../src/store/audit.ts';
import { secretKeys } from '../../src/wire/secret-key.ts';
import { sweeperKit } from '../delivery/sweeper-kit.ts';
import { waitUntil } from '../support/wait.ts';
import { type Answer, adminOf } from './admin-kit.ts';

const catalog = siteStacker();
const url = 'https://hooks.example.net/ss';

describe('the audit trail', () => {
  const kit = sweeperKit();

  it('has an entry of every change that was made, by whom, and of nothing else', async () => {
    const { ask } = adminOf(kit.db, catalog, { name: 'ida' });
    const made = await ask('POST', '/endpoints', { url, events: ['person_update'] });
    const id = made.body.endpoint.id as string;
    const version = async () => ({ 'if-match': `"${(await ask('GET', `/endpoints/${id}`)).body.version}"` });
    const scope = { endpointId: id, since: '2020-01-01T00:00:00Z' };
    const { rows } = await kit.db.query<{ id: string }>('select id from rowhook.delivery');
    const done: string[] = ['endpoint_create'];
    const doing = async (action: string | undefined, answer: Promise<Answer>) => {
      const { status, body } = await answer;
      expect(status, JSON.stringify(body)).to.be.within(200, 299);
      if (action !== undefined) done.push(action);
      return body;
    };
    await doing('endpoint_update', ask('PATCH', `/endpoints/${id}`, { description: 'x' }, await version()));
    await doing('endpoint_pause', ask('POST', `/endpoints/${id}/pause`));
    await doing('endpoint_resume', ask('POST', `/endpoints/${id}/resume`, { held: 'deliver' }));
    await doing('endpoint_disable', ask('POST', `/endpoints/${id}/disable`));
    await doing('endpoint_resume', ask('POST', `/endpoints/${id}/resume`, { held: 'deliver' }));
    await doing('secret_rotate', ask('POST', `/endpoints/${id}/rotate-secret`, {}));
    await doing('endpoint_ping', ask('POST', `/endpoints/${id}/ping`));
    await doing(undefined, ask('POST', '/check-url', { url }));
    await doing(undefined, ask('POST', '/bulk-jobs/count', scope));
    const job = await doing('bulk_create', ask('POST', '/bulk-jobs', scope));
    await doing('bulk_cancel', ask('POST', `/bulk-jobs/${job.id}/cancel`));
    await doing(undefined, ask('GET', '/deliveries'));
    // What fails changes nothing, and is not written down.
    expect((await ask('POST', '/endpoints', { url: 'no', events: ['*'] })).status).to.equal(422);
    expect(
      (await ask('PATCH', `/endpoints/${id}`, { description: 'y' }, { 'if-match': '"1"' })).status,
    ).to.equal(412);
    expect((await ask('POST', `/deliveries/${rows[0]?.id}/redeliver`)).status).to.equal(409);
    await doing('endpoint_delete', ask('DELETE', `/endpoints/${id}`, undefined, await version()));

    const { body } = await ask('GET', '/audit');
    const entries = body.entries as Array<Record<string, unknown>>;
    expect(entries.map(({ action }) => action)).to.deep.equal(done.toReversed());
    expect(new Set(entries.map(({ actor }) => actor))).to.deep.equal(new Set(['ida']));
    expect(entries.every(({ endpointId }) => endpointId === id)).to.equal(true);
  });

  it('is written with the change or not at all, and the change not without it', async () => {
    const { ask } = adminOf(kit.db, catalog);
    await kit.db.query('alter table rowhook.audit add constraint broken check (false) not valid');
    const failed = await ask('POST', '/endpoints', { url, events: ['*'] });
    expect([failed.status, failed.body.code]).to.deep.equal([500, 'unexpected']);
    const left = async () =>
      (
        await kit.db.query<{ made: string; told: string }>(
          `select (select count(*) from rowhook.endpoint) + (select count(*) from rowhook.event) as made,
             (select count(*) from rowhook.audit) as told`,
        )
      ).rows[0];
    expect(await left()).to.deep.equal({ made: '0', told: '0' });
    await kit.db.query(`
      alter table rowhook.audit drop constraint broken;
      create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'too late'; end $$;
      create constraint trigger refuse after insert on rowhook.endpoint deferrable initially deferred
        for each row execute function public.refuse()`);
    expect((await ask('POST', '/endpoints', { url, events: ['*'] })).status).to.equal(500);
    expect(await left()).to.deep.equal({ made: '0', told: '0' });
  });

  it('tells of no secret and no value of a header, nor does a log or any answer but the one that hands it out', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
    const key = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
    const { ask: asked } = adminOf(kit.db, catalog, {
      log,
      secretKeys: secretKeys(key),
      allow: ['10.0.0.1'],
    });
    const answers: string[] = [];
    const ask: typeof asked = async (...given) => {
      const answer = await asked(...given);
      expect(answer.status, `${given[0]} ${given[1]} ${JSON.stringify(answer.body)}`).to.be.below(500);
      answers.push(JSON.stringify(answer.body));
      return answer;
    };
    const marked = {
      url,
      events: ['*'],
      secret: 'MARKER-secret-1',
      headers: [['X-Api-Key', 'MARKER-header-1']],
      proxy: 'http://user:MARKER-proxy-1@10.0.0.1:3128',
    };
    const { body } = await ask('POST', '/endpoints', marked);
    const id = body.endpoint?.id as string;
    expect(id, JSON.stringify(body)).to.match(/^\d+$/);
    const any = { 'if-match': '*' };
    await ask(
      'PATCH',
      `/endpoints/${id}`,
      { headers: [['X-Api-Key', 'MARKER-header-2']], description: 'd' },
      any,
    );
    await ask(
      'PATCH',
      `/endpoints/${id}`,
      {
        headers: [
          ['X-Api-Key', null],
          ['Y', 'MARKER-header-3'],
        ],
      },
      any,
    );
    await ask('PATCH', `/endpoints/${id}`, { proxy: 'http://user:MARKER-proxy-2@10.0.0.1:3128' }, any);
    // Refused, with the values in hand.
    await ask('PATCH', `/endpoints/${id}`, { headers: [['Content-Type', 'MARKER-header-4']] }, any);
    await ask('PATCH', `/endpoints/${id}`, { headers: 'MARKER-header-5', secret: 'MARKER-secret-5' }, any);
    await ask('POST', '/endpoints', '{"secret": "MARKER-secret-6"');
    await ask('POST', '/endpoints', { ...marked, url: 'MARKER-not-a-url', clientKey: 'MARKER-key-1' });
    await asked('POST', `/endpoints/${id}/rotate-secret`, { secret: 'MARKER-secret-2' });
    const { body: rotated } = await asked('POST', `/endpoints/${id}/rotate-secret`, {});
    expect(rotated.secret).to.be.a('string').with.length.above(20);
    await ask('POST', `/endpoints/${id}/ping`);
    for (const path of [
      `/endpoints/${id}`,
      '/endpoints',
      '/audit',
      '/deliveries',
      '/events',
      '/overview',
      '/catalog',
      '/session',
      '/openapi.json',
    ]) {
      await ask('GET', path);
    }
    const { rows } = await kit.db.query<{ text: string }>(
      "select coalesce(json_agg(a)::text, '') as text from rowhook.audit a",
    );
    const trail = rows[0]?.text ?? '';
    expect(trail).to.contain('secret_rotate').and.contain('X-Api-Key');
    for (const text of [trail, lines.join('\n'), answers.join('\n')]) {
      expect(text.replaceAll('MARKER-not-a-url', '')).not.to.match(/MARKER/);
      expect(text).not.to.contain(rotated.secret);
    }
  });

  it('is read the newest first, page by page, also of one endpoint', async () => {
    const { ask } = adminOf(kit.db, catalog, { role: 'viewer' });
    for (let n = 1; n <= 7; n += 1) {
      await appendAudit(kit.db.pool, {
        actor: 'a',
        action: `act_${n}`,
        endpointId: String(1 + (n % 2)),
        detail: { n },
      });
    }
    const pages: string[][] = [];
    for (let next: string | null = ''; next !== null; ) {
      const { body } = await ask('GET', `/audit?limit=3${next === '' ? '' : `&before=${next}`}`);
      pages.push(body.entries.map(({ action }: { action: string }) => action));
      next = body.next as string | null;
    }
    expect(pages).to.deep.equal([['act_7', 'act_6', 'act_5'], ['act_4', 'act_3', 'act_2'], ['act_1']]);
    const { body } = await ask('GET', '/audit?endpoint=1&limit=3');
    expect(body).to.deep.include({ next: null });
    expect(body.entries.map(({ detail }: { detail: object }) => detail)).to.deep.equal([
      { n: 6 },
      { n: 4 },
      { n: 2 },
    ]);
    const older = await listAudit(kit.db.pool, { endpointId: '1', before: '6', limit: 10 });
    expect(older.map(({ action }) => action)).to.deep.equal(['act_4', 'act_2']);
    expect((await ask('GET', '/audit?before=x')).status).to.equal(400);
  });

  it('is kept for a year: the sweeper takes what is older, and no more of it at a time than is bounded', async () => {
    const old = (days: number) =>
      kit.db.query(
        `insert into rowhook.audit (at, actor, action) values (now() - $1 * interval '1 day', 'a', $2)`,
        [days, `days_${days}`],
      );
    for (const days of [400, 366, 364, 1]) await old(days);
    const left = async () =>
      (await listAudit(kit.db.pool, { limit: 10 })).map(({ action }) => action).toReversed();
    const sweeper = kit.sweeperOf({ cron: { orphans: '* * * * * *' } });
    await sweeper.start();
    await waitUntil(async () => (await left()).length === 2, { what: 'the sweeper to take the old entries' });
    await sweeper.stop();
    expect(await left()).to.deep.equal(['days_364', 'days_1']);
    await kit.db.query(
      `insert into rowhook.audit (at, actor, action) select now() - interval '2 years', 'a', 'x' from generate_series(1, 10100)`,
    );
    await kit.db.query(`delete from rowhook.audit where action <> 'x'`);
    expect([await pruneAudit(kit.db.pool), await pruneAudit(kit.db.pool)]).to.deep.equal([10_000, 100]);
  });
});
