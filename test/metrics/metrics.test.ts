import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Drift } from '../../src/drift/kinds.ts';
import { createMetricsApp } from '../../src/metrics/app.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { createMetricsServer } from '../../src/metrics/server.ts';
import { createPool } from '../../src/store/connect.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { lowestUuid } from '../../src/uuid-time.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import { failure } from '../migrations/owned-crm.ts';
import type { TestDatabase } from '../support/database.ts';

const off: Drift = {
  kind: 'trigger_disabled',
  severity: 'blind',
  table: '"public"."people"',
  message: 'off',
  first: null,
  fix: [],
};

describe('metrics', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await capturedCrm();
  });

  const metricsOf = (
    database: Queryable,
    { drifts = [], failingSince }: { drifts?: Drift[]; failingSince?: Date } = {},
  ) =>
    createMetrics({
      db: database,
      drifts: () => drifts,
      relay: { standing: () => (failingSince ? 'failing' : 'asleep'), failingSince: () => failingSince },
    });
  const ask = async (app: ReturnType<typeof createMetricsApp>, path: string) => app.request(path);
  const linesOf = async (app: ReturnType<typeof createMetricsApp>) =>
    (await (await ask(app, '/metrics')).text()).split('\n').filter((line) => !line.startsWith('#'));

  it('tell what waits, what is counted, what has drifted, what capture has missed and where the relay stands', async () => {
    const metrics = metricsOf(db.pool, { drifts: [off, { ...off, message: 'another' }] });
    const app = createMetricsApp(metrics);
    await db.query(`insert into tags (name) values ('a'), ('b')`);
    await db.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
    await db.query(
      `insert into rowhook.gap select id, 'truncate', now(), now(), 3, null from rowhook.capture where table_name = '"public"."tags"'`,
    );
    await db.query(
      `insert into rowhook.set_aside (resource, record_key, reason, detail, retry_at) values ('tag', '1', 'payload_failed', '22P02', now())`,
    );
    metrics.onPage({ changes: 7, events: 5, deliveries: 4 });
    metrics.onPage({ changes: 1, events: 1, deliveries: 0 });
    const response = await ask(app, '/metrics');
    expect(response.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    const lines = await linesOf(app);
    expect(lines).to.include.members([
      'rowhook_pages_total 2',
      'rowhook_changes_total 8',
      'rowhook_events_total 6',
      'rowhook_deliveries_total 4',
      'rowhook_database_reachable 1',
      'rowhook_relay_active 0',
      'rowhook_relay_standing{standing="asleep"} 1',
      'rowhook_relay_standing{standing="failing"} 0',
      'rowhook_relay_failing_seconds 0',
      'rowhook_drift{table="public.people",kind="trigger_disabled",severity="blind"} 2',
      'rowhook_changes_waiting 2',
      'rowhook_deliveries_due 0',
      'rowhook_deliveries_waiting 0',
      'rowhook_set_aside 1',
      'rowhook_endpoints{state="active"} 1',
      'rowhook_endpoints{state="paused"} 0',
      'rowhook_endpoints{state="disabled"} 0',
      'rowhook_gap_transactions{table="public.tags",kind="truncate"} 3',
    ]);
    const oldest = lines.find((line) => line.startsWith('rowhook_changes_oldest_seconds '));
    expect(Number(oldest?.split(' ')[1])).to.be.greaterThan(0);

    await db.query('update rowhook.gap set acknowledged_at = now()');
    expect(await linesOf(app)).not.to.include.members([
      'rowhook_gap_transactions{table="public.tags",kind="truncate"} 3',
    ]);
  });

  it('do without the database what can be done without it, and keep no figure of earlier', async () => {
    let answers = true;
    const sometimes: Queryable = {
      query: (statement, values) =>
        answers
          ? (db.pool.query(statement as string, values as unknown[]) as never)
          : Promise.reject(new Error('gone')),
    };
    const app = createMetricsApp(metricsOf(sometimes, { drifts: [off] }));
    expect((await linesOf(app)).join('\n')).to.match(/^rowhook_changes_waiting 0$/m);
    expect((await ask(app, '/health')).status).to.equal(200);
    answers = false;
    const text = (await linesOf(app)).join('\n');
    expect(text)
      .to.match(/^rowhook_database_reachable 0$/m)
      .and.match(/^rowhook_drift\{.*\} 1$/m)
      .and.not.match(/^rowhook_(changes_waiting|endpoints|relay_active)/m);
    const health = await ask(app, '/health');
    expect(health.status).to.equal(503);
    expect(await health.json()).to.deep.include({ status: 'failing', drift: 1, relay: 'asleep' });
  });

  it('say since when a delivery is due that nobody sends, be it a first try or a retry, and with 503 that none is sent', async () => {
    const app = createMetricsApp(metricsOf(db.pool));
    const oldest = async () =>
      Math.round(
        Number(
          (await linesOf(app))
            .find((line) => line.startsWith('rowhook_deliveries_oldest_seconds '))
            ?.split(' ')[1],
        ) / 60,
      );
    const uuidOf = (minutes: number) => lowestUuid(new Date(Date.now() - minutes * 60_000));
    const endpoint = (active: boolean) =>
      db.query(
        `insert into rowhook.endpoint (url, events, active, updated_at) values ('http://127.0.0.1:9/', '{*}', $1, now() - interval '1 day')
         returning id::int`,
        [active],
      );
    const [first, second, held] = await Promise.all([true, true, false].map(endpoint)).then((all) =>
      all.map(({ rows }) => rows[0]!.id),
    );
    const due = (to: number, minutes: number, attempts = 0) =>
      db.query('insert into rowhook.delivery (endpoint_id, id, event_id, attempts) values ($1, $2, $2, $3)', [
        to,
        uuidOf(minutes),
        attempts,
      ]);
    expect(await oldest()).to.equal(0);
    await due(held, 600);
    expect(await oldest()).to.equal(0);
    await due(first, 30);
    await due(first, 20);
    expect(await oldest()).to.equal(30);
    expect(await (await ask(app, '/health')).json()).to.deep.include({ status: 'failing' });
    // One in 100 seconds: most of the time nothing is being sent, though nothing is wrong.
    await db.query('update rowhook.endpoint set rate = 0.01 where id = $1', [first]);
    for (const [seconds, status] of [
      [250, 503],
      [150, 200],
    ] as const) {
      await db.query(
        `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect, request_headers)
         values ($1, $2, $1, $1, 1, now() - $3 * interval '1 second', 1, 'succeeded', 'success', '', '', '[]')`,
        [uuidOf(seconds / 60), first, seconds],
      );
      expect((await ask(app, '/health')).status).to.equal(status);
    }
    await db.query('update rowhook.endpoint set rate = null');
    expect((await ask(app, '/health')).status).to.equal(503);
    // A retry has been due since its last attempt said so.
    await due(second, 300, 2);
    expect(await oldest()).to.equal(30);
    await db.query(
      `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect, request_headers, due_at)
       select gen_random_uuid(), $1, $2, $2, n, now(), 1, 'retry', 'timeout', '', '', '[]', now() - interval '1 minute' * 45 * n from generate_series(1, 2) n`,
      [second, (await db.query('select id from rowhook.delivery where attempts = 2')).rows[0]!.id],
    );
    expect(await oldest()).to.equal(90);
    await db.query(
      `update rowhook.delivery set lease = gen_random_uuid(), leased_until = now() + interval '1 minute' where attempts = 2`,
    );
    expect(await oldest()).to.equal(30);
    expect((await ask(app, '/health')).status).to.equal(200);
    await db.query('update rowhook.endpoint set updated_at = now()');
    expect(await oldest()).to.equal(0);
  });

  it('are told on a connection whose statements the server itself ends', async () => {
    const pool = createPool(db.url, 1, () => {}, 20);
    try {
      expect(await failure(pool.query('select pg_sleep(600)'))).to.include({ code: '57014' });
    } finally {
      await pool.end();
    }
  });

  it('that fail are logged, and nobody is told why', async () => {
    const told: object[] = [];
    const metrics = {
      ...metricsOf(db.pool),
      text: () => Promise.reject(new Error('secret')),
    };
    const app = createMetricsApp(metrics, { warn: (facts: object) => told.push(facts) } as never);
    const response = await ask(app, '/metrics');
    expect([response.status, await response.text()]).to.deep.equal([500, 'it failed; the log says why']);
    expect(told).to.have.length(1);
  });

  it('say with 503 that the relay fails', async () => {
    const failing = createMetricsApp(metricsOf(db.pool, { failingSince: new Date(Date.now() - 60_000) }));
    const health = await ask(failing, '/health');
    expect(health.status).to.equal(503);
    const { reasons } = (await health.json()) as { reasons: Array<{ code: string }> };
    expect(reasons.map(({ code }) => code)).to.deep.equal(['relay_failing']);
    const line = (await linesOf(failing)).find((each) => each.startsWith('rowhook_relay_failing_seconds'));
    expect(Number(line?.split(' ')[1])).to.be.at.least(60);
  });

  it('are served where they are asked to be, by one program', async () => {
    const told: Array<{ host: string; port: number }> = [];
    const log = { info: (facts: object) => told.push(facts as { host: string; port: number }) };
    const app = createMetricsApp(metricsOf(db.pool));
    const server = createMetricsServer({ app, host: '127.0.0.1', port: 0, log: log as never });
    await server.start();
    const { host, port } = told[0]!;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect([response.status, host]).to.deep.equal([200, '127.0.0.1']);
      expect(await response.text()).to.contain('\nrowhook_changes_waiting 0\n');
      expect((await fetch(`http://127.0.0.1:${port}/other`)).status).to.equal(404);
      // As a page would ask whose name leads to this machine by now.
      const asked = async (name: string) => {
        const request = get({ host, port, path: '/metrics', headers: { host: name } });
        const [answer] = (await once(request, 'response')) as [IncomingMessage];
        answer.resume();
        return answer.statusCode;
      };
      expect(await asked('evil.example')).to.equal(421);
      expect(await asked(`127.evil.example:${port}`)).to.equal(421);
      expect(await asked(`localhost:${port}`)).to.equal(200);
      expect(await asked(`[::1]:${port}`)).to.equal(200);
      const second = createMetricsServer({ app, host, port, log: pino({ level: 'silent' }) });
      expect(await failure(second.start())).to.include({ code: 'listen_failed', where: `127.0.0.1:${port}` });
      await second.stop();
    } finally {
      await server.stop();
    }
    expect(await failure(fetch(`http://127.0.0.1:${port}/metrics`))).to.be.an('error');
  });
});
