import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createProgram } from '../../src/cli/program.ts';
import { type PackagedApp, packagedApp } from '../migrations/packaged-app.ts';
import { schemaDump } from '../migrations/schema-dump.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { inProcess } from './in-process.ts';
import { type Result, rowhook } from './rowhook.ts';

const tables = `
create table teams (id int primary key, name text);
create table users (id bigint primary key, team_id int references teams, email text, password_hash text, deleted_at timestamptz);
create table projects (id bigint primary key, team_id int references teams, name text);
create table tasks (id bigint primary key, team_id int references teams, project_id bigint references projects, title text);
create table notes (body text);
create index on tasks (project_id);`;

describe('rowhook init', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let app: PackagedApp;
  beforeEach(async () => {
    database = await createTestDatabase();
    await database.query(tables);
    app = await packagedApp();
    await app.write({ 'package.json': '{ "type": "module" }' });
  });
  afterEach(() => app.remove());

  const init = (...args: string[]): Promise<Result> =>
    inProcess(['init', '--database', database.url, ...args], { cwd: app.directory, env: {} });
  const read = (path: string) => readFile(join(app.directory, path), 'utf8');
  const refusal = async (...args: string[]) => {
    const { code, stdout, stderr } = await init(...args, '--json');
    expect([code, stdout]).to.deep.equal([1, '']);
    return (JSON.parse(stderr) as { error: { code: string; message: string; fix: string; where: string } })
      .error;
  };

  it('takes all tables that can be captured with --yes, says what it did, and which commands come next', async () => {
    const before = await schemaDump(database);
    const program = join(app.directory, 'node_modules/rowhook');
    const args = ['init', '--database', database.url, '--yes'];
    const { code, stdout, stderr } = await rowhook(args, { program, cwd: app.directory });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout)
      .to.contain('wrote rowhook.config.ts: 4 tables, 12 events\n')
      .and.match(/wrote migrations\/\d{14}_rowhook\.js\n/)
      .and.contain('left out, as it looks secret: public.users (password_hash)\n')
      .and.contain('counts as deleted once deleted_at is set: public.users\n')
      .and.contain('skipped: public.notes has no key')
      .and.contain(
        '3 tables have team_id: with --tenant team_id an endpoint gets the events of its own tenant only\n',
      )
      .and.contain('\nnext:\n')
      .and.contain('  npx rowhook install\n  npx rowhook start --forward-to http://127.0.0.1:3000/hooks\n');
    const config = await read('rowhook.config.ts');
    expect(config)
      .to.contain(`softDelete: 'deleted_at',`)
      .and.contain(`exclude: ['password_hash'],`)
      .and.contain('// "public"."notes"'.slice(3))
      .and.contain(
        `// project: one('projects', { from: 'project_id', to: 'id' }, { id: text(), name: text() }),`,
      )
      .and.not.contain('tenant:');
    expect(await schemaDump(database)).to.equal(before);
  });

  it('writes down no password: the environment has it', async () => {
    const url = new URL(database.url);
    expect(url.password).not.to.equal('');
    const { stdout } = await init('--tables', 'teams');
    expect(await read('rowhook.config.ts'))
      .not.to.contain(url.password)
      .and.not.to.match(/^ {2}database:/m);
    expect(stdout).to.contain('export DATABASE_URL=…');
    for (const name of await readdir(join(app.directory, 'migrations'))) {
      expect(await read(`migrations/${name}`)).not.to.contain(url.password);
    }
    const known = await inProcess(['init', '--tables', 'teams', '--force'], {
      cwd: app.directory,
      env: { DATABASE_URL: database.url },
    });
    expect(known.stdout).not.to.contain('export');
  });

  it('gives every record its tenant when it is told the column, in a config that type-checks', async () => {
    await init('--tables', '*', '--tenant', 'team_id', '--dialect', 'prefix:Acme');
    const config = await read('rowhook.config.ts');
    expect(config.match(/tenant: 'team_id',/g)).to.have.length(3);
    expect(config)
      .to.match(/team: \{\n {8}table: 'teams',\n {8}tenant: 'id',/)
      .and.contain(`dialect: 'prefix:Acme'`);
    for (const [type, module] of [
      ['module', 'node20'],
      ['module', 'nodenext'],
      ['commonjs', 'nodenext'],
    ]) {
      await app.write({
        'package.json': `{ "type": "${type}" }`,
        'tsconfig.json': `{ "compilerOptions": { "strict": true, "module": "${module}", "noEmit": true, "skipLibCheck": true,
          "types": [] }, "include": ["rowhook.config.ts"] }`,
      });
      await app.node(['node_modules/typescript/bin/tsc', '-p', '.']);
    }
    expect(await refusal('--tables', 'teams', '--tenant', 'owner_id', '--force')).to.include({
      code: 'column_missing',
      where: '--tenant',
    });
  });

  it('never overwrites a config, unless it is told to', async () => {
    await app.write({ 'rowhook.config.js': 'export default {};' });
    const error = await refusal('--yes');
    expect(error).to.include({ code: 'config_exists', where: join(app.directory, 'rowhook.config.js') });
    expect(await readdir(app.directory)).not.to.include('rowhook.config.ts');
    expect((await init('--yes', '--out', 'hooks')).code).to.equal(0);
    expect(await readdir(join(app.directory, 'hooks'))).to.have.members(['rowhook.config.ts', 'migrations']);
    expect((await init('--yes', '--force')).code).to.equal(0);
    expect(await readdir(app.directory)).to.include('rowhook.config.ts');
  });

  it('names a similar table where there is none of the name, and one without a key', async () => {
    const error = await refusal('--tables', 'user,projects');
    expect(error).to.include({ code: 'table_missing', where: 'user' });
    expect(error.message).to.contain('"public"."users"');
    expect(await refusal('--tables', 'notes')).to.include({ code: 'key_missing' });
    expect(await refusal()).to.include({ code: 'table_missing', where: '--tables' });
    expect(await readdir(app.directory)).not.to.include('rowhook.config.ts');
  });

  it('says in JSON all that it did, which a script may read', async () => {
    const { stdout } = await init('--tables', 'users,tasks', '--json');
    const told = JSON.parse(stdout) as {
      migration: string;
      tables: object[];
      warnings: object[];
      next: string[];
    };
    expect(told).to.deep.include({
      config: 'rowhook.config.ts',
      skipped: [],
      tenant: null,
      tenantProposals: [],
      warnings: [],
    });
    expect(told.tables[0]).to.deep.equal({
      table: '"public"."tasks"',
      resource: 'task',
      events: ['task_create', 'task_update', 'task_delete'],
      excluded: [],
      softDelete: null,
    });
    expect(await read(told.migration)).to.contain('"public"."users"');
  });

  it('asks at a terminal which tables are meant', async () => {
    const terminal = { input: new PassThrough(), output: new PassThrough() };
    let screen = '';
    terminal.output.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
    });
    const shows = (text: string) =>
      waitUntil(() => screen.includes(text), { what: `"${text}" on the screen` });
    let said = '';
    const args = ['init', '--database', database.url];
    const program = await createProgram(args, {
      version: '0.0.0',
      cwd: app.directory,
      env: {},
      terminal,
      json: false,
      now: () => new Date(),
      write: (text) => {
        said += text;
      },
      writeError: () => {},
      signals: { onStop: () => () => {} },
    });
    const done = program.parseAsync(args, { from: 'user' });
    await shows('Which tables?');
    expect(screen).to.contain('public.tasks').and.not.contain('public.notes');
    for (const key of 'user') terminal.input.write(key);
    await shows('1 match');
    terminal.input.write('\t');
    await waitUntil(() => /◼|\[\+\]/.test(screen), { what: 'a table to be chosen' });
    terminal.input.write('\r');
    await shows('marked as deleted');
    terminal.input.write('n');
    await done;
    expect(said).to.contain('next:');
    const config = await read('rowhook.config.ts');
    expect(config)
      .to.contain(`table: 'users'`)
      .and.not.contain(`table: 'tasks'`)
      .and.not.contain('softDelete');
  });
});
