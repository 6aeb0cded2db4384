import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { rowhook } from '../cli/rowhook.ts';
import { type PackagedApp, packagedApp } from '../migrations/packaged-app.ts';
import { blocksOf, readDocument } from '../readme/documents.ts';
import { createTestDatabase } from '../support/database.ts';

describe('docs/install.md', function () {
  this.timeout(60_000);
  let app: PackagedApp;
  before(async () => {
    app = await packagedApp();
  });
  after(() => app.remove());

  it('shows what init and check really say of its database', async () => {
    const blocks = blocksOf(await readDocument('docs/install.md'));
    const [sql] = blocks.filter(({ language }) => language === 'sql');
    const [initText, checkText] = blocks.filter(({ language }) => language === 'text');
    const config = blocks.filter(({ language }) => language === 'ts');
    const database = await createTestDatabase();
    await database.query(sql!.text);
    await app.write({
      'package.json': '{ "type": "module" }',
      'knexfile.js': 'export default {};',
    });
    const run = (...args: string[]) =>
      rowhook(args, {
        program: `${app.directory}/node_modules/rowhook`,
        cwd: app.directory,
        env: { DATABASE_URL: database.url },
      });
    const undated = (text: string) => text.replace(/\d{14}/, '<now>');
    const init = await run('init', '--database', database.url, '--tables', '*');
    expect(undated(init.stdout)).to.equal(undated(initText!.text));
    const path = `${app.directory}/rowhook.config.ts`;
    const written = await readFile(path, 'utf8');
    for (const { text } of config) expect(written).to.contain(text);

    await writeFile(
      path,
      written
        .replace('{ changesOf', '{ changesOf, many')
        .replace(
          'total: text()',
          `lines: many('lines', { from: 'id', to: 'order_id', orderBy: ['id'] }, { id: text() }), total: text()`,
        )
        .replace(
          'email: text()',
          `orders: many('orders', { from: 'id', to: 'customer_id', orderBy: ['id'] }, { id: text() }), email: text()`,
        ),
    );
    const check = await run('check');
    expect(check.stdout).to.equal(checkText!.text);
    expect(check.code).to.equal(1);
  });
});
