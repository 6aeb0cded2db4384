import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { programVersion } from '../../src/store/schema.ts';
import { inProcess } from '../cli/in-process.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { type OwnedCrm, ownedCrm } from './owned-crm.ts';
import { type PackagedApp, packagedApp } from './packaged-app.ts';
import { schemaDump } from './schema-dump.ts';

interface Written {
  file: string | null;
  changes: string[];
}

/** As data: to run a config takes longer than most commands. */
const preset = { 'rowhook.config.json': JSON.stringify({ catalog: 'site-stacker' }) };
const small = (columns: readonly string[], on: 'update' | 'delete' = 'update') => {
  const fields = Object.fromEntries(columns.map((name) => [name, { kind: 'column', format: 'text' }]));
  const resources = { person: { table: 'people', fields } };
  const events = { person_update: { resource: 'person', on } };
  return { 'rowhook.config.json': JSON.stringify({ catalog: { name: 'small', resources, events } }) };
};
const inCode = `import { defineConfig } from 'rowhook';
import { siteStacker } from 'rowhook/presets/site-stacker';
export default defineConfig({ catalog: siteStacker() });`;

const knexOptions = `{ client: 'pg', connection: process.env.DATABASE_URL, migrations: { directory: './migrations' } }`;
const strict = (
  module: string,
) => `{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2020", "noEmit": true,
  "skipLibCheck": true, "noUnusedLocals": true, "noUnusedParameters": true, "noUncheckedIndexedAccess": true,
  "exactOptionalPropertyTypes": true, "verbatimModuleSyntax": true, "allowJs": true, "checkJs": false, "types": ["node"] }, "include": ["migrations"] }${module}`;

/** The four forms, as their surroundings ask for them or as they are asked for. */
const forms: Readonly<
  Record<string, { files: Record<string, string>; args: string[]; extension: string; node: string[] }>
> = {
  'TypeScript, ES module': {
    files: {
      'package.json': '{ "type": "module" }',
      'knexfile.ts': `import type { Knex } from 'knex';\nconst config: Knex.Config = ${knexOptions};\nexport default config;`,
      'tsconfig.json': strict(''),
      'rowhook.config.ts': inCode,
    },
    args: [],
    extension: 'ts',
    node: ['--import', 'tsx'],
  },
  'TypeScript, CommonJS': {
    files: {
      'package.json': '{ "private": true }',
      'knexfile.ts': `export = ${knexOptions};`,
      'tsconfig.json': strict(''),
    },
    args: ['--module', 'cjs'],
    extension: 'ts',
    node: ['--import', 'tsx'],
  },
  'JavaScript, ES module': {
    files: { 'package.json': '{ "type": "module" }', 'knexfile.js': `export default ${knexOptions};` },
    args: [],
    extension: 'js',
    node: [],
  },
  'JavaScript, CommonJS': {
    files: { 'package.json': '{ "private": true }', 'knexfile.js': `module.exports = ${knexOptions};` },
    args: [],
    extension: 'js',
    node: [],
  },
  'CommonJS among ES modules': {
    files: { 'package.json': '{ "type": "module" }', 'knexfile.js': `export default ${knexOptions};` },
    args: ['--module', 'cjs', '--name', 'hooks'],
    extension: 'cjs',
    node: [],
  },
};

