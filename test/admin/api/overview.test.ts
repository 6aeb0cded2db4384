import { expect } from 'chai';
import { overview, type WarningView } from '../../../src/admin/shapes/overview.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { createEndpoint } from '../../../src/store/endpoints.ts';
import { createSealer } from '../../../src/store/sealer.ts';
import { secretKeys } from '../../../src/wire/secret-key.ts';
import { addEndpoint, enqueue, payloads, queueDatabase } from '../../delivery/queue.ts';
import type { TestDatabase } from '../../support/database.ts';
import { adminOf } from '../admin-kit.ts';
import { refusal, shaped } from './shaped.ts';

const catalog = siteStacker();

describe('the overview', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
  });

  const read = async (query = '', options: Parameters<typeof adminOf>[2] = {}) => {
    const { ask } = adminOf(db, catalog, { drifts: () => [], ...options });
    return shaped(overview, await ask('GET', `/overview${query}`));
  };
  const warningsOf = async (options: Parameters<typeof adminOf>[2] = {}): Promise<WarningView[]> =>
    (await read('', options)).warnings.filter(({ code }) => code !== 'relay_absent');

  it('has the points of its range, what waits, and how endpoints stand', async () => {
    await addEndpoint(db, 'https://a.example/');
    await addEndpoint(db, 'https://b.example/', { active: false });
    for (const [range, points] of [
      ['', 60],
      ['?range=day', 96],
      ['?range=week', 168],
    ] as const) {
      expect((await read(range)).points).to.have.length(points);
    }
    const { endpoints, queue } = await read();
    expect(endpoints).to.deep.equal({ active: 1, failing: 0, paused: 0, disabled: 1 });
    expect(queue).to.include({ relayActive: false, oldestDueSeconds: 0 });
    const { ask } = adminOf(db, catalog);
    expect(refusal(await ask('GET', '/overview?range=year'))).to.deep.include({
      status: 400,
      where: 'range',
    });
  });

  it('says that no relay is active, or why it does nothing', async () => {
    const absent = { code: 'relay_absent', severity: 'error', fix: 'npx rowhook start' };
    expect((await read()).warnings[0]).to.include(absent);
    const since = new Date('2026-11-23T11:00:00.000Z');
    const relay = { standing: () => 'failing', failingSince: () => since };
    const [first, ...others] = (await read('', { relay })).warnings;
    expect(first).to.include({ code: 'relay_failing', severity: 'error', since: since.toISOString() });
    expect(others).to.deep.equal([]);
  });

  it('says what capture does not see, with the command that mends it', async () => {
    const drifts = Array.from({ length: 10 }, (_, n) => ({
      kind: 'trigger_missing' as const,
      severity: n === 0 ? ('note' as const) : ('blind' as const),
      table: `"public"."t${n}"`,
      message: `"public"."t${n}" has lost triggers`,
      first: n === 1 ? 'Stop the application first.' : null,
      fix: ['npx rowhook install'],
    }));
    const found = await warningsOf({ drifts: () => drifts });
    expect(found).to.have.length(9);
    expect(found[0]).to.deep.include({
      code: 'drift',
      severity: 'error',
      message: '"public"."t1" has lost triggers.',
      fix: 'Stop the application first.\nnpx rowhook install',
    });
    expect(found.map(({ message }) => message)).to.include('2 more of this kind.');
    expect(found.at(-1)).to.include({ severity: 'info' });
  });

  it('says what went by unseen, and what cannot be shown', async () => {
    await db.query(`insert into rowhook.capture (table_name, plan) values ('"public"."people"', '{}')`);
    await db.query(
      `insert into rowhook.gap (capture_id, kind, first_at, last_at, transactions) select id, 'truncate', now(), now(), 2 from rowhook.capture`,
    );
    await db.query(`insert into rowhook.set_aside (resource, record_key, reason, detail, tries, set_aside_at, tried_at, retry_at)
      select 'person', n::text, 'payload_failed', '22P02', 1, now(), now(), now() from generate_series(1, 3) n`);
    const found = await warningsOf();
    expect(found.map(({ code }) => code).sort()).to.deep.equal(['gap', 'set_aside']);
    const [gap] = found.filter(({ code }) => code === 'gap');
    expect(gap).to.include({ fix: 'npx rowhook gaps clear --table public.people' });
    expect(gap?.message).to.equal(
      'The table public.people was truncated by 2 transactions: receivers may have records that are gone.',
    );
    expect(found.find(({ code }) => code === 'set_aside')?.message).to.equal(
      '3 records cannot be shown, and their events wait, most of all of person, because the database cannot make its body.',
    );
  });

  it('says which endpoints rowhook has disabled, which fail with something waiting, and what is late', async () => {
    const disabled = await addEndpoint(db, 'https://a.example/x?token=abc', { active: false });
    await db.query(`update rowhook.endpoint set disabled_reason = 'failing' where id = $1`, [disabled]);
    const byHand = await addEndpoint(db, 'https://b.example/', { active: false });
    const failing = await addEndpoint(db, 'https://c.example/');
    const idle = await addEndpoint(db, 'https://d.example/');
    await db.query(
      `insert into rowhook.endpoint_health (endpoint_id, failures, failing_since, open_until)
       select id, 3, now(), now() + interval '1 hour' from unnest($1::bigint[]) id`,
      [[failing, idle]],
    );
    await enqueue(db, failing, payloads(2));
    const late = await addEndpoint(db, 'https://e.example/');
    await enqueue(db, late, payloads(1));
    await db.query(`update rowhook.endpoint set updated_at = now() - interval '1 hour' where id = $1`, [
      late,
    ]);
    await db.query(
      `update rowhook.delivery set id = '01900000-0000-7000-8000-000000000000' where endpoint_id = $1`,
      [late],
    );
    const found = await warningsOf();
    const told = (code: string) => found.filter((each) => each.code === code);
    expect(told('endpoint_disabled')).to.have.length(1);
    expect(told('endpoint_disabled')[0]).to.include({
      endpointId: disabled,
      severity: 'error',
      message: 'Webhook 1 (https://a.example/x?token=[hidden]) is disabled because it had failed for days.',
    });
    expect(told('endpoint_failing').map(({ endpointId }) => endpointId)).to.deep.equal([failing]);
    expect(told('endpoint_failing')[0]?.message).to.match(
      /fails: its last 3 requests failed; next try at .*; 2 deliveries wait\.$/,
    );
    expect(told('late')[0]?.message).to.match(/^The oldest of 3 deliveries that are due has waited for/);
    expect(found.map(({ endpointId }) => endpointId)).not.to.include(byHand);
  });

  it('says which secrets nobody here can open, and which are not sealed', async () => {
    const sealer = createSealer(secretKeys('k1:8vPlYTDKHpPTyVMo4XmmBNcZ8PVQNSwDRuFUJnxzLW4='));
    const input = { url: 'https://a.example/', events: ['*'], secret: 'topsecret' };
    await createEndpoint(db.pool, catalog, input, { sealer });
    const [closed] = await warningsOf();
    expect(closed).to.include({ code: 'secrets_closed', severity: 'error' });
    expect(closed?.message).to.match(/^1 secret of 1 endpoint cannot be opened/);
    expect(closed?.fix).to.match(/"k1"/);
    await createEndpoint(db.pool, catalog, input);
    const keys = secretKeys('k1:8vPlYTDKHpPTyVMo4XmmBNcZ8PVQNSwDRuFUJnxzLW4=');
    const [stale] = await warningsOf({ secretKeys: keys });
    expect(stale).to.include({
      code: 'secrets_stale',
      severity: 'info',
      message: '1 secret is not sealed with the first key.',
    });
  });
});
