import { expect } from 'chai';
import { amplo } from '../../src/wire/amplo.ts';
import { dialectNamed, dialectProblem } from '../../src/wire/dialects.ts';
import { prefixed } from '../../src/wire/prefixed.ts';
import { siteStacker } from '../../src/wire/site-stacker.ts';
import { standard } from '../../src/wire/standard.ts';

describe('a dialect', () => {
  for (const dialect of [siteStacker, amplo, standard]) {
    it(`is found by its name: ${dialect.name}`, () => {
      expect(dialectNamed(dialect.name)).to.equal(dialect);
      expect(dialectProblem(dialect.name)).to.equal(undefined);
    });
  }

  for (const name of [
    'prefix:Acme',
    'prefix:acme',
    'prefix:X-Acme-2',
    'prefix:7',
    `prefix:${'a'.repeat(40)}`,
    'prefix:Acme Acme-Webhooks/2.0',
    'prefix:Acme Acme (+https://acme.example/bot)',
  ]) {
    it(`is made of "${name}", and keeps that name`, () => {
      expect(dialectNamed(name).name).to.equal(name);
      expect(dialectProblem(name)).to.equal(undefined);
    });
  }

  for (const name of ['sitestacker', 'Standard', '', 'constructor', '__proto__', 'Prefix:Acme', 'prefix']) {
    it(`is not what "${name}" names: the error lists those there are`, () => {
      expect(() => dialectNamed(name))
        .to.throw(`unknown dialect "${name}"`)
        .that.includes({ code: 'config_invalid' })
        .and.has.property('fix')
        .that.includes('site-stacker, amplo, standard')
        .and.includes('prefix:Acme');
      expect(dialectProblem(name)).to.include(`unknown dialect "${name}". Use one of: site-stacker`);
    });
  }

  for (const prefix of [
    '',
    '-Acme',
    'Acme-',
    'Ac--me',
    'Ac_me',
    'Ac:me',
    'Acmé',
    'Ac\r\nX-Evil',
    'Ac\tme',
    'a'.repeat(41),
  ]) {
    it(`has no prefix ${JSON.stringify(prefix)}`, () => {
      const message = `${JSON.stringify(prefix)} cannot be the prefix of headers`;
      for (const refused of [() => dialectNamed(`prefix:${prefix}`), () => prefixed(prefix)]) {
        expect(refused)
          .to.throw(message)
          .that.includes({ code: 'config_invalid' })
          .and.has.property('fix')
          .that.includes('letters, digits and single hyphens')
          .and.includes('at most 40');
      }
      expect(dialectProblem(`prefix:${prefix}`)).to.include(message);
    });
  }

  for (const userAgent of ['', ' x', 'x ', 'a\nb', 'a\0b', 'Zoë', 'x'.repeat(201)]) {
    it(`has no User-Agent ${JSON.stringify(userAgent.slice(0, 20))}`, () => {
      for (const refused of [
        () => dialectNamed(`prefix:Acme ${userAgent}`),
        () => prefixed('Acme', { userAgent }),
      ]) {
        expect(refused).to.throw('cannot be a User-Agent').that.includes({ code: 'config_invalid' });
      }
    });
  }

  it('with a prefix of one’s own is named by a helper, which takes no prefix for more than one', () => {
    expect(prefixed('Acme')).to.equal('prefix:Acme');
    expect(prefixed('Acme', { userAgent: 'Acme-Webhooks/2.0' })).to.equal('prefix:Acme Acme-Webhooks/2.0');
    expect(() => prefixed('Acme Other')).to.throw('cannot be the prefix of headers');
  });

  it('with a prefix is Site Stacker’s form with other names, and the project’s schedule', () => {
    const message = {
      deliveryId: '0190a3b4-0000-7000-8000-000000000001',
      eventName: 'order_paid',
      body: Buffer.from('{"id":"7"}'),
      secrets: ['topsecret'],
      requestId: 'abc-123',
      sentAt: new Date(0),
    };
    const renamed = siteStacker
      .headers(message)
      .map(([name, value]) => [name.replace('SiteStacker', 'Acme'), value.replace('SiteStacker', 'Acme')]);
    const acme = dialectNamed('prefix:Acme');
    expect(acme.headers(message)).to.deep.equal(renamed);
    expect(dialectNamed('prefix:Acme Acme/2').headers(message)[1]).to.deep.equal(['User-Agent', 'Acme/2']);
    expect(acme.body({ name: 'x', payload: '{ "a": 1.50 }', changedAt: new Date() })).to.equal(
      '{ "a": 1.50 }',
    );
    expect([199, 200, 204, 299, 300, 410].map(acme.succeeded)).to.deep.equal([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(acme.retryDelayMs(1)).to.equal(5_000);
    expect(acme).to.include({ requiresTls: false, heedsReceiver: true });
    expect(acme.newSecret((size) => Buffer.alloc(size, 0xff), null)).to.equal(`${'_'.repeat(42)}8`);
  });
});
