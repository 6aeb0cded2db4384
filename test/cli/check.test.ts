import { expect } from 'chai';
import type { Finding } from '../../src/check/finding.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Project, project } from './project.ts';

describe('rowhook check', function () {
  this.timeout(60_000);
  let crm: Project;
  beforeEach(async () => {
    crm = await project();
  });
  afterEach(() => crm.remove());

  it('ends with 0 before an installation, and lists what that would do', async () => {
    const { code, stdout, stderr } = await crm.rowhook('check');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout)
      .to.contain('An installation has this to do:\n\n  npx rowhook install   (or: npx rowhook migration)\n')
      .and.contain('    not_captured  public.people is to be captured')
      .and.match(/\n0 errors, \d+ warnings?, 18 changes\n$/);
    await crm.json('install');
    const { findings } = await crm.json<{ findings: Finding[] }>('check');
    expect(findings.filter(({ severity }) => severity !== 'warning')).to.deep.equal([]);
    expect((await crm.rowhook('check')).stdout).to.match(/0 errors, \d+ warnings?, 0 changes\n$/);
  });

  it('ends with 1 where it cannot work, with all errors on stdout', async () => {
    await crm.database.query(
      'alter table people rename column suffix to ending; alter table states rename to provinces',
    );
    const { code, stdout, stderr } = await crm.rowhook('check');
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
    expect(stdout)
      .to.contain('It cannot work so:\n')
      .and.contain('  column_missing  public.people\n')
      .and.contain('  table_missing  public.states\n')
      .and.match(/\n2 errors, /);
    const json = await crm.rowhook('check', '--json');
    expect(json).to.include({ code: 1, stderr: '' });
    expect(
      (JSON.parse(json.stdout) as { findings: Finding[] }).findings.slice(0, 2).map(({ code }) => code),
    ).to.have.members(['column_missing', 'table_missing']);
  });

  it('sees functions that were made for other columns, which install writes anew', async () => {
    await crm.write(
      'rowhook.config.ts',
      `export default { catalog: { name: 'small', resources: { person: { table: 'people', exclude: ['gender'],
        fields: { id: { kind: 'column', format: 'text' } } } },
        events: { person_delete: { resource: 'person', on: 'delete' } } } };`,
    );
    await crm.json('install');
    expect(await crm.json('check')).to.deep.equal({ findings: [] });
    await crm.database.query('alter table people add column nickname text');
    const { findings } = await crm.json<{ findings: Finding[] }>('check');
    expect(findings.map(({ code, where }) => [code, where])).to.deep.equal([
      ['function_differs', '"public"."people"'],
    ]);
    await crm.json('install');
    expect(await crm.json('check')).to.deep.equal({ findings: [] });
  });

  it('names tables that are captured and no longer needed, and partitions without triggers', async () => {
    await crm.database.query(
      `create table visits (id int, day date, primary key (id, day)) partition by range (day);
       create table visits_1 partition of visits for values from (minvalue) to ('2026-01-01');
       alter table visits owner to "${crm.role}"; alter table visits_1 owner to "${crm.role}"`,
    );
    const config = (table: string, key: string) =>
      crm.write(
        'rowhook.config.ts',
        `export default { catalog: { name: 'small', resources: { one: { table: '${table}', key: ${key},
          fields: { id: { kind: 'column', format: 'text' } } } }, events: { one_update: { resource: 'one', on: 'update' } } } };`,
      );
    await config('visits', `['id', 'day']`);
    await crm.json('install');
    await crm.database.query(
      `create table visits_2 partition of visits for values from ('2026-01-01') to (maxvalue); alter table visits_2 owner to "${crm.role}"`,
    );
    const { findings } = await crm.json<{ findings: Finding[] }>('check');
    expect(findings.map(({ code, where }) => [code, where])).to.deep.equal([
      ['trigger_missing', '"public"."visits_2"'],
    ]);
    await config('people', `['id']`);
    const other = await crm.json<{ findings: Finding[] }>('check');
    expect(other.findings.map(({ code, where, fix }) => [code, where, fix])).to.deep.equal([
      ['not_captured', '"public"."people"', 'npx rowhook install'],
      ['not_needed', '"public"."visits"', 'npx rowhook install --release-others'],
    ]);
  });
});

describe('rowhook start --forward-to', function () {
  this.timeout(60_000);
  let crm: Project;
  let receiver: Receiver;
  beforeEach(async () => {
    crm = await project();
    receiver = await startReceiver();
    await crm.write('rowhook.config.ts', `export default { catalog: 'site-stacker' };`);
  });
  afterEach(async () => {
    await receiver.close();
    await crm.remove();
  });

  it('makes an endpoint of that URL that is there active again, for every event, and keeps its secret', async () => {
    await crm.json('install');
    const url = receiver.url('/hooks');
    await crm.write(
      'open.ts',
      `export default { catalog: 'site-stacker', delivery: { allow: ['127.0.0.1'] } };`,
    );
    const { id } = await crm.json<{ id: string }>(
      ...['endpoints', 'create', '--url', url, '--events', 'tag_create', '--secret', 'k3y'],
      ...['--config', 'open.ts'],
    );
    await crm.json('endpoints', 'disable', id);
    const daemon = crm.start('start', '--forward-to', url);
    await daemon.logged('the relay is active');
    await crm.database.query(`update people set firstname = 'Ada' where id = 412`);
    await receiver.waitFor(2);
    expect(receiver.requests.map(({ headers }) => headers['sitestacker-event'])).to.have.members([
      'ping',
      'person_update',
    ]);
    const { rows } = await crm.database.query('select active, events, secret from rowhook.endpoint');
    expect(rows).to.deep.equal([{ active: true, events: ['*'], secret: 'k3y' }]);
    expect(daemon.stderr())
      .to.contain(`endpoint ${id} was there; now it is active`)
      .and.not.to.contain('k3y');
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).to.equal(0);
  });

  it('allows that host for the run only', async () => {
    await crm.json('install');
    const url = receiver.url('/hooks');
    const first = crm.start('start', '--forward-to', url);
    await receiver.waitFor(1);
    first.child.kill('SIGTERM');
    await first.ended;
    const second = crm.start('start');
    await second.logged('the relay is active');
    await crm.database.query(`update people set firstname = 'Ada' where id = 412`);
    const failed = await second.logged('delivery failed');
    expect(failed).to.include({ reason: 'blocked_address' });
    second.child.kill('SIGTERM');
    await second.ended;
    expect(receiver.requests).to.have.length(1);
  });

  it('does nothing where rowhook is not installed', async () => {
    const { code, stderr } = await crm.rowhook('start', '--forward-to', receiver.url('/hooks'));
    expect(code).to.equal(1);
    expect(stderr).to.match(/^error schema_missing/);
  });
});
