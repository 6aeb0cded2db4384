import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from '../cli/built-package.ts';
import { type PackagedApp, packagedApp } from '../migrations/packaged-app.ts';
import { createTestDatabase } from '../support/database.ts';
import { blocksOf, documents, readDocument } from './documents.ts';

describe('the documents', () => {
  it('link to files and headings that exist', async () => {
    const broken: string[] = [];
    for (const path of await documents()) {
      const text = await readDocument(path);
      for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : join(path, '..', file);
        if (!existsSync(join(root, target))) broken.push(`${path}: ${link}`);
        else if (anchor !== undefined && !(await anchors(target)).includes(anchor))
          broken.push(`${path}: ${link}`);
      }
    }
    expect(broken).to.deep.equal([]);
  });

  it('have the section that an error sends its reader to', async () => {
    expect(await anchors('docs/operations.md')).to.include('restored-databases');
  });
});

describe("the catalog page's examples", function () {
  this.timeout(60_000);
  let app: PackagedApp;
  before(async () => {
    app = await packagedApp();
  });
  after(() => app.remove());

  it('type-check, and can be installed', async () => {
    const blocks = blocksOf(await readDocument('docs/catalog.md'));
    const examples = blocks.filter(({ language }) => language === 'ts');
    expect(examples.length).to.be.at.least(7);
    const files = examples.map(({ text }, i) => [`example_${i}.ts`, text] as const);
    await app.write({
      'package.json': '{ "name": "shop", "private": true, "type": "module" }',
      'tsconfig.json': `{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2023", "noEmit": true,
        "skipLibCheck": true, "types": ["node"] }, "include": ["example_*.ts"] }`,
      'install.mjs': `
        import knexModule from 'knex';
        import { capture, install } from 'rowhook/migrations';
        const knex = knexModule({ client: 'pg', connection: process.env.SHOP_URL });
        await install(knex);
        for (const file of process.argv.slice(2)) await capture(knex, (await import(file)).default);
        await knex.destroy();`,
      ...Object.fromEntries(files),
    });
    await app.node(['node_modules/typescript/bin/tsc', '-p', '.']);

    const database = await createTestDatabase();
    await database.query(blocks.find(({ language }) => language === 'sql')!.text);
    await app.node(['--import', 'tsx', 'install.mjs', ...files.map(([name]) => `./${name}`)], {
      SHOP_URL: database.url,
    });
    const { rows } = await database.query<{ count: number }>(
      'select count(distinct table_name)::int as count from rowhook.capture',
    );
    expect(rows).to.deep.equal([{ count: 6 }]);
  });
});

/** The anchors of a document's headings, as they are made of them on GitHub. */
async function anchors(path: string): Promise<string[]> {
  const headings = (await readDocument(path)).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
