import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkCaptured } from '../../src/install/standing.ts';
import { uninstall } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { programVersion } from '../../src/store/schema.ts';
import { ownedCrm, withKnex } from './owned-crm.ts';
import { schemaDump } from './schema-dump.ts';

const script = fileURLToPath(new URL('./install-process.ts', import.meta.url));

function start(url: string): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', script, url], { stdio: ['pipe', 'pipe', 'pipe'] });
}

describe('installation by five processes at once', function () {
  this.timeout(60_000);

  it('succeeds in each, and has happened once', async () => {
    const { database, url } = await ownedCrm();
    const before = await schemaDump(database);
    const processes = Array.from({ length: 5 }, () => start(url));
    await Promise.all(processes.map((process) => once(process.stdout!, 'data')));
    const results = processes.map(async (process) => {
      let errors = '';
      process.stderr!.on('data', (chunk) => {
        errors += chunk;
      });
      const [code] = await once(process, 'close');
      return { code, errors };
    });
    for (const process of processes) process.stdin!.write('go\n');
    expect(await Promise.all(results)).to.deep.equal(processes.map(() => ({ code: 0, errors: '' })));

    await checkCaptured(database.pool, siteStacker());
    const { rows } = await database.query(
      `select count(*)::int as captures, count(distinct table_name)::int as tables,
         (select count(*)::int from rowhook.schema_version) as versions from rowhook.capture`,
    );
    expect(rows).to.deep.equal([{ captures: 17, tables: 17, versions: programVersion() }]);
    await withKnex(url, (knex) => uninstall(knex));
    expect(await schemaDump(database)).to.equal(before);
  });
});
