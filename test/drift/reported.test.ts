import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { type Drift, driftKinds } from '../../src/drift/kinds.ts';
import { createLook } from '../../src/drift/look.ts';
import { createDriftWatch } from '../../src/drift/watch.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import { createRole } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { type Altered, alteredDatabase, catalogOf, kindsOf } from './altered.ts';

const database = (altered: Altered) => pg.escapeIdentifier(altered.db.name);

describe('what capture cannot see', () => {
  let altered: Altered;
  beforeEach(async () => {
    altered = await alteredDatabase();
  });
  afterEach(() => altered.end());
  const drift = () => altered.drift(catalogOf());
  /** What a report of this one thing says; running its command must leave nothing to report. */
  const reported = async (): Promise<Drift> => {
    const [first, ...others] = await drift();
    expect(others).to.deep.equal([]);
    expect(first?.fix).not.to.eql([]);
    for (const statement of first?.fix ?? []) await altered.db.query(statement);
    expect(await drift()).to.deep.equal([]);
    return first!;
  };

  it('is nothing after an installation, of a real application neither', async () => {
    expect(await drift()).to.deep.equal([]);
    const crm = await capturedCrm();
    expect(await createLook(siteStacker())(crm.pool)).to.deep.equal([]);
  });

  it('includes triggers that are switched off, on the table or on one partition', async () => {
    await altered.db.query('alter table visit_old disable trigger rowhook_insert');
    const { kind, severity, table, message, fix } = await reported();
    expect({ kind, severity, table }).to.deep.equal({
      kind: 'trigger_disabled',
      severity: 'blind',
      table: '"public"."visit"',
    });
    expect(message).to.contain('"public"."visit_old", which belongs to "public"."visit",');
    expect(fix).to.eql(['ALTER TABLE "public"."visit_old" ENABLE TRIGGER "rowhook_insert";']);
    // They fire in an application's sessions all the same.
    await altered.db.query('alter table seat enable always trigger rowhook_insert');
    expect(await drift()).to.deep.equal([]);
  });

  it('includes what sessions write that begin with session_replication_role = replica', async () => {
    const { name } = await createRole(altered.db, 'importer');
    const role = pg.escapeIdentifier(name);
    const settings = [
      `alter database ${database(altered)} set session_replication_role = replica`,
      `alter role ${role} set session_replication_role = replica`,
      `alter role ${role} in database ${database(altered)} set session_replication_role = replica`,
    ];
    for (const sql of settings) {
      await altered.db.query(sql);
      const { kind, severity, table } = await reported();
      expect({ kind, severity, table }).to.deep.equal({
        kind: 'replica_role',
        severity: 'blind',
        table: null,
      });
    }
    // As where the server's configuration says so.
    await altered.client.query('set session_replication_role = replica');
    expect(kindsOf(await drift())).to.deep.equal(['replica_role -']);
    await altered.client.query('set session_replication_role = local');
    expect(await drift()).to.deep.equal([]);
  });

  it('includes what a logical replication subscription writes, and what is written into a foreign table below', async () => {
    const client = await altered.db.pool.connect();
    try {
      await client.query(`create subscription crm connection 'host=127.0.0.1 port=1' publication crm
        with (connect = false, slot_name = none)`);
      await client.query('set allow_system_table_mods = on');
      await client.query(`insert into pg_subscription_rel (srsubid, srrelid, srsubstate)
        select oid, 'visit_old'::regclass, 'r' from pg_subscription
        where subdbid = (select oid from pg_database where datname = current_database())`);
      await client.query(`create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing;
        create foreign table seat_far () inherits (seat) server nowhere`);
      const found = await drift();
      expect(kindsOf(found)).to.have.members(['subscription visit', 'foreign_child seat']);
      for (const { severity, first, fix } of found) {
        expect({ severity, fix }).to.deep.equal({ severity: 'blind', fix: [] });
        expect(first).to.be.a('string');
      }
    } finally {
      // The database could not be dropped with it.
      await client.query('drop subscription if exists crm');
      client.release(true);
    }
  });

  it('includes tables that were released, or captured for another catalog, while the daemon runs', async () => {
    const other = catalogOf((is) => {
      is.status = undefined;
    });
    await altered.install(other);
    expect(kindsOf(await drift())).to.deep.equal(['plan_differs person']);
    await altered.db.query(`update rowhook.capture set released_at = now() where table_name ~ 'person'`);
    expect(kindsOf(await drift())).to.deep.equal(['not_captured person']);
    await altered.install(catalogOf());
    expect(await drift()).to.deep.equal([]);
  });

  it('is told from what payloads miss: then the relay waits, and nothing is lost', async () => {
    await altered.db.query('alter table seat rename to chair');
    const [renamed] = await drift();
    expect(renamed).to.deep.include({
      kind: 'table_renamed',
      severity: 'stopped',
      fix: ['npx rowhook install'],
    });
    expect(renamed?.message)
      .to.contain('"public"."seat" is called "public"."chair" now')
      .and.contain('the relay stops')
      .and.contain('nothing is lost meanwhile');
    expect(renamed?.first).to.contain('Call it "public"."chair" in the catalog');
    await altered.db.query('alter table chair rename to seat; alter table person drop column org_id');
    const [dropped] = await drift();
    expect(dropped).to.include({ kind: 'column_missing', severity: 'stopped' });
    expect(dropped?.message).to.contain('nothing is lost meanwhile');
    await altered.db.query('alter table person rename column lastname to surname');
    const [blind] = await drift();
    expect(blind).to.include({ kind: 'column_renamed', severity: 'blind' });
    expect(blind?.message)
      .to.contain('updates of nothing else are not seen')
      .and.not.contain('nothing is lost');
  });

  it('is told from a column that must not leave', async () => {
    await altered.db.query('alter table person rename column secret to pin');
    const found = await drift();
    expect(kindsOf(found)).to.deep.equal(['column_renamed person']);
    expect(found[0]?.severity).to.equal('note');
    expect(found[0]?.message).to.contain('it must not leave');
  });

  it('includes what the role of the daemon may not read', async () => {
    const { name, url } = await createRole(altered.db, 'daemon');
    const role = pg.escapeIdentifier(name);
    await altered.db.query(
      `grant usage on schema rowhook to ${role}; grant select on all tables in schema rowhook to ${role};
       grant execute on all functions in schema rowhook to ${role}; grant select on person, visit to ${role}`,
    );
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const [found, ...others] = await createLook(catalogOf())(client);
      expect(others).to.deep.equal([]);
      expect(found).to.include({ kind: 'privilege_missing', severity: 'stopped', table: '"public"."seat"' });
      await altered.db.query(found?.fix[0] ?? '');
      expect(await createLook(catalogOf())(client)).to.deep.equal([]);
    } finally {
      await client.end();
    }
  });

  it('is still told of triggers where an installation remembered nothing', async () => {
    await altered.db.query('update rowhook.capture set installed = null');
    expect(await drift()).to.deep.equal([]);
    await altered.db.query(
      'drop trigger rowhook_update on seat; alter table visit_old disable trigger rowhook_insert',
    );
    expect(kindsOf(await drift())).to.have.members(['trigger_missing seat', 'trigger_disabled visit']);
  });

  it('is known by words that docs/operations.md lists, each with what it means', async () => {
    const text = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const section = text.split(/^## /m).find((each) => each.startsWith('Drift\n')) ?? '';
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const told = rows.map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, 3),
    );
    expect(told).to.deep.equal(Object.entries(driftKinds).map(([kind, meaning]) => [`\`${kind}\``, meaning]));
  });
});

