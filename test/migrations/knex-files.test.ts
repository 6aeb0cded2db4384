import { expect } from 'chai';
import { ownedCrm } from './owned-crm.ts';
import { type PackagedApp, packagedApp } from './packaged-app.ts';
import { schemaDump } from './schema-dump.ts';

const up = `
  await install(knex);
  await capture(knex, siteStacker());
  await registerEndpoint(knex, siteStacker(), { url: 'https://hooks.example.net/crm', events: ['*'], secret: 's3cret' });`;
const down = `
  await removeEndpoint(knex, { url: 'https://hooks.example.net/crm' });
  await release(knex, siteStacker());
  await uninstall(knex);`;
const names = '{ capture, install, registerEndpoint, release, removeEndpoint, uninstall }';
const esmImports = `
import ${names} from 'rowhook/migrations';
import { siteStacker } from 'rowhook/presets/site-stacker';`;

const knexfile = (directory: string) =>
  `{ client: 'pg', connection: process.env.CRM_URL, migrations: { directory: '${directory}', loadExtensions: ['.mjs', '.cjs', '.ts'] } }`;

/** The migration as applications write it, in each kind of module. */
const kinds: Readonly<Record<string, { files: Record<string, string>; knexfile: string; node: string[] }>> = {
  'an ES module': {
    files: {
      'knexfile.mjs': `export default ${knexfile('./esm')};`,
      'esm/001_rowhook.mjs': `${esmImports}
        export const config = { transaction: false };
        export async function up(knex) {${up}}
        export async function down(knex) {${down}}`,
    },
    knexfile: 'knexfile.mjs',
    node: [],
  },
  "a CommonJS module in knex's own transaction": {
    files: {
      'knexfile.cjs': `module.exports = ${knexfile('./cjs')};`,
      'cjs/001_rowhook.cjs': `
        const ${names} = require('rowhook/migrations');
        const { siteStacker } = require('rowhook/presets/site-stacker');
        exports.up = async (knex) => {${up}};
        exports.down = async (knex) => {${down}};`,
    },
    knexfile: 'knexfile.cjs',
    node: [],
  },
  'a TypeScript module': {
    files: {
      'knexfile.ts': `import type { Knex } from 'knex';\nconst config: Knex.Config = ${knexfile('./ts')};\nexport default config;`,
      'ts/001_rowhook.ts': `${esmImports}
        import type { Knex } from 'knex';
        export const config = { transaction: false };
        export async function up(knex: Knex): Promise<void> {${up}}
        export async function down(knex: Knex): Promise<void> {${down}}`,
    },
    knexfile: 'knexfile.ts',
    node: ['--import', 'tsx'],
  },
};

const config = {
  'rowhook.config.ts': `import { defineConfig } from 'rowhook';
        import { siteStacker } from 'rowhook/presets/site-stacker';
        export default defineConfig({ catalog: siteStacker({ timestamps: 'sql' }), delivery: { allow: ['10.0.0.0/8'] } });`,
};

describe("an application's knex migration files", function () {
  this.timeout(120_000);
  let app: PackagedApp;
  before(async () => {
    app = await packagedApp();
    await app.write({ 'package.json': '{ "name": "crm", "private": true }' });
  });
  after(() => app.remove());

  const knex = (url: string, kind: { knexfile: string; node: string[] }, ...args: string[]) =>
    app.node([...kind.node, 'node_modules/knex/bin/cli.js', ...args, '--knexfile', kind.knexfile], {
      CRM_URL: url,
    });

  for (const [name, kind] of Object.entries(kinds)) {
    it(`may be ${name}: up, up again, and down to where it was`, async () => {
      await app.write(kind.files);
      const { database, url } = await ownedCrm();
      const before = await schemaDump(database);
      await knex(url, kind, 'migrate:latest');
      await knex(url, kind, 'migrate:latest');
      const { rows } = await database.query(
        `select (select count(*)::int from rowhook.capture where released_at is null) as tables,
           (select json_agg(json_build_array(url, events, secret)) from rowhook.endpoint) as endpoints,
           (select array_agg(name) from rowhook.event) as events`,
      );
      expect(rows).to.deep.equal([
        { tables: 17, endpoints: [['https://hooks.example.net/crm', ['*'], 's3cret']], events: ['ping'] },
      ]);
      await knex(url, kind, 'migrate:rollback');
      expect(await schemaDump(database)).to.equal(before);
    });
  }

  it('type-check against the declarations of the package', async () => {
    await app.write({
      ...kinds['a TypeScript module']!.files,
      ...config,
      'tsconfig.json': `{ "compilerOptions": { "strict": true, "module": "nodenext", "moduleResolution": "nodenext", "target": "es2023",
        "noEmit": true, "skipLibCheck": true, "types": ["node"] }, "include": ["ts", "knexfile.ts", "rowhook.config.ts"] }`,
    });
    await app.node(['node_modules/typescript/bin/tsc', '-p', '.']);
  });

  it('lie beside a config that imports the package', async () => {
    await app.write(config);
    const { stdout } = await app.node(
      ['node_modules/rowhook/dist/cli/main.js', 'events', '--json', '--config', 'rowhook.config.ts'],
      {
        ROWHOOK_DATABASE_URL: 'postgres://localhost/unused',
      },
    );
    expect(JSON.parse(stdout)).to.have.length(37);
  });
});
