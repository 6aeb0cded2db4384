import { expect } from 'chai';
import { durationMs } from '../../src/cli/duration.ts';
import type { Endpoint } from '../../src/store/endpoints.ts';
import { type Project, project } from './project.ts';

type Made = Endpoint & { secret?: string; publicKey?: string };

describe('rowhook endpoints', function () {
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

  const create = (dialect: string, ...more: string[]) =>
    crm.json<Made>(
      ...[
        'endpoints',
        'create',
        '--url',
        'https://a.example/',
        '--events',
        '*',
        '--dialect',
        dialect,
        ...more,
      ],
    );
  const stored = async (id: string) => {
    const { rows } = await crm.database.query(
      'select secret, old_secrets as olds from rowhook.endpoint where id = $1',
      [id],
    );
    return rows[0] as { secret: string; olds: Array<{ secret: string; validUntil: string }> };
  };
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await crm.rowhook('endpoints', ...args, '--json');
    expect(code, stderr).to.equal(1);
    return (JSON.parse(stderr) as { error: { code: string; where?: string; fix: string } }).error;
  };
  const withEnv = async <T>(value: string, work: () => Promise<T>): Promise<T> => {
    process.env.HOOK_SECRET_OF_TEST = value;
    try {
      return await work();
    } finally {
      delete process.env.HOOK_SECRET_OF_TEST;
    }
  };

  it('generates secrets in the form of the dialect, on create and on update', async () => {
    for (const dialect of ['standard', 'amplo']) {
      const made = await create(dialect, '--generate-secret');
      expect(made.secret).to.match(/^whsec_[\w+/]{43}=$/);
      const changed = await crm.json<Made>('endpoints', 'update', made.id, '--generate-secret');
      expect(changed.secret)
        .to.match(/^whsec_/)
        .and.not.to.equal(made.secret);
      expect(await stored(made.id)).to.deep.equal({ secret: changed.secret, olds: [] });
    }
    const error = await refusal(
      ...['create', '--url', 'https://a.example/', '--events', '*', '--dialect', 'standard'],
    );
    expect(error).to.include({ code: 'endpoint_invalid', where: 'secret' });
    expect(error.fix).to.contain('--generate-secret');
  });

  it('rotates a secret: shows a generated one once, and keeps the old one for the overlap', async () => {
    const { id, secret: first = '' } = await create('standard', '--generate-secret');
    const rotated = await crm.json<Made>('endpoints', 'rotate-secret', id, '--overlap', '30m');
    const { secret, olds } = await stored(id);
    expect(rotated.secret)
      .to.equal(secret)
      .and.to.match(/^whsec_/);
    expect(olds.map((old) => old.secret)).to.deep.equal([first]);
    expect(Date.parse(olds[0]!.validUntil) - Date.now()).to.be.within(25 * 60_000, 31 * 60_000);

    const told = await crm.rowhook('endpoints', 'rotate-secret', id, '--generate-secret', '--overlap', '0');
    expect(told.stdout).to.match(/^secret {7}whsec_\S{44} {2}\(not shown again\)$/m);
    expect((await stored(id)).olds).to.deep.equal([]);

    const given = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const quiet = await withEnv(given, () =>
      crm.rowhook('endpoints', 'rotate-secret', id, '--secret-env', 'HOOK_SECRET_OF_TEST'),
    );
    expect(quiet).to.include({ code: 0, stderr: '' });
    expect((await stored(id)).secret).to.equal(given);
    const list = await crm.rowhook('endpoints', 'list');
    for (const known of [first, secret, given])
      expect(quiet.stdout + list.stdout).not.to.contain(known.slice(6));
  });

  it('tells the public key of a private one that it is given', async () => {
    const own = `whsk_${Buffer.alloc(32, 7).toString('base64')}`;
    const made = await withEnv(own, () => create('standard', '--secret-env', 'HOOK_SECRET_OF_TEST'));
    expect(made.publicKey).to.match(/^whpk_[\w+/]{43}=$/);
    expect(made).not.to.have.property('secret');
    const rotated = await crm.json<Made>('endpoints', 'rotate-secret', made.id);
    expect(rotated.secret).to.match(/^whsk_/);
    expect(rotated.publicKey)
      .to.match(/^whpk_/)
      .and.not.to.equal(made.publicKey);
  });

  it('names what is wrong', async () => {
    expect(await refusal('rotate-secret', '99')).to.include({ code: 'endpoint_unknown' });
    expect(
      await refusal('create', '--url', 'https://a.example/', '--events', '*', '--tenant', 'e1'),
    ).to.include({ code: 'endpoint_invalid', where: 'tenant' });
    for (const [args, expected] of [
      [['rotate-secret', '1', '--overlap', 'long'], 'a duration like 30m'],
      [['rotate-secret', '1', '--generate-secret', '--secret-env', 'X'], 'cannot be used with'],
      [['create', '--url', 'x', '--events', '*', '--tenant', 'a', '--all-tenants'], 'cannot be used with'],
      [['update', '1', '--tenant', 'a'], 'unknown option'],
    ] as const) {
      const { code, stderr } = await crm.rowhook('endpoints', ...args);
      expect(code, args.join(' ')).to.equal(2);
      expect(stderr).to.contain(expected);
    }
  });

  it('shows tenants where there are any, and why an endpoint was disabled', async () => {
    const { id } = await create('site-stacker');
    expect((await crm.rowhook('endpoints', 'list')).stdout).to.match(/^id +state +signed +events +url/);
    await crm.database.query(
      `update rowhook.endpoint set tenant = 'e1', active = false, disabled_reason = 'http_410' where id = $1`,
      [id],
    );
    const { stdout } = await crm.rowhook('endpoints', 'list');
    expect(stdout).to.match(/^id +state +signed +tenant +events +url/);
    expect(stdout).to.match(new RegExp(`^${id} +disabled \\(http_410\\) +no +e1 +`, 'm'));
    const listed = await crm.json<Endpoint[]>('endpoints', 'list');
    expect(listed.find((each) => each.id === id)).to.include({ tenant: 'e1', disabledReason: 'http_410' });
  });

  it('registers for a tenant, or for all, where the catalog has tenants', async () => {
    await crm.write(
      'rowhook.config.ts',
      `import { siteStacker } from 'rowhook/presets/site-stacker';
       const plain = siteStacker();
       const person = { ...plain.resources.person, tenant: 'owner_id' };
       export default { catalog: { ...plain, resources: { ...plain.resources, person } } };`,
    );
    expect(await create('amplo', '--tenant', 'e1')).to.include({ tenant: 'e1' });
    expect(await create('amplo', '--all-tenants')).to.include({ tenant: null });
    const error = await refusal('create', '--url', 'https://a.example/', '--events', '*');
    expect(error).to.include({ code: 'endpoint_invalid', where: 'tenant' });
  });

  for (const [text, ms] of [
    ['0', 0],
    ['800ms', 800],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['36525d', 3_155_760_000_000],
  ] as const) {
    it(`reads ${text} as ${ms} ms`, () => {
      expect(durationMs(text)).to.equal(ms);
    });
  }

  for (const text of ['', '5', '-1h', '1.5h', 'h', '1 h', '1w', '36526d', '9999999999d', '1h30m']) {
    it(`does not read "${text}" as a duration`, () => {
      expect(() => durationMs(text)).to.throw('duration like 30m');
    });
  }
});
