import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { schemaDump } from '../migrations/schema-dump.ts';
import { createRole } from '../support/database.ts';
import { type Project, project } from './project.ts';

describe('a config that cannot be followed leaves nothing behind, and', function () {
  this.timeout(60_000);
  let other: Project;
  let before: string;
  beforeEach(async () => {
    other = await project();
    before = await schemaDump(other.database);
  });
  afterEach(async () => {
    expect(await schemaDump(other.database)).to.equal(before);
    await other.remove();
  });
  const told = async (...args: string[]) => {
    const { code, stderr } = await other.rowhook(...args, '--json');
    expect(code).to.equal(1);
    return (JSON.parse(stderr) as { error: { code: string; message: string; where?: string; fix?: string } })
      .error;
  };

  it('names a wrong key with its path, and does nothing', async () => {
    await other.write(
      'rowhook.config.ts',
      `export default { catalog: 'site-stacker', delivery: { timeOut: 5 } };`,
    );
    for (const command of ['install', 'start', 'status']) {
      const error = await told(command);
      expect(error).to.include({ code: 'config_invalid' });
      expect(error.message).to.contain(
        'rowhook.config.ts: delivery.timeOut: there is no such key; did you mean timeoutMs?',
      );
    }
  });

  it('keeps what a catalog has to say of its own mistakes', async () => {
    await other.write(
      'rowhook.config.ts',
      `import { defineCatalog } from 'rowhook';
       export default { catalog: defineCatalog({ name: 'bad', dialect: 'site-stacker', resources: {},
         events: { choir_sings: { resource: 'choir', on: 'insert' } } }) };`,
    );
    const error = await told('install');
    expect(error).to.include({ code: 'catalog_invalid' });
    expect(error.message).to.contain('events.choir_sings.resource').and.contain('found "choir"');
  });

  it('tells where it looked for a config', async () => {
    await rm(join(other.cwd, 'rowhook.config.json'));
    const usual = await told('install');
    expect(usual).to.include({ code: 'config_not_found', where: other.cwd });
    expect(usual.message).to.contain('rowhook.config.ts').and.contain('rowhook.config.json');
    const path = join(other.cwd, 'elsewhere/hooks.ts');
    expect(await told('install', '--config', 'elsewhere/hooks.ts')).to.include({
      code: 'config_not_found',
      where: path,
    });
  });

  it('names missing tables and columns, also those that are only read, all at once', async () => {
    await other.database.query('alter table people rename column suffix to ending');
    await other.database.query('alter table states rename to provinces');
    before = await schemaDump(other.database);
    const error = await told('install');
    expect(error).to.include({ code: 'column_missing', where: '"public"."people"' });
    expect(error.message).to.contain('"suffix"').and.contain('"public"."states" does not exist');
  });

  it('names the table that this role does not own, whose it is, and the GRANT', async () => {
    const guest = await createRole(other.database, 'guest');
    await other.database.query(
      `alter table tags owner to "${guest.name}"; grant select on tags to "${other.role}"`,
    );
    before = await schemaDump(other.database);
    const error = await told('install');
    expect(error).to.include({ code: 'privilege_missing', where: '"public"."tags"' });
    expect(error.message)
      .to.contain(`role "${other.role}" may not create triggers`)
      .and.contain(`belongs to "${guest.name}"`);
    expect(error.fix).to.equal(`GRANT "${guest.name}" TO "${other.role}";`);
    await other.database.query(error.fix ?? '');
    await other.json('install');
    await other.json('uninstall', '--yes');
  });
});
