import { expect } from 'chai';
import type { Endpoint } from '../../src/store/endpoints.ts';
import { programVersion } from '../../src/store/schema.ts';
import type { QueueStatus } from '../../src/store/status.ts';
import { schemaDump } from '../migrations/schema-dump.ts';
import { configInCode, type Project, project } from './project.ts';

type Told<T> = { [K in keyof T]: T[K] extends Date ? string : T[K] };
interface Installed {
  schema: { from: number; to: number };
  tables: Array<{ table: string; done: string }>;
  released: string[];
  others: string[];
}

describe('the command line', function () {
  this.timeout(60_000);
  let crm: Project;
  beforeEach(async () => {
    crm = await project();
  });
  afterEach(() => crm.remove());

  it('installs, says what it did, may be run again, and uninstalls without a trace', async () => {
    const before = await schemaDump(crm.database);
    const first = await crm.json<Installed>('install');
    expect(first.schema).to.deep.equal({ from: 0, to: programVersion() });
    expect(first.tables).to.have.length(17);
    expect(first.tables).to.deep.include({ table: 'public.people', done: 'captured' });
    const second = await crm.json<Installed>('install');
    expect(second.schema).to.deep.equal({ from: programVersion(), to: programVersion() });
    expect(new Set(second.tables.map(({ done }) => done))).to.deep.equal(new Set(['renewed']));

    const refused = await crm.rowhook('uninstall');
    expect(refused).to.include({ code: 2 });
    expect(refused.stderr).to.contain('--yes');
    const gone = await crm.rowhook('uninstall', '--yes');
    expect(gone).to.deep.equal({ code: 0, stdout: 'rowhook is gone from this database\n', stderr: '' });
    expect(await crm.json('uninstall', '--yes')).to.deep.equal({ uninstalled: false });
    expect(await schemaDump(crm.database)).to.equal(before);
  });

  it('captures what a changed config needs, and releases the rest when told so', async () => {
    await crm.json('install');
    await crm.write(
      'rowhook.config.ts',
      `import { defineCatalog, text } from 'rowhook';
       export default { catalog: defineCatalog({ name: 'small', dialect: 'site-stacker',
         resources: { person: { table: 'people', fields: { id: text(), lastname: text() } } },
         events: { person_update: { resource: 'person', on: 'update' } } }) };`,
    );
    const status = await crm.rowhook('status');
    expect(status.stdout)
      .to.contain('captured         0 of 1 tables')
      .and.match(/outdated +public\.people/);
    expect(status.stdout).to.match(/not needed +public\.tags\n/);

    const kept = await crm.json<Installed>('install');
    expect(kept.tables).to.deep.equal([{ table: 'public.people', done: 'replaced' }]);
    expect(kept.others).to.have.length(16).and.to.include('public.tags');
    const released = await crm.json<Installed>('install', '--release-others');
    expect(released.released).to.deep.equal(kept.others);
    expect(released.others).to.deep.equal([]);
    await crm.database.query(`update tags set name = 'x'`);
    expect((await crm.json<QueueStatus>('status')).relay.changesWaiting.count).to.equal(0);
  });

  it('tells events, what is installed and what waits', async () => {
    const events = await crm.json<object[]>('events');
    expect(events).to.have.length(37);
    expect(events).to.deep.include({
      event: 'tag_assign',
      resource: 'tag_link',
      table: 'public.tags_models',
      on: 'insert',
    });
    const listed = await crm.rowhook('events');
    expect(listed.stdout.split('\n')).to.have.length(1 + 37 + 1);
    expect(listed.stdout).to.match(/^event +resource +table +on\n/);

    await crm.json('install');
    await crm.database.query(`update people set firstname = firstname || '!'`);
    const status = await crm.json<QueueStatus & { capture: { tables: Array<{ state: string }> } }>('status');
    expect(status).to.deep.include({
      schema: { version: programVersion() },
      endpoints: { active: 0, paused: 0, disabled: 0 },
    });
    expect(status.capture.tables.filter(({ state }) => state === 'captured')).to.have.length(17);
    expect(status.relay).to.deep.include({
      active: false,
      changesWaiting: { count: 4, atLeast: false },
      movedAt: null,
    });
    expect(Date.now() - Date.parse(status.relay.oldestChangeAt ?? '')).to.be.within(0, 60_000);
    await crm.database.query('alter table people disable trigger rowhook_update');
    expect((await crm.rowhook('status')).stdout)
      .to.contain('captured         16 of 17 tables\n  incomplete     public.people\n')
      .and.contain('changes waiting  4\n');
  });

  it('manages endpoints, and never shows a secret but the one that it made, once', async () => {
    await crm.json('install');
    const url = 'https://hooks.example.net/crm';
    const made = await crm.json<Told<Endpoint> & { secret: string }>(
      ...[
        'endpoints',
        'create',
        '--url',
        url,
        '--events',
        'tag_create, person_update',
        '--generate-secret',
        '--description',
        'the CRM',
      ],
    );
    expect(made).to.include({ url, description: 'the CRM', active: true, hasSecret: true });
    expect(made.events).to.have.members(['tag_create', 'person_update']);
    expect(made.secret).to.match(/^[\w-]{43}$/);
    expect(new Date(made.createdAt).toISOString()).to.equal(made.createdAt);
    const { rows } = await crm.database.query('select secret from rowhook.endpoint');
    expect(rows).to.deep.equal([{ secret: made.secret }]);

    const { id } = made;
    const shown: string[] = [];
    const tell = async (...args: string[]) => {
      const { code, stdout, stderr } = await crm.rowhook('endpoints', ...args);
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      shown.push(stdout);
      return stdout;
    };
    expect(await tell('list')).to.match(new RegExp(`^${id} +active +yes +\\S+ +${url} +the CRM$`, 'm'));
    expect(await tell('update', id, '--events', '*', '--no-secret'))
      .to.match(/^events +\*$/m)
      .and.match(/^signed +no$/m);
    process.env.HOOK_SECRET_OF_TEST = 'from the environment';
    try {
      expect(await tell('update', id, '--secret-env', 'HOOK_SECRET_OF_TEST')).to.match(/^signed +yes$/m);
    } finally {
      delete process.env.HOOK_SECRET_OF_TEST;
    }
    const stored = await crm.database.query('select secret, events, description from rowhook.endpoint');
    expect(stored.rows).to.deep.equal([
      { secret: 'from the environment', events: ['*'], description: 'the CRM' },
    ]);
    expect(await tell('disable', id)).to.match(/^state +disabled$/m);
    expect(await tell('enable', id)).to.match(/^state +active$/m);
    expect(await tell('update', id)).to.contain(url);
    expect(await crm.json('endpoints', 'delete', id)).to.deep.equal({ id, dropped: 1 });
    expect(await tell('list')).to.equal('There are no endpoints.\n');
    for (const secret of [made.secret, 'from the environment']) expect(shown.join()).not.to.contain(secret);
  });

  it('works on endpoints and deliveries without a config, when it knows the database', async () => {
    await crm.json('install');
    await crm.write('rowhook.config.ts', '');
    const { code, stderr } = await crm.rowhook('endpoints', 'list');
    expect({ code, stderr }).to.have.property('code', 1);
    expect(stderr).to.contain('config_invalid');
    expect(await crm.json('endpoints', 'list', '--database', crm.url)).to.deep.equal([]);
    expect(await crm.json('deliveries', 'list', '--database', crm.url)).to.deep.equal({
      deliveries: [],
      searchedUntil: null,
    });
  });

  it('keeps the terminal from what others have written', async () => {
    await crm.json('install');
    await crm.database.query(
      `insert into rowhook.endpoint (url, events, description) values ('https://a.example/', '{*}', E'two\\nlines \\x1b[31mred')`,
    );
    const { stdout } = await crm.rowhook('endpoints', 'list');
    expect(stdout.split('\n')).to.have.length(3);
    expect(stdout).to.contain('two lines  [31mred');
  });

  it('answers --help and --version, as a program', async () => {
    expect((await crm.published('--version')).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    const help = await crm.published('endpoints', 'create', '--help');
    expect(help.code).to.equal(0);
    expect(help.stdout).to.contain('--generate-secret').and.contain('--database <url>');
  });

  it('ends as a program with the code and the streams that its command has told', async () => {
    await crm.write('rowhook.config.ts', configInCode);
    const installed = await crm.published('install', '--json');
    expect(installed).to.include({ code: 0, stderr: '' });
    expect((JSON.parse(installed.stdout) as Installed).tables).to.have.length(17);
    for (const args of [
      ['status'],
      ['statu'],
      ['endpoints', 'show', '99'],
      ['endpoints', 'show', '99', '--json'],
    ]) {
      const { code, ...said } = await crm.rowhook(...args);
      expect(await crm.published(...args), args.join(' ')).to.deep.equal({ code, ...said });
    }
  });
});
