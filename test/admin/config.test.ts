import { expect } from 'chai';
import { pino } from 'pino';
import { tellUrl, withAdmin } from '../../src/cli/admin-page.ts';
import { adminTokens } from '../../src/config/admin-tokens.ts';
import type { RowhookConfig } from '../../src/config/define.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { createDaemon } from '../../src/daemon.ts';
import { inProcess } from '../cli/in-process.ts';
import { type Project, project } from '../cli/project.ts';
import { killRunning } from '../cli/rowhook.ts';

const token = 'a-token-of-20-chars-';
const database = 'postgres://u@127.0.0.1:1/none';

describe('the tokens of the admin page', () => {
  it('are read from the environment, several of one name too', () => {
    expect(adminTokens(undefined)).to.deep.equal([]);
    expect(adminTokens(' ')).to.deep.equal([]);
    expect(
      adminTokens(`anna:operator:${token}, bob:viewer:${token}2 ,anna:operator:${token}3`),
    ).to.deep.equal([
      { name: 'anna', role: 'operator', token },
      { name: 'bob', role: 'viewer', token: `${token}2` },
      { name: 'anna', role: 'operator', token: `${token}3` },
    ]);
  });

  it('are refused with what is wrong, and not repeated', () => {
    const table: ReadonlyArray<readonly [text: string, what: string]> = [
      [token, 'not of the form'],
      [`anna:${token}`, 'not of the form'],
      [`anna:operator:${token}:x`, 'not of the form'],
      [`anna:operator:${token},`, 'entry 2 is not of the form'],
      [`anna:admin:${token}`, 'a role that is not'],
      [`:viewer:${token}`, 'a name that is not'],
      [`an na:viewer:${token}`, 'a name that is not'],
      [`an\nna:viewer:${token}`, 'a name that is not'],
      [`${'a'.repeat(41)}:viewer:${token}`, 'a name that is not'],
      ['anna:viewer:short-token-19-char', 'fewer than 20'],
      [`anna:viewer:${'x'.repeat(501)}`, 'more than 500'],
      [`anna:viewer:a token with spaces in it`, 'with spaces'],
      [`anna:viewer:${token},bob:viewer:${token}`, 'entry 2 has the token of an earlier one'],
      [`anna:viewer:${token},anna:operator:${token}2`, 'entry 2 names somebody who has another role'],
    ];
    for (const [text, what] of table) {
      expect(() => adminTokens(text), text)
        .to.throw(what)
        .and.satisfy((error: Error & { code: string }) => {
          return (
            error.code === 'config_invalid' &&
            !error.message.includes('token-') &&
            !error.message.includes('xxx')
          );
        });
    }
  });

  it('are made by the command line, and are what the environment wants', async () => {
    const place = { cwd: '/', env: {} };
    const { stdout } = await inProcess(['admin', 'new-token', '--name', 'anna', '--role', 'operator'], place);
    expect(adminTokens(stdout.trim())).to.have.length(1);
    expect(stdout).to.match(/^anna:operator:[\w-]{43}\n$/);
    const second = await inProcess(['admin', 'new-token', '--name', 'anna', '--json'], place);
    expect(JSON.parse(second.stdout)).to.include({ name: 'anna', role: 'viewer' });
    expect(second.stdout).not.to.contain(stdout.trim().split(':')[2]);
    for (const name of ['a b', 'a,b', 'a:viewer:x', '']) {
      const { code, stderr } = await inProcess(['admin', 'new-token', '--name', name], place);
      expect([code, stderr.includes('config_invalid')], name).to.deep.equal([1, true]);
    }
  });
});

describe('a config says of the admin page', () => {
  const resolved = (admin: RowhookConfig['admin'], env: Record<string, string> = {}) =>
    resolveConfig({ database, catalog: 'amplo', ...(admin === undefined ? {} : { admin }) }, { env });

  it('where it is, that it is nowhere, or nothing', () => {
    expect(resolved(undefined)).not.to.have.any.keys('admin', 'adminTokens');
    expect(resolved(false).admin).to.equal(false);
    expect(resolved({}).admin).to.deep.equal({});
    const place = { listen: '8080', basePath: '/w', publicUrl: 'https://hooks.example/w' };
    expect(resolved(place).admin).to.deep.equal({ ...place, listen: { host: '127.0.0.1', port: 8080 } });
    const env = { ROWHOOK_ADMIN_TOKENS: `anna:operator:${token}` };
    expect(resolved({}, env).adminTokens).to.deep.equal([{ name: 'anna', role: 'operator', token }]);
    expect(() => resolved({}, { ROWHOOK_ADMIN_TOKENS: 'x' })).to.throw('ROWHOOK_ADMIN_TOKENS: entry 1');
  });

  it('nothing that would not do, and is told which part is wrong', () => {
    const table: ReadonlyArray<readonly [admin: unknown, path: string]> = [
      [{ listen: 'nowhere' }, 'admin.listen'],
      [{ basePath: 'w' }, 'admin.basePath'],
      [{ basePath: '/w;x' }, 'admin.basePath'],
      [{ publicUrl: 'hooks.example' }, 'admin.publicUrl'],
      [{ listn: '1' }, 'admin.listn'],
    ];
    for (const [admin, path] of table) {
      expect(() => resolved(admin as RowhookConfig['admin']), path).to.throw(path);
    }
    for (const admin of [true, '127.0.0.1:1', 8787]) {
      expect(() => resolved(admin as never), String(admin)).to.throw('admin: expected');
    }
  });

  it('nothing that others could reach without a token', () => {
    const log = pino({ level: 'silent' });
    const config = resolved({ listen: '0.0.0.0:0' });
    expect(() => createDaemon({ config, log }))
      .to.throw()
      .with.property('code', 'config_invalid');
  });
});

