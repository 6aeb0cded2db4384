import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { createProgram } from '../../src/cli/program.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { createDaemon } from '../../src/daemon.ts';
import type { Drift } from '../../src/drift/kinds.ts';
import { driftIntervalMs } from '../../src/drift/watch.ts';
import type { OpenGap } from '../../src/store/gaps.ts';
import { failure } from '../migrations/owned-crm.ts';
import { waitUntil } from '../support/wait.ts';
import { type Altered, alteredDatabase, catalogOf, kindsOf } from './altered.ts';

interface Line {
  msg: string;
  drift?: string;
  port?: number;
}

describe('a daemon whose tables have drifted', function () {
  this.timeout(30_000);
  let altered: Altered;
  let cwd: string;
  beforeEach(async () => {
    altered = await alteredDatabase();
    cwd = await mkdtemp(join(tmpdir(), 'rowhook-drift-'));
    await writeFile(join(cwd, 'rowhook.config.json'), JSON.stringify({ catalog: catalogOf() }));
  });
  afterEach(async () => {
    await altered.end();
    await rm(cwd, { recursive: true });
  });

  /** What a command writes on stdout. */
  async function said(...args: string[]): Promise<string> {
    let text = '';
    const program = await createProgram(args, {
      version: '0.0.0',
      json: false,
      cwd,
      env: { ROWHOOK_DATABASE_URL: altered.db.url },
      terminal: undefined,
      now: () => new Date(),
      write: (more) => {
        text += more;
      },
      writeError: () => {},
      signals: { onStop: () => () => {} },
    });
    await program.parseAsync(args, { from: 'user' });
    return text;
  }
  function daemon(intervalMs = driftIntervalMs) {
    const lines: Line[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    const config = resolveConfig({
      database: altered.db.url,
      catalog: catalogOf(),
      metrics: { listen: '0' },
    });
    return { daemon: createDaemon({ config: { ...config, drift: { intervalMs } }, log }), lines };
  }

  it('starts, reports it, and goes on with what it can', async () => {
    await altered.db.query(`alter table seat disable trigger rowhook_insert;
      create table visit_last partition of visit for values from ('2027-01-01') to ('2028-01-01')`);
    const { daemon: running, lines } = daemon();
    await running.start();
    try {
      await waitUntil(() => lines.filter(({ msg }) => msg === 'drift').length === 2, {
        what: 'both to be logged',
      });
      expect(lines.flatMap(({ drift = [] }) => drift)).to.have.members(['trigger_disabled', 'partition_new']);
      await altered.db.query(`insert into person (ref, firstname) values (500, 'Ada')`);
      await waitUntil(
        async () =>
          (await altered.db.query(`select from rowhook.event where name = 'person_insert'`)).rowCount === 1,
        { what: 'the event of a table that is as it was' },
      );
      const { port } = await waitUntil(() => lines.find(({ msg }) => msg === 'metrics are served'), {
        what: 'metrics',
      });
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(metrics)
        .to.contain('rowhook_drift{table="public.seat",kind="trigger_disabled",severity="blind"} 1\n')
        .and.match(/^rowhook_events_total [1-9]/m);
      const health = await fetch(`http://127.0.0.1:${port}/health`);
      expect([health.status, ((await health.json()) as { drift: number }).drift]).to.deep.equal([200, 2]);
    } finally {
      await running.stop();
    }
  });

  it('looks at least once a minute', () => {
    expect(driftIntervalMs).to.be.within(1, 60_000);
  });

  it('is told of what is altered while it runs, by log, metrics and status, and of its end', async () => {
    const { daemon: running, lines } = daemon(50);
    await running.start();
    try {
      const { port } = await waitUntil(() => lines.find(({ msg }) => msg === 'metrics are served'), {
        what: 'metrics',
      });
      const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(await metrics()).to.not.contain('rowhook_drift{');
      const told = (msg: string) => lines.filter((line) => line.msg === msg).map(({ drift }) => drift);
      expect(told('drift')).to.eql([]);
      await altered.db.query('alter table person rename column lastname to surname');
      await waitUntil(() => told('drift').length > 0, { what: 'the log to tell' });
      expect(told('drift')).to.eql(['column_renamed']);
      expect(await metrics()).to.contain(
        'rowhook_drift{table="public.person",kind="column_renamed",severity="blind"} 1\n',
      );
      const drifts = async () => (JSON.parse(await said('status', '--json')) as { drift: Drift[] }).drift;
      expect(kindsOf(await drifts())).to.eql(['column_renamed person']);
      await altered.db.query('alter table person rename column surname to lastname');
      await waitUntil(() => told('drift is gone').length > 0, { what: 'the log to tell that it is mended' });
      expect(await metrics()).to.not.contain('rowhook_drift{');
      expect(await drifts()).to.eql([]);
    } finally {
      await running.stop();
    }
  });

  it('starts without a column that bodies show: the relay waits, and once the table has it again nothing was lost', async () => {
    await altered.db.query('alter table seat drop column taken_by');
    const { daemon: running, lines } = daemon();
    await running.start();
    try {
      await waitUntil(() => lines.some(({ drift }) => drift === 'column_missing'), { what: 'the drift' });
      await waitUntil(() => lines.some(({ msg }) => msg === 'the relay failed, and tries again'), {
        what: 'the relay to stop',
      });
      await altered.db.query(`insert into seat values ('y', 1)`);
      await altered.db.query('alter table seat add column taken_by text');
      await waitUntil(
        async () =>
          (await altered.db.query(`select from rowhook.event where name = 'seat_insert'`)).rowCount === 1,
        { what: 'the event of meanwhile' },
      );
    } finally {
      await running.stop();
    }
  });

  it('does not start where a table was never captured, or is captured for another catalog', async () => {
    await altered.install(
      catalogOf((is) => {
        is.status = undefined;
      }),
    );
    expect(await failure(daemon().daemon.start())).to.include({
      code: 'not_captured',
      where: '"public"."person"',
    });
    await altered.db.query(`update rowhook.capture set released_at = now() where table_name ~ 'seat'`);
    const { message } = await failure(daemon().daemon.start());
    expect(message)
      .to.contain('"public"."person" is captured by the plan of another catalog')
      .and.contain('"public"."seat" is not captured');
  });

  it('shows by `rowhook status` what is wrong, what is to be done first, and what is to be run; and gaps', async () => {
    expect(await said('status'))
      .to.match(/^drift +none$/m)
      .and.match(/^gaps +none$/m);
    await altered.db.query(
      'alter table seat disable trigger rowhook_insert; alter table person rename column lastname to surname',
    );
    await altered.db.query(
      `insert into rowhook.gap select id, 'truncate', '2026-01-01 12:00Z', '2026-01-02 12:00Z', 3, null from rowhook.capture where table_name ~ 'seat'`,
    );
    const text = await said('status');
    expect(text)
      .to.match(/^drift +2$/m)
      .and.contain('\ndrift: column_renamed public.person (blind)\n')
      .and.contain('\n  → Call it "surname" in the catalog, or rename it back')
      .and.contain('\n  npx rowhook install\n')
      .and.contain('\n  ALTER TABLE "public"."seat" ENABLE TRIGGER "rowhook_insert";\n')
      .and.contain('\ngap: public.seat was truncated, which gave no events\n')
      .and.contain('3 transactions, begun from 2026-01-01T12:00:00.000Z to 2026-01-02T12:00:00.000Z');
    const { drift, gaps } = JSON.parse(await said('status', '--json')) as { drift: Drift[]; gaps: OpenGap[] };
    expect(kindsOf(drift)).to.have.members(['column_renamed person', 'trigger_disabled seat']);
    expect(drift.every(({ fix }) => fix.length > 0)).to.equal(true);
    expect(gaps).to.deep.equal([
      {
        table: 'public.seat',
        kind: 'truncate',
        firstAt: '2026-01-01T12:00:00.000Z',
        lastAt: '2026-01-02T12:00:00.000Z',
        transactions: 3,
      },
    ]);
  });
});
