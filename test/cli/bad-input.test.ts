import { expect } from 'chai';
import { freePort } from '../../tools/free-port.ts';
import { createRole } from '../support/database.ts';
import { type Project, project } from './project.ts';

interface Told {
  error: { code: string; message: string; where?: string; fix?: string };
}

describe('bad input to the command line', function () {
  this.timeout(60_000);
  let crm: Project;
  before(async () => {
    crm = await project();
    await crm.json('install');
  });
  after(async () => {
    await crm.remove();
    await crm.database.drop();
  });

  /** The error that a command reports with --json on stderr, with exit code 1 and nothing on stdout. */
  async function refusal(...args: string[]): Promise<Told['error']> {
    const { code, stdout, stderr } = await crm.rowhook(...args, '--json');
    expect([code, stdout], args.join(' ')).to.deep.equal([1, '']);
    return (JSON.parse(stderr) as Told).error;
  }

  it('is told on stderr: the code, what was found, and what to do', async () => {
    const args = ['endpoints', 'create', '--url', 'nonsense', '--events', '*'];
    const { message, fix } = await refusal(...args);
    expect(await crm.rowhook(...args)).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: `error endpoint_invalid: ${message}\n  → ${fix}\n`,
    });
  });

  const endpoints = async () =>
    (await crm.database.query('select * from rowhook.endpoint')).rows.length +
    (await crm.database.query('select * from rowhook.event')).rows.length;

  it('names an unknown event, and registers nothing', async () => {
    const error = await refusal(
      'endpoints',
      'create',
      '--url',
      'https://a.example/',
      '--events',
      'tag_create,person_crate',
    );
    expect(error).to.include({ code: 'event_unknown' });
    expect(error.message).to.contain('person_crate').and.contain('person_create');
    expect(await endpoints()).to.equal(0);
  });

  it('names what is wrong with a URL, and registers nothing', async () => {
    for (const url of ['ftp://a.example/', 'https://user:pw@a.example/']) {
      const error = await refusal('endpoints', 'create', '--url', url, '--events', '*');
      expect(error, url).to.include({ code: 'endpoint_invalid', where: 'url' });
    }
    expect(await endpoints()).to.equal(0);
  });

  it('names what the config does not let daemons call, and registers nothing', async () => {
    const error = await refusal('endpoints', 'create', '--url', 'https://10.0.0.1/', '--events', '*');
    expect(error).to.include({ code: 'endpoint_invalid', where: 'url' });
    expect(error.message).to.contain('blocked_address');
    expect(await endpoints()).to.equal(0);
  });

  it('names a secret that is not in the environment', async () => {
    const error = await refusal(
      'endpoints',
      'create',
      '--url',
      'https://a.example/',
      '--events',
      '*',
      '--secret-env',
      'NOT_SET_HERE',
    );
    expect(error).to.include({ code: 'endpoint_invalid', where: 'secret' });
    expect(await endpoints()).to.equal(0);
  });

  it('names ids that there are not', async () => {
    expect(await refusal('endpoints', 'delete', '99')).to.include({ code: 'endpoint_unknown' });
    expect(await refusal('endpoints', 'enable', 'x')).to.include({ code: 'endpoint_unknown' });
    expect(await refusal('deliveries', 'show', 'x')).to.include({ code: 'delivery_unknown' });
    expect(await refusal('deliveries', 'redeliver', '01890000-0000-7000-8000-000000000000')).to.include({
      code: 'delivery_unknown',
    });
  });

  it('tells wrong usage by exit code 2', async () => {
    for (const [args, expected] of [
      [['statu'], 'Did you mean status?'],
      [['status', '--jsn'], 'unknown option'],
      [['endpoints', 'create'], '--url'],
      [['endpoints', 'delete'], 'id'],
      [['deliveries', 'list', '--state', 'lost'], 'Allowed choices'],
      [['deliveries', 'list', '--limit', '0'], 'from 1 to 500'],
      [['deliveries', 'list', '--before', 'garbage'], 'what the page before named'],
      [['deliveries', 'list', '--endpoint', 'abc'], 'the number of an endpoint'],
      [['start', '--forward-to', 'localhost:3000'], 'Expected a URL like'],
      [['migration', '--name', '../x'], 'letters, digits and _'],
      [['init', '--dialect', 'nonsense'], 'unknown dialect'],
      [['install', '--patience-ms', 'long'], 'whole number of milliseconds'],
      [['endpoints', 'update', '1', '--secret', 'a', '--generate-secret'], 'cannot be used with'],
      [[], 'Usage: rowhook'],
    ] as const) {
      const { code, stdout, stderr } = await crm.rowhook(...args);
      expect([code, stdout], args.join(' ')).to.deep.equal([2, '']);
      expect(stderr).to.contain(expected);
    }
  });

  it('tells wrong usage in JSON where JSON is wanted, and nothing but JSON', async () => {
    for (const [args, expected] of [
      [['statu'], "unknown command 'statu'"],
      [['status', '--jsn'], "unknown option '--jsn'"],
      [['deliveries', 'list', '--before', 'garbage'], 'what the page before named'],
      [['endpoints', 'create'], '--url'],
      [[], 'no command was named'],
    ] as const) {
      const { code, stdout, stderr } = await crm.rowhook(...args, '--json');
      expect([code, stdout], args.join(' ')).to.deep.equal([2, '']);
      const { error } = JSON.parse(stderr) as Told;
      expect(error.code).to.equal('usage');
      expect(error.message).to.contain(expected);
    }
  });

  it('tells an unreachable database, without its password', async () => {
    const port = await freePort();
    const error = await refusal('status', '--database', `postgres://app:s3cret@127.0.0.1:${port}/crm`);
    expect(error).to.include({ code: 'database_unreachable', where: `127.0.0.1:${port}/crm` });
    expect(error.message).to.contain('as app: connect ECONNREFUSED');
    for (const [change, hint] of [
      [
        (url: URL) => {
          url.password = 'wrong-s3cret';
        },
        'password',
      ],
      [
        (url: URL) => {
          url.pathname = '/nowhere';
        },
        'name of the database',
      ],
      [
        (url: URL) => {
          url.hostname = 'no-such-host.invalid';
        },
        'host name',
      ],
    ] as const) {
      const url = new URL(crm.url);
      change(url);
      const refused = await refusal('start', '--database', url.href);
      expect(refused).to.include({ code: 'database_unreachable' });
      expect(refused.fix).to.contain(hint);
      expect(JSON.stringify(refused)).not.to.contain(url.password);
    }
  });

  it('names the GRANT that a role lacks which may not look into the schema', async () => {
    const guest = await createRole(crm.database, 'guest');
    const error = await refusal('endpoints', 'list', '--database', guest.url);
    expect(error).to.include({ code: 'privilege_missing', fix: `GRANT "${crm.role}" TO "${guest.name}";` });
    const later = await refusal('start', '--database', guest.url);
    expect(later).to.include({ code: 'privilege_missing' });
  });
});
