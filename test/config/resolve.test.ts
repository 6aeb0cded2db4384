import { expect } from 'chai';
import type { RowhookConfig } from '../../src/config/define.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { RowhookError } from '../../src/errors.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';

const url = 'postgres://crm:s3cret@db.example:5432/crm';
const catalog = siteStacker();

function refusal(config: unknown, options: Parameters<typeof resolveConfig>[1] = {}): RowhookError {
  try {
    resolveConfig(config as RowhookConfig, options);
  } catch (error) {
    if (error instanceof RowhookError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the config', () => {
  it('needs a catalog and a database only', () => {
    expect(resolveConfig({ database: url, catalog })).to.deep.equal({
      databaseUrl: url,
      catalog,
      relay: {},
      delivery: {},
      priority: 'normal',
      governor: {},
      secretKeys: [],
      logLevel: 'info',
    });
  });

  it('has the priority that it says itself, else that of its catalog', () => {
    const low = { ...catalog, priority: 'low' } as const;
    expect(resolveConfig({ database: url, catalog: low }).priority).to.equal('low');
    expect(resolveConfig({ database: url, catalog: low, priority: 'normal' }).priority).to.equal('normal');
    expect(resolveConfig({ database: url, catalog, priority: 'low' }).priority).to.equal('low');
  });

  describe('keys for secrets', () => {
    const text = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
    const secretKeysOf = (secrets: object | undefined, env: Record<string, string> = {}) =>
      resolveConfig({ database: url, catalog, ...(secrets ? { secrets } : {}) }, { env }).secretKeys;

    it('are those that it says, else those of the environment', () => {
      const env = { ROWHOOK_SECRET_KEYS: `${text('e', 1)},${text('f', 2)}` };
      expect(secretKeysOf(undefined, env).map(({ id }) => id)).to.deep.equal(['e', 'f']);
      expect(secretKeysOf({}, env).map(({ id }) => id)).to.deep.equal(['e', 'f']);
      const keys = [text('a', 3), text('b', 4)];
      expect(secretKeysOf({ keys }, env)).to.deep.equal([
        { id: 'a', bytes: Buffer.alloc(32, 3) },
        { id: 'b', bytes: Buffer.alloc(32, 4) },
      ]);
      expect(secretKeysOf({ keys: [] }, env)).to.deep.equal([]);
    });

    for (const [what, keys, path] of [
      ['one is no key', [text('a', 3), Buffer.alloc(32, 7).toString('base64')], 'secrets.keys.1'],
      ['two have the same id', [text('a', 3), text('a', 7)], 'secrets.keys'],
      ['they are one text', text('a', 7), 'secrets.keys'],
    ] as const) {
      it(`are refused where ${what}, and not repeated`, () => {
        const error = refusal({ database: url, catalog, secrets: { keys } });
        expect(error.mistakes?.map((each) => each.path)).to.deep.equal([path]);
        const told = JSON.stringify([error, error.message]);
        for (const byte of [3, 7]) expect(told).not.to.include(Buffer.alloc(30, byte).toString('base64'));
      });
    }

    it('of the environment are refused by its name, and not repeated', () => {
      const ROWHOOK_SECRET_KEYS = `a:${'hunter2'.repeat(5)}`;
      const error = refusal({ database: url, catalog }, { env: { ROWHOOK_SECRET_KEYS } });
      expect(error).to.include({ code: 'config_invalid', where: 'ROWHOOK_SECRET_KEYS' });
      expect(JSON.stringify([error, error.message])).not.to.include('hunter2');
    });
  });

  it('takes every setting that it knows', () => {
    const delivery = {
      concurrency: 4,
      perEndpoint: 2,
      timeoutMs: 5000,
      allow: ['127.0.0.0/8', 'localhost:81', '::1'],
      allowHttp: true,
      disableAfterDays: 3,
    };
    const resolved = resolveConfig({
      database: { url },
      catalog: 'site-stacker',
      relay: { pollMs: 50 },
      delivery,
      retentionDays: 7,
      priority: 'low',
      governor: { busyBackends: 8 },
      metrics: { listen: '[::1]:9464' },
      logLevel: 'debug',
    });
    expect(resolved).to.deep.include({
      relay: { pollMs: 50 },
      delivery,
      retentionDays: 7,
      priority: 'low',
      governor: { busyBackends: 8 },
      metrics: { host: '::1', port: 9464 },
      logLevel: 'debug',
    });
    expect(resolved.catalog.name).to.equal('site-stacker');
  });

  it('leaves out what is undefined, so that defaults hold', () => {
    const resolved = resolveConfig({
      database: url,
      catalog,
      relay: { pollMs: undefined },
      retentionDays: undefined,
    });
    expect(resolved.relay).to.deep.equal({});
    expect(resolved).not.to.have.property('retentionDays');
  });

  it('names all mistakes at once: where, what was expected, what was found', () => {
    const error = refusal(
      {
        database: { uri: url },
        catalog,
        relai: {},
        relay: { pollMs: 'often' },
        delivery: { timeoutMs: 5, perEndpoint: 2.5, concurrency: null, alow: [], allow: ['10.0.0.0/99', 7] },
        retentionDays: [30],
        priority: 'high',
        governor: { busyBackends: 0, busyBackend: 2 },
        metrics: { listen: 'localhost' },
        logLevel: 'loud',
      },
      { name: 'rowhook.config.ts' },
    );
    expect(error.code).to.equal('config_invalid');
    expect(error.message.split('\n').map((line) => line.trim())).to.have.members([
      'rowhook.config.ts:',
      'database.uri: there is no such key; did you mean url?',
      'relai: there is no such key; did you mean relay?',
      'relay.pollMs: expected a number, found "often"',
      'delivery.timeoutMs: expected at least 100, found 5',
      'delivery.perEndpoint: expected a whole number, found 2.5',
      'delivery.concurrency: expected a number, found null',
      'delivery.alow: there is no such key; did you mean allow?',
      'delivery.allow.0: expected an address, a network or a host name, like 10.1.2.3, 127.0.0.0/8 or hooks.internal.example, found "10.0.0.0/99"',
      'delivery.allow.1: expected a text, found 7',
      'retentionDays: expected a number, found a list',
      'priority: expected one of normal, low, found "high"',
      'governor.busyBackends: expected at least 1, found 0',
      'governor.busyBackend: there is no such key; did you mean busyBackends?',
      'metrics.listen: expected an address and a port, like 127.0.0.1:9464, or a port, found "localhost"',
      'logLevel: expected one of trace, debug, info, warn, error, fatal, silent, found "loud"',
    ]);
  });

  it('lists the keys that there are when none is similar', () => {
    expect(refusal({ database: url, catalog, zebra: 1 }).message).to.contain(
      'zebra: there is no such key; expected one of database, catalog, ',
    );
  });

  it('says what a catalog is when it is given something else', () => {
    for (const [given, found] of [
      [undefined, 'nothing'],
      ['sitestacker', '"sitestacker"'],
      [() => catalog, 'a function'],
      [7, '7'],
    ] as const) {
      const error = refusal({ database: url, catalog: given });
      expect(error.code).to.equal('config_invalid');
      expect(error.message).to.contain(
        `catalog: expected a catalog, or the name of a preset (site-stacker, amplo), found ${found}`,
      );
    }
    expect(refusal('site-stacker').message).to.contain('config: expected an object, found "site-stacker"');
  });

  it('checks a catalog that nobody has checked', () => {
    const { events, ...rest } = catalog;
    const broken = refusal({
      database: url,
      catalog: { ...rest, events: { ...events, person_sing: { resource: 'choir', on: 'insert' } } },
    });
    expect(broken.code).to.equal('catalog_invalid');
    expect(broken.message).to.contain('events.person_sing.resource').and.contain('"choir"');
    expect(
      refusal({ database: url, catalog: { ...rest, events, resources: { person: null } } }).code,
    ).to.equal('catalog_invalid');
    expect(refusal({ database: url, catalog: { name: 'x', resources: {} } }).mistakes).to.deep.include({
      code: 'value_missing',
      path: 'catalog.events',
      expected: 'an object',
      found: 'nothing',
      text: 'catalog.events: expected an object, found nothing',
    });
  });

  it('refuses a dialect that there is not, and a header prefix that is none', () => {
    for (const dialect of ['klingon', 'prefix:', 'prefix:Acme Corp\n', 'prefix:-Acme']) {
      const { mistakes = [] } = refusal({ database: url, catalog: { ...catalog, dialect } });
      expect(
        mistakes.map(({ code, path }) => [code, path]),
        dialect,
      ).to.eql([['dialect_unknown', 'catalog.dialect']]);
    }
    expect(
      resolveConfig({ database: url, catalog: { ...catalog, dialect: 'prefix:Acme' } }).catalog.dialect,
    ).to.equal('prefix:Acme');
  });

  it('names the mistakes of the catalog and those of the rest together', () => {
    const error = refusal({
      database: url,
      relay: { pollMs: 1 },
      catalog: { name: 'x', dialect: 'morse', resources: { a: { table: 'a.b.c', fields: {} } }, events: {} },
    });
    expect(error.code).to.equal('config_invalid');
    expect(error.mistakes?.map(({ code, path }) => `${code} ${path}`)).to.have.members([
      'value_wrong relay.pollMs',
      'dialect_unknown catalog.dialect',
      'value_wrong catalog.resources.a.table',
      'fields_missing catalog.resources.a.fields',
    ]);
  });

  it('looks for the database on the command line, in the config, and in the environment', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => `postgres://localhost/${name}`);
    const env = { ROWHOOK_DATABASE_URL: c, DATABASE_URL: d };
    expect(resolveConfig({ database: b, catalog }, { env, databaseUrl: a }).databaseUrl).to.equal(a);
    expect(resolveConfig({ database: b, catalog }, { env }).databaseUrl).to.equal(b);
    expect(resolveConfig({ database: { url: undefined }, catalog }, { env }).databaseUrl).to.equal(c);
    expect(resolveConfig({ catalog }, { env: { ...env, ROWHOOK_DATABASE_URL: '' } }).databaseUrl).to.equal(d);
    expect(refusal({ catalog })).to.include({ code: 'config_invalid', where: 'database.url' });
  });

  it('never repeats a database URL, which may hold a password', () => {
    const secret = 'mysql://crm:s3cret@db/crm';
    for (const error of [
      refusal({ database: secret, catalog }),
      refusal({ database: { url: secret }, catalog }),
      refusal({ catalog }, { databaseUrl: secret }),
      refusal({ catalog }, { env: { DATABASE_URL: secret } }),
    ]) {
      expect(error.code).to.equal('config_invalid');
      expect(`${error.message}${error.fix}${error.where}`).not.to.contain('s3cret');
      expect(error.message).to.contain('postgres://user:password@host:5432/name');
    }
  });
});