describe('the command line', function () {
  // Its daemon is the built one, which may have to be built first.
  this.timeout(120_000);
  const config = resolveConfig({ database, catalog: 'amplo' }, {});
  const listen = { host: '127.0.0.1', port: 9 };

  it('serves the page where nothing is said, with a token of this run', () => {
    const { config: made, made: token } = withAdmin(config, true);
    expect(made.admin).to.deep.equal({});
    expect(made.adminTokens).to.deep.equal([{ name: 'local', role: 'operator', token }]);
    expect(token)
      .to.match(/^[\w-]{43}$/)
      .and.not.equal(withAdmin(config, undefined).made);
  });

  it('serves it where it is told to, or not, whatever the config says', () => {
    expect(withAdmin({ ...config, admin: false }, listen).config.admin).to.deep.equal({ listen });
    expect(withAdmin({ ...config, admin: { basePath: '/w' } }, listen).config.admin).to.deep.equal({
      basePath: '/w',
      listen,
    });
    expect(withAdmin({ ...config, admin: { listen } }, false)).to.deep.equal({
      config: { ...config, admin: false },
      made: undefined,
    });
    expect(withAdmin({ ...config, admin: false }, true).config.admin).to.equal(false);
  });

  it('makes no token where there are some, and none for others', () => {
    const tokens = [{ name: 'anna', role: 'operator' as const, token }];
    expect(withAdmin({ ...config, adminTokens: tokens }, true)).to.deep.equal({
      config: { ...config, admin: {}, adminTokens: tokens },
      made: undefined,
    });
    expect(withAdmin(config, { host: '0.0.0.0', port: 1 })).to.deep.include({ made: undefined });
  });

  it('writes the token to a terminal, or where it is asked to, and nowhere else', () => {
    const told = (notesSeen: boolean, made: string | undefined, asked: boolean) => {
      const notes: string[] = [];
      tellUrl({ note: (text) => notes.push(text), notesSeen }, 'http://127.0.0.1:1/', made, asked);
      return notes;
    };
    expect(told(true, 't0k', false)).to.deep.equal(['admin page: http://127.0.0.1:1/#token=t0k']);
    expect(told(false, 't0k', true)).to.deep.equal(['admin page: http://127.0.0.1:1/#token=t0k']);
    expect(told(true, undefined, false)).to.deep.equal(['admin page: http://127.0.0.1:1/']);
    expect(told(false, 't0k', false)).to.deep.equal([]);
  });

  it('starts a daemon whose page one can sign in to with what it prints, and which the log does not give away', async () => {
    const crm: Project = await project();
    try {
      await crm.json('install');
      const daemon = crm.start('start', '--print-admin-url', '--admin', '127.0.0.1:0');
      const { url } = await daemon.logged('the admin page is served');
      await daemon.logged('rowhook is running');
      const [, printed = '', made = ''] =
        /^admin page: (.*)#token=([\w-]{43})\n$/.exec(daemon.stderr()) ?? [];
      expect(printed)
        .to.equal(url)
        .and.match(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      const headers = { authorization: `Bearer ${made}` };
      const session = await fetch(`${printed}api/v1/session`, { headers });
      expect(((await session.json()) as { user: object }).user).to.deep.equal({
        name: 'local',
        role: 'operator',
      });
      const health = (await (await fetch(`${printed}health`)).json()) as { status: string };
      expect(health.status).to.equal('ok');
      expect(await (await fetch(`${printed}metrics`)).text()).to.contain('rowhook_relay_standing');
      const live = await fetch(`${printed}api/v1/live?topics=endpoints`, { headers });
      expect(live.status).to.equal(200);
      const ended = live.text().catch(() => 'cut');
      daemon.child.kill('SIGTERM');
      expect(await daemon.ended).to.equal(0);
      await ended;
      expect(daemon.stdout()).not.to.contain(made);

      const without = crm.start('start', '--no-admin');
      await without.logged('rowhook is running');
      without.child.kill('SIGTERM');
      expect([await without.ended, without.stderr()]).to.deep.equal([0, '']);
      expect(without.stdout()).not.to.contain('admin page');
    } finally {
      await killRunning();
      await crm.remove();
    }
  });
});
