import { expect } from 'chai';
import type pg from 'pg';
import { captureTable } from '../../src/capture/install.ts';
import { triggerFaults } from '../../src/install/changes.ts';
import { captureFacts } from '../../src/store/capture-facts.ts';
import { installedSession } from './installed-session.ts';

/** Ordinary triggers do not fire while session_replication_role is replica. That something was written is noted then. */
describe('writes that bypass capture', () => {
  let session: pg.Client;

  beforeEach(async () => {
    session = await installedSession();
    await session.query(`create table t (id int primary key, n int) partition by range (id);
      create table t_1 partition of t for values from (0) to (100); create table u (id int primary key, n int)`);
    for (const table of ['"public"."t"', '"public"."u"'])
      await captureTable(session, { table, key: ['id'], classes: [['n']], values: [] });
  });
  afterEach(() => session.end());

  /** What was captured since the last call, as `t b`. */
  async function captured(): Promise<string[]> {
    const { rows } = await session.query(
      `select trim(both '"' from split_part(c.table_name, '.', 2)) || ' ' || o.op::text as line
       from rowhook.outbox o join rowhook.capture c on c.id = o.capture_id order by o.seq`,
    );
    await session.query('truncate rowhook.outbox');
    return rows.map(({ line }) => line);
  }
  const bypassing = (sql: string) =>
    session.query(`begin; set local session_replication_role = replica; ${sql}; commit`);

  for (const [what, sql] of Object.entries({
    INSERT: 'insert into t values (2, 1)',
    UPDATE: 'update t set n = 3',
    DELETE: 'delete from t',
    TRUNCATE: 'truncate t',
    'ON CONFLICT': 'insert into t values (1, 5) on conflict (id) do update set n = 4',
    'a statement of a partition': 'update t_1 set n = 3',
  })) {
    it(`are noted: ${what}`, async () => {
      await session.query('insert into t values (1, 1)');
      expect(await captured()).to.eql(['t i']);
      await bypassing(sql);
      expect(await captured()).to.eql(['t b']);
    });
  }

  it('are noted: MERGE', async () => {
    const { rows } = await session.query(`select current_setting('server_version_num')::int as version`);
    const merge = 'merge into t using (values (1), (2)) v(id) on t.id = v.id';
    await session.query('insert into t values (1, 1)');
    await captured();
    if (rows[0].version >= 150_000) {
      await bypassing(
        `${merge} when matched then update set n = 6 when not matched then insert values (v.id, 1)`,
      );
      expect(await captured()).to.eql(['t b']);
    } else expect(await session.query(merge).catch((error) => error.code)).to.equal('42601');
  });

  it('are noted once in a transaction for each table, and in the next one again', async () => {
    await bypassing(
      'insert into t values (1); insert into u values (1); update t set n = 1; insert into t_1 values (2)',
    );
    expect(await captured()).to.eql(['t b', 'u b']);
    await bypassing('delete from t');
    expect(await captured()).to.eql(['t b']);
  });

  it('are noted where a savepoint took back what was noted before', async () => {
    await bypassing('savepoint a; insert into t values (1); rollback to a; insert into t values (2)');
    expect(await captured()).to.eql(['t b']);
    await bypassing('savepoint a; delete from t; rollback to a');
    expect(await captured()).to.eql([]);
  });

  it('are those of such a role only: what others write is captured as ever, and nothing is noted', async () => {
    for (const role of ['origin', 'local']) {
      await session.query(`set session_replication_role = ${role}`);
      await session.query('insert into t values (1, 1); update t set n = 2; delete from t; truncate t');
      expect(await captured(), role).to.eql(['t i', 't u', 't d', 't t', 't t']);
    }
  });

  it('are noted for nobody else after ENABLE TRIGGER ALL, which is told as a fault', async () => {
    expect((await captureFacts(session)).flatMap(triggerFaults)).to.eql([]);
    await session.query('alter table u enable trigger all');
    await session.query('insert into u values (1, 1)');
    expect(await captured()).to.eql(['u i']);
    expect((await captureFacts(session)).flatMap(triggerFaults)).to.eql([
      { kind: 'trigger_disabled', relation: '"public"."u"', operations: ['bypass'] },
    ]);
    await captureTable(session, { table: '"public"."u"', key: ['id'], classes: [['n']], values: [] });
    expect((await captureFacts(session)).flatMap(triggerFaults)).to.eql([]);
    await bypassing('insert into u values (2, 1)');
    expect(await captured()).to.eql(['u b']);
  });

  it('ring for a relay that sleeps', async () => {
    await session.query(`select setval('rowhook.bell', 2)`);
    await bypassing('insert into t values (1)');
    // Nobody holds the lock of the relay: whoever rings finds that out, and lowers the flag.
    const { rows } = await session.query('select last_value::int as bell from rowhook.bell');
    expect(rows).to.eql([{ bell: 1 }]);
  });

  it('fail for nothing that becomes of the table, nor for what the session has set', async () => {
    for (const change of [
      'alter table u rename id to number',
      'alter table u drop column number',
      'alter table u rename to v',
      'create schema other; alter table v set schema other',
    ]) {
      await session.query(change);
      const table = change.includes('schema') ? 'other.v' : change.includes(' to v') ? 'v' : 'u';
      const settings = `set local rowhook.bypassed_2 = 'none of ours'; set local rowhook.request_id = '${'é'.repeat(2_000)}'`;
      await bypassing(`${settings}; insert into ${table} select from ${table}`);
      expect(await captured(), change).to.eql(['u b']);
    }
  });
});