describe('a migration that rowhook has written', function () {
  this.timeout(120_000);
  let app: PackagedApp;
  let crm: OwnedCrm;
  /** What `rowhook install` leaves for the preset. */
  let installed: string;
  before(async () => {
    app = await packagedApp();
    await app.write(preset);
    const reference = await ownedCrm();
    await rowhook(['install'], reference.url);
    installed = await state(reference);
    await reference.database.drop();
    await app.remove();
  });
  beforeEach(async () => {
    app = await packagedApp();
    crm = await ownedCrm();
    await app.write({ ...forms['JavaScript, ES module']!.files, ...preset });
  });
  afterEach(() => app.remove());

  const rowhook = async (args: string[], url = crm.url) => {
    const { code, stdout, stderr } = await inProcess(args, {
      cwd: app.directory,
      env: { DATABASE_URL: url },
    });
    if (code !== 0) throw Object.assign(new Error(stderr), { code, stderr });
    return stdout;
  };
  const write = async (...args: string[]) =>
    JSON.parse(await rowhook(['migration', '--json', ...args])) as Written;
  /** The same by the program as it is published, in a process of its own. */
  const writeAsPublished = async (...args: string[]) => {
    const program = ['node_modules/rowhook/dist/cli/main.js', 'migration', '--json', ...args];
    return JSON.parse((await app.node(program, { DATABASE_URL: crm.url })).stdout) as Written;
  };
  const knex = (command: string, url = crm.url, node: string[] = []) =>
    app.node([...node, 'node_modules/knex/bin/cli.js', command], { DATABASE_URL: url });
  const findings = async (url = crm.url) => {
    const { findings } = JSON.parse(await rowhook(['check', '--json'], url)) as {
      findings: Array<{ code: string; severity: string }>;
    };
    return findings.filter(({ severity }) => severity === 'change').map(({ code }) => code);
  };

  for (const [name, { files, args, extension, node }] of Object.entries(forms)) {
    it(`does what install does (${name}), also twice, and down leaves the application as it was`, async () => {
      await rm(join(app.directory, 'knexfile.js'));
      await app.write(files);
      const before = await schemaDump(crm.database);
      const { file, changes } = await writeAsPublished(...args);
      expect(file).to.match(new RegExp(`^migrations/\\d{14}_(?:rowhook|hooks)\\.${extension}$`));
      expect(changes)
        .to.have.length(1 + 17)
        .and.to.include(`creates the schema rowhook, version ${programVersion()}`);
      expect(await schemaDump(crm.database)).to.equal(before);
      const text = await readFile(join(app.directory, file!), 'utf8');
      expect(text).not.to.match(/from 'rowhook|require\(/);
      expect(text).not.to.contain(crm.url);
      if (extension === 'ts') await app.node(['node_modules/typescript/bin/tsc', '-p', '.']);

      await knex('migrate:latest', crm.url, node);
      expect(await state(crm)).to.equal(installed);
      expect(await findings()).to.deep.equal([]);
      await crm.database.query('delete from knex_migrations');
      await knex('migrate:latest', crm.url, node);
      expect(await state(crm)).to.equal(installed);

      await knex('migrate:rollback', crm.url, node);
      expect(await schemaDump(crm.database)).to.equal(before);
    });
  }

  it('keeps to the plan that it was written with, whatever the catalog has become', async () => {
    await app.write(small(['id', 'firstname']));
    const old = await ownedCrm();
    await rowhook(['install'], old.url);
    await write();
    await app.write(preset);
    const later = await ownedCrm();
    await knex('migrate:latest', later.url);
    expect(await state(later)).to.equal(await state(old));
    await rm(join(app.directory, 'rowhook.config.json'));
    await rm(join(app.directory, 'node_modules/rowhook'));
    await knex('migrate:rollback', later.url);
  });

  it('replaces the triggers of another catalog, and puts them back', async () => {
    await app.write(small(['id', 'firstname']));
    await rowhook(['install']);
    const before = await state(crm);
    await app.write(small(['id', 'lastname']));
    const { changes } = await write();
    expect(changes).to.deep.equal(['replaces the triggers on "public"."people"']);
    await knex('migrate:latest');
    expect(await findings()).to.deep.equal([]);
    await crm.database.query(`update people set firstname = 'unwatched' where id = 412`);
    await crm.database.query(`update people set lastname = 'watched' where id = 412`);
    const { rows } = await crm.database.query('select count(*)::int as n from rowhook.outbox');
    expect(rows).to.deep.equal([{ n: 1 }]);
    await knex('migrate:rollback');
    expect((await state(crm)).replace(/released t .*lastname.*\n/, '')).to.equal(before);
  });

  it('releases what no event needs when told so, and takes that back', async () => {
    await rowhook(['install']);
    const before = await state(crm);
    await app.write(small(['id'], 'delete'));
    expect((await write()).changes).to.deep.equal(['replaces the triggers on "public"."people"']);
    await rm(join(app.directory, 'migrations'), { recursive: true });
    const { changes } = await write('--release-others');
    expect(changes.filter((line) => line.startsWith('takes the triggers off'))).to.have.length(16);
    await knex('migrate:latest');
    expect(await findings()).to.deep.equal([]);
    const triggers = await crm.database.query(`select 1 from pg_trigger where tgname like 'rowhook_%'`);
    expect(triggers.rows).to.have.length(5);
    await knex('migrate:rollback');
    expect((await state(crm)).replace(/released t .*\n/, '')).to.equal(before);
  });

  it('mends triggers that are gone or switched off', async () => {
    await rowhook(['install']);
    const before = await state(crm);
    await crm.database.query(
      'drop trigger rowhook_delete on people; alter table tags disable trigger rowhook_update',
    );
    expect(await findings()).to.deep.equal(['trigger_missing', 'trigger_disabled']);
    const { changes } = await write();
    expect(changes).to.deep.equal([
      'puts what is missing on "public"."people"',
      'puts what is missing on "public"."tags"',
    ]);
    await knex('migrate:latest');
    expect(await state(crm)).to.equal(before);
    await knex('migrate:rollback');
    expect(await state(crm)).to.equal(before);
  });

  it('upgrades an older schema', async () => {
    const text = await readFile(new URL('../../sql/schema/0001_rowhook.sql', import.meta.url), 'utf8');
    const owner = new pg.Client({ connectionString: crm.url });
    await owner.connect();
    await owner.query(`${text}; insert into rowhook.schema_version (version) values (1)`);
    await owner.end();
    await app.write(small(['id']));
    const { changes } = await write();
    expect(changes).to.deep.equal([
      `brings the schema rowhook from version 1 to ${programVersion()}`,
      'puts triggers on "public"."people"',
    ]);
    await knex('migrate:latest');
    expect(await findings()).to.deep.equal([]);
    await knex('migrate:rollback');
    const { rows } = await crm.database.query(
      'select max(version)::int as version from rowhook.schema_version',
    );
    expect(rows).to.deep.equal([{ version: programVersion() }]);
    // On a database without the first version it has nothing to build on.
    const empty = await ownedCrm();
    const failed = await knex('migrate:latest', empty.url).catch(
      (error: Error & { stderr: string }) => error.stderr,
    );
    expect(failed).to.contain('the schema rowhook has version 0, this migration begins with 1');
  });

  it('lets the application go on when a table is not free, and comes back', async () => {
    await app.write(small(['id']));
    await write();
    const holder = new pg.Client({ connectionString: crm.url });
    await holder.connect();
    await holder.query('begin; update people set id = id');
    const running = knex('migrate:latest');
    await waitUntil(waiting(crm.database), { what: 'the migration to wait' });
    await waitUntil(async () => !(await waiting(crm.database)()), { what: 'a try to be given up' });
    await holder.query('commit');
    await running;
    await holder.end();
    expect(await findings()).to.deep.equal([]);
  });

  it('is not written where nothing is to change', async () => {
    await rowhook(['install']);
    expect(await write()).to.deep.equal({ file: null, changes: [] });
    expect(await rowhook(['migration'])).to.equal('Nothing is to change: there is no migration to write.\n');
    expect(await readdir(app.directory)).not.to.include('migrations');
  });

  it('can be looked at without a file', async () => {
    const text = await rowhook(['migration', '--stdout', '--language', 'ts']);
    expect(text)
      .to.match(/^import type \{ Knex \} from 'knex';\n/)
      .and.contain('create schema rowhook;');
    expect(await readdir(app.directory)).not.to.include('migrations');
  });

  it('is not written while the catalog does not fit the database', async () => {
    await crm.database.query(
      'alter table people rename column suffix to ending; alter table states rename to provinces',
    );
    const failed = await write().catch((error: Error & { code: number; stderr: string }) => error);
    expect(failed).to.include({ code: 1 });
    const { error } = JSON.parse((failed as { stderr: string }).stderr) as {
      error: { code: string; message: string };
    };
    expect(error.code).to.equal('check_failed');
    expect(error.message)
      .to.contain('column_missing')
      .and.contain('"suffix"')
      .and.contain('"public"."states"');
    expect(await readdir(app.directory)).not.to.include('migrations');
  });
});

/** Whether somebody waits for a lock on people at this moment. */
const waiting = (database: TestDatabase) => async () => {
  const { rows } = await database.query(
    `select count(*) > 0 as waits from pg_locks where not granted and relation = 'people'::regclass`,
  );
  return rows[0]?.waits;
};

/** All that an installation makes, but for the names of roles and the moments. */
async function state({ database, role }: OwnedCrm): Promise<string> {
  const dump = await schemaDump(database);
  const { rows } = await database.query<{ line: string }>(
    `select format('schema %s', version) as line from rowhook.schema_version
     union all select format('bounds %s %s', relname, pg_get_expr(relpartbound, oid)) from pg_class
       where relnamespace = 'rowhook'::regnamespace and relispartition and relkind = 'r'
     union all select format('released %s capture %s %s %s %s', released_at is not null, id, table_name, plan, installed) from rowhook.capture
     order by 1`,
  );
  return `${dump}\n${rows.map(({ line }) => line).join('\n')}\n`
    .replaceAll(role, 'owner')
    .replaceAll(database.name, 'database');
}