describe('the drift watch', () => {
  let altered: Altered;
  beforeEach(async () => {
    altered = await alteredDatabase();
  });
  afterEach(() => altered.end());

  it('logs what has come and what is gone once each, and goes on while the database does not answer', async () => {
    const lines: Array<{ level: number; msg: string; drift?: string; fix?: string[] }> = [];
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    let looks = 0;
    let answers = true;
    const db: Queryable = {
      query(statement, values) {
        looks += 1;
        if (!answers) return Promise.reject(new Error('gone'));
        return altered.db.pool.query(statement as string, values as unknown[]) as never;
      },
    };
    const looked = async () => {
      const before = looks;
      // The look that is under way may have begun before.
      await waitUntil(() => looks >= before + 3, { what: 'some looks' });
    };
    const watch = createDriftWatch({ db, catalog: catalogOf(), log, intervalMs: 2 });
    await watch.start();
    try {
      await looked();
      await altered.db.query('alter table seat disable trigger rowhook_insert');
      await looked();
      expect(kindsOf(watch.drifts())).to.deep.equal(['trigger_disabled seat']);
      answers = false;
      await looked();
      expect(kindsOf(watch.drifts())).to.deep.equal(['trigger_disabled seat']);
      answers = true;
      await looked();
      await altered.db.query('alter table seat enable trigger rowhook_insert');
      await waitUntil(() => watch.drifts().length === 0, { what: 'the drift to be gone' });
      await looked();
    } finally {
      await watch.stop();
    }
    expect(lines.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [40, 'drift'],
      [40, 'drift cannot be looked for'],
      [30, 'drift can be looked for again'],
      [30, 'drift is gone'],
    ]);
    expect(lines[0]?.fix?.[0]).to.match(/^ALTER TABLE "public"."seat" ENABLE /);
    const before = looks;
    await watch.stop();
    expect(looks).to.equal(before);
  });
});
