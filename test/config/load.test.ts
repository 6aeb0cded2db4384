import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { configNotFound, loadConfig } from '../../src/config/load.ts';
import type { RowhookError } from '../../src/errors.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';

const catalog = siteStacker();
const modules = async () => ({
  rowhook: { defineConfig: (config: unknown) => config, marker: 7 },
  'rowhook/presets/site-stacker': { siteStacker: () => catalog },
});

describe('the config file', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'rowhook-config-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const write = (name: string, text: string) => writeFile(join(cwd, name), text);
  const load = (path?: string) => loadConfig({ cwd, path, modules });
  const refusal = (path?: string): Promise<RowhookError> =>
    load(path).then(
      () => {
        throw new Error('it was accepted');
      },
      (error) => error,
    );

  const esm = `import { defineConfig, marker } from 'rowhook';
    import { siteStacker } from 'rowhook/presets/site-stacker';
    export default defineConfig({ retentionDays: marker, catalog: siteStacker() });`;
  const texts: Record<string, string> = {
    ts: `${esm}\nexport const typed: number = 1;`,
    mts: `${esm}\nexport const typed: number = 1;`,
    js: esm,
    mjs: esm,
    json: '{ "retentionDays": 7, "catalog": "site-stacker" }',
  };

  for (const [extension, text] of Object.entries(texts)) {
    it(`may be rowhook.config.${extension}, in a folder without node_modules`, async () => {
      await write(`rowhook.config.${extension}`, text);
      const loaded = await load();
      expect(loaded?.path).to.equal(join(cwd, `rowhook.config.${extension}`));
      expect(loaded?.config.retentionDays).to.equal(7);
      expect(loaded?.config.catalog).to.equal(extension === 'json' ? 'site-stacker' : catalog);
    });
  }

  it('may be CommonJS, and may use what lies beside it', async () => {
    await write('days.cjs', 'module.exports = 7;');
    await write(
      'rowhook.config.js',
      `module.exports = { retentionDays: require('./days.cjs'), catalog: 'site-stacker' };`,
    );
    expect((await load())?.config).to.deep.equal({ retentionDays: 7, catalog: 'site-stacker' });
  });

  it('is found under another name when told so', async () => {
    await write('other.json', '{ "catalog": "site-stacker" }');
    expect((await load('other.json'))?.path).to.equal(join(cwd, 'other.json'));
    expect((await load(join(cwd, 'other.json')))?.path).to.equal(join(cwd, 'other.json'));
  });

  it('may be missing, unless a path was given', async () => {
    expect(await load()).to.equal(undefined);
    expect(await refusal('gone.ts')).to.include({ code: 'config_not_found', where: join(cwd, 'gone.ts') });
    const message = configNotFound(cwd).message;
    expect(message).to.contain(cwd);
    for (const extension of Object.keys(texts)) expect(message).to.contain(`rowhook.config.${extension}`);
  });

  it('says what is wrong with a file that cannot be read', async () => {
    for (const [name, text, expected] of [
      ['a.json', '{ "catalog": ', /JSON/],
      ['b.ts', 'export default {', /Unexpected token/],
      ['c.ts', `import x from './nowhere.ts'; export default x;`, /nowhere/],
      ['d.ts', 'export {};', /no default export/],
      ['e.ts', `throw new Error('out of paper');`, /out of paper/],
    ] as const) {
      await write(name, text);
      const error = await refusal(name);
      expect(error, name).to.include({ code: 'config_invalid', where: join(cwd, name) });
      expect(error.message, name).to.match(expected);
    }
  });
});
