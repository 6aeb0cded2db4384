import { expect } from 'chai';
import { programVersion } from '../../src/store/schema.ts';
import { schemaDump } from '../migrations/schema-dump.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';
import { configInCode, type Project, project } from './project.ts';

describe('rowhook start', function () {
  this.timeout(60_000);
  let crm: Project;
  let receiver: Receiver;
  beforeEach(async () => {
    crm = await project();
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await receiver.close();
    await crm.remove();
  });

  const install = async (...events: string[]) => {
    await crm.json('install');
    const args = ['--url', receiver.url('/hook'), '--events', events.join(), '--secret', 'k3y'];
    return crm.json<{ id: string }>('endpoints', 'create', ...args);
  };
  const names = () => receiver.requests.map(({ headers }) => headers['sitestacker-event']);

  it('delivers the ping and then changes, with the Request-Id of their transaction, and ends by SIGTERM', async () => {
    await crm.write('rowhook.config.ts', configInCode);
    await install('person_update');
    const daemon = crm.start('start');
    await daemon.logged('rowhook is running');
    await receiver.waitFor(1);
    const sessions = await crm.database.query(
      'select distinct application_name from pg_stat_activity where usename = $1',
      [crm.role],
    );
    expect(sessions.rows).to.deep.equal([{ application_name: 'rowhook' }]);

    await crm.database.query(`begin; select set_config('rowhook.request_id', 'call-7', true);
      update people set firstname = 'Ada' where id = 412; commit`);
    await receiver.waitFor(2);
    expect(names()).to.deep.equal(['ping', 'person_update']);
    const [, update] = receiver.requests;
    expect(update?.headers['request-id']).to.equal('call-7');
    expect(JSON.parse(String(update?.body))).to.include({ id: '412', firstname: 'Ada' });

    await waitUntil(
      async () =>
        (await crm.json<{ deliveries: object[] }>('deliveries', 'list', '--state', 'succeeded')).deliveries
          .length === 2,
      {
        what: 'both attempts to be written down',
      },
    );
    const [latest] = (
      await crm.json<{ deliveries: Array<{ id: string }> }>('deliveries', 'list', '--event', 'person_update')
    ).deliveries;
    const shown = await crm.rowhook('deliveries', 'show', latest?.id ?? '');
    expect(shown.stdout)
      .to.match(/^state +succeeded$/m)
      .and.contain('> SiteStacker-Event: person_update')
      .and.contain(`> ${update?.body}`)
      .and.contain('< 200');
    const { relay } = await crm.json<{ relay: object }>('status');
    expect(relay).to.deep.include({ active: true, changesWaiting: { count: 0, atLeast: false } });

    expect(await crm.json('deliveries', 'redeliver', latest?.id ?? '')).to.deep.equal({
      id: latest?.id,
      state: 'due',
    });
    await receiver.waitFor(3);
    expect(receiver.requests[2]?.body).to.deep.equal(update?.body);

    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).to.equal(0);
    expect(daemon.stderr()).to.equal('');
    expect(
      daemon
        .stdout()
        .trimEnd()
        .split('\n')
        .every((line) => typeof JSON.parse(line).time === 'string'),
    ).to.equal(true);
    expect(daemon.stdout()).not.to.contain('k3y');
    const left = await crm.database.query('select 1 from pg_stat_activity where usename = $1', [crm.role]);
    expect(left.rows).to.deep.equal([]);
  });

  it('at SIGTERM finishes the request that it is in; at a second one breaks it off and gives it back', async () => {
    await install('*');
    receiver.answer(() => ({ delayMs: 1_500 }));
    const patient = crm.start('start');
    await receiver.waitFor(1);
    patient.child.kill('SIGTERM');
    expect(await patient.ended).to.equal(0);
    const done = await crm.json<{ deliveries: Array<{ state: string }> }>('deliveries', 'list');
    expect(done.deliveries.map(({ state }) => state)).to.deep.equal(['succeeded']);

    receiver.answer(() => ({ hang: true }));
    const hasty = crm.start('start');
    await hasty.logged('the relay is active');
    await crm.database.query(`update people set firstname = 'Ada' where id = 412`);
    await receiver.waitFor(2);
    hasty.child.kill('SIGINT');
    await hasty.logged('stopping');
    hasty.child.kill('SIGINT');
    expect(await hasty.ended).to.equal(0);
    expect(hasty.stderr()).to.equal('');
    const { deliveries } = await crm.json<{ deliveries: Array<{ state: string; attempts: number }> }>(
      'deliveries',
      'list',
      '--event',
      'person_update',
    );
    expect(deliveries).to.have.length(1);
    expect(deliveries[0]).to.include({ state: 'due' });
  });

  it('survives every loss of the database and delivers what was committed meanwhile', async () => {
    await install('person_update');
    const proxy = await startTcpProxy(crm.url);
    try {
      const daemon = crm.start('start', '--database', proxy.url);
      await daemon.logged('the relay is active');
      await receiver.waitFor(1);

      await crm.database.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
        crm.role,
      ]);
      await crm.database.query(`update people set firstname = 'Ada' where id = 412`);
      await receiver.waitFor(2, { timeoutMs: 30_000 });

      await proxy.cut();
      await crm.database.query(`update people set firstname = 'Bea' where id = 412`);
      await daemon.logged('the relay failed, and tries again');
      await proxy.resume();
      await receiver.waitFor(3, { timeoutMs: 30_000 });

      expect(receiver.requests.slice(1).map(({ body }) => JSON.parse(String(body)).firstname)).to.deep.equal([
        'Ada',
        'Bea',
      ]);
      expect(daemon.child.exitCode).to.equal(null);
      daemon.child.kill('SIGTERM');
      expect(await daemon.ended).to.equal(0);
      // A loss is a line of the log, not a dump of the connection.
      for (const line of daemon.stdout().split('\n')) expect(line).not.to.contain('"client":{');
    } finally {
      await proxy.close();
    }
  });

  it('does not start beside a schema or tables that are not what it needs, and says which command to run', async () => {
    const refusal = async () => {
      const before = await schemaDump(crm.database);
      const { code, stderr } = await crm.rowhook('start');
      expect(code).to.equal(1);
      expect(await schemaDump(crm.database)).to.equal(before);
      return stderr;
    };
    expect(await refusal()).to.match(
      /^error schema_missing: .*\n {2}→ .*npx knex migrate:latest.*npx rowhook install/,
    );
    await crm.json('install');
    const newest = async (version: number) => {
      await crm.database.query('delete from rowhook.schema_version');
      await crm.database.query('insert into rowhook.schema_version (version) values ($1)', [version]);
    };
    await newest(99);
    expect(await refusal()).to.match(/^error schema_too_new: .*99.*\n {2}→ .*npm install rowhook@latest/);
    await newest(0);
    expect(await refusal()).to.match(/^error schema_too_old: .*\n {2}→ .*npx rowhook install/);
    await newest(programVersion());

    await crm.database.query(
      `update rowhook.capture set released_at = now() where table_name = '"public"."tags"'`,
    );
    const uncaptured = await refusal();
    expect(uncaptured).to.match(/^error not_captured: "public"."tags" is not captured\n/);
    expect(uncaptured).to.contain('npx rowhook install');
    await crm.json('install');
    await crm.database.query(
      `alter table states owner to current_user; revoke all on states from "${crm.role}"`,
    );
    expect(await refusal()).to.match(
      new RegExp(
        `^error privilege_missing: .*${crm.role}.*"states".*\\n.*GRANT SELECT ON "public"."states" TO "${crm.role}";`,
      ),
    );
  });
});
