import { expect } from 'chai';
import { completeCatalog } from '../../src/catalog/complete.ts';
import {
  changesOf,
  constant,
  decimal,
  defineCatalog,
  deletedAt,
  fieldsOf,
  many,
  one,
  text,
} from '../../src/catalog/define.ts';
import { fromFunction, fromHttp } from '../../src/catalog/source.ts';
import { RowhookError } from '../../src/errors.ts';
import { amplo } from '../../src/presets/amplo.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';

const found = (catalog: unknown): string[] =>
  completeCatalog(catalog).mistakes.map(({ code, path }) => `${code} ${path}`);
const person = { table: 'people', fields: { id: text() } };
const withPerson = (changed: object) => ({
  name: 'x',
  resources: { person: { ...person, ...changed } },
  events: {},
});
const withEvent = (event: object) => ({
  name: 'x',
  resources: { person },
  events: { e: { resource: 'person', ...event } },
});

describe('a catalog with mistakes', () => {
  it('says all of them at once: a code, where, what was expected, what was found', () => {
    const input = {
      name: 'x',
      timestamps: 'roman',
      resources: {
        a: { tabel: 'a', fields: { id: text() } },
        b: { table: 'x.y.z', fields: {} },
        c: {
          table: 'c',
          key: [],
          fields: {
            '1': text(),
            x: { kind: 'column', format: 'nope' },
            y: one('t', { from: 'a', to: ['b', 'c'] }, { z: decimal(30) }),
            z: 7,
            ['n'.repeat(64)]: text(),
          },
        },
      },
      events: {
        e: { resource: 'zzz', on: 'insert' },
        f: { resource: 'c', on: 'updat' },
        ping: { resource: 'c', on: 'transition', transition: { colum: 'x' } },
      },
    };
    expect(found(input)).to.have.members([
      'value_wrong timestamps',
      'value_missing resources.a.table',
      'key_unknown resources.a.tabel',
      'value_wrong resources.b.table',
      'fields_missing resources.b.fields',
      'value_wrong resources.c.key',
      'field_name_invalid resources.c.fields.1',
      'value_wrong resources.c.fields.x.format',
      'link_uneven resources.c.fields.y.to',
      'value_wrong resources.c.fields.y.fields.z.format.places',
      'value_wrong resources.c.fields.z',
      `field_name_invalid resources.c.fields.${'n'.repeat(64)}`,
      'resource_unknown events.e.resource',
      'value_wrong events.f.on',
      'value_missing events.ping.transition.column',
      'key_unknown events.ping.transition.colum',
      'event_name_invalid events.ping',
    ]);
    const { mistakes } = completeCatalog(input);
    expect(mistakes.find(({ path }) => path.endsWith('tabel'))?.text).to.equal(
      'resources.a.tabel: there is no such key; did you mean table?',
    );
    expect(mistakes.find(({ path }) => path === 'timestamps')).to.eql({
      code: 'value_wrong',
      path: 'timestamps',
      expected: 'one of iso, sql, unix',
      found: '"roman"',
      text: 'timestamps: expected one of iso, sql, unix, found "roman"',
    });
  });

  const cases: Array<[what: string, catalog: unknown, mistakes: string[]]> = [
    ['no catalog at all', 5, ['type_wrong ']],
    ['nothing in it', {}, ['value_missing name', 'value_missing events']],
    [
      'a name that holds a dot too many',
      withPerson({ table: 'a.b.c' }),
      ['value_wrong resources.person.table'],
    ],
    ['a name in half a quote', withPerson({ table: '"a' }), ['value_wrong resources.person.table']],
    [
      'a name that Postgres would cut',
      withPerson({ table: 'a'.repeat(64) }),
      ['value_wrong resources.person.table'],
    ],
    [
      'an event of an unknown part',
      withEvent({ on: 'assign', part: 'tags' }),
      ['part_unknown events.e.part'],
    ],
    [
      'a condition that is none',
      withEvent({ on: 'update', when: { new: { a: { nott: 1 } } } }),
      ['value_wrong events.e.when.new.a'],
    ],
    [
      'a condition on what is not there',
      withEvent({ on: 'insert', when: { old: { a: 1 } } }),
      ['value_wrong events.e.when.old'],
    ],
    [
      'a column that must not leave',
      withPerson({ exclude: ['ssn'], fields: { n: text('ssn') } }),
      ['column_excluded resources.person.fields.n'],
    ],
    [
      'a key that must not leave',
      withPerson({ exclude: ['id'], fields: { n: text() } }),
      ['column_excluded resources.person.exclude'],
    ],
    [
      'a column that must not leave by another resource',
      {
        name: 'x',
        resources: {
          person: { ...person, exclude: ['ssn'] },
          order: {
            table: 'orders',
            fields: { n: one('public.people', { from: 'a', to: 'id' }, text('ssn')) },
          },
        },
        events: {},
      },
      ['column_excluded resources.order.fields.n.fields'],
    ],
    [
      'the time of a delete in what is not deleted',
      withPerson({ fields: { at: deletedAt() } }),
      ['value_wrong resources.person.fields.at'],
    ],
    [
      'an order by a link table that is not there',
      withPerson({
        fields: {
          l: many('t', { from: 'a', to: 'b', orderBy: [{ column: 'c', of: 'through' }] }, text('c')),
        },
      }),
      ['value_wrong resources.person.fields.l.orderBy'],
    ],
    [
      'a list without an order',
      withPerson({ fields: { l: { kind: 'many', table: 't', from: 'a', to: 'b', fields: { c: text() } } } }),
      ['value_missing resources.person.fields.l.orderBy'],
    ],
    [
      'a limit of nothing',
      withPerson({ fields: { l: many('t', { from: 'a', to: 'b', orderBy: ['c'], limit: 0 }, text('c')) } }),
      ['value_wrong resources.person.fields.l.limit'],
    ],
    [
      'a URL that is none',
      withPerson({ source: fromHttp({ url: '/people/{id}' }) }),
      ['url_invalid resources.person.source.url'],
    ],
    [
      'a URL whose server a row would choose',
      withPerson({ source: fromHttp({ url: 'https://{id}.example/' }) }),
      ['url_invalid resources.person.source.url'],
    ],
    [
      'a URL without the key',
      withPerson({ source: fromHttp({ url: 'https://crm.example/people' }) }),
      ['url_invalid resources.person.source.url'],
    ],
    [
      'a source with settings beyond measure',
      withPerson({
        source: fromHttp({ url: 'https://a.example/{id}', retries: -1, timeoutMs: 0, concurrency: 1.5 }),
      }),
      [
        'value_wrong resources.person.source.timeoutMs',
        'value_wrong resources.person.source.retries',
        'value_wrong resources.person.source.concurrency',
      ],
    ],
    [
      'a source that is none',
      withPerson({ source: { kind: 'ftp' } }),
      ['value_wrong resources.person.source'],
    ],
    [
      'two keys of one table',
      { name: 'x', resources: { person, people: { ...person, key: ['email'] } }, events: {} },
      ['key_conflict resources.people.key'],
    ],
    [
      'two events of one name',
      {
        name: 'x',
        resources: { person },
        events: [...changesOf('person'), { name: 'person_update', resource: 'person', on: 'delete' }],
      },
      ['event_duplicate events[3].name'],
    ],
    [
      'an event without a name',
      { name: 'x', resources: { person }, events: [{ resource: 'person', on: 'insert' }] },
      ['value_missing events[0].name'],
    ],
    [
      'the time of a delete from a column that must not leave',
      withPerson({ exclude: ['gone'], deletedFields: { at: deletedAt('gone') } }),
      ['column_excluded resources.person.deletedFields.at'],
    ],
    [
      'a single value without a column',
      withPerson({ fields: { n: one('t', { from: 'a', to: 'id' }, text()) } }),
      ['value_missing resources.person.fields.n.fields.column'],
    ],
    [
      'a choice of nothing',
      withPerson({ fields: { c: { kind: 'choice', column: 'a', cases: {} } } }),
      ['fields_missing resources.person.fields.c.cases'],
    ],
    [
      'a NUL, which no text of Postgres can have',
      withPerson({ fields: { c: constant('a\0') }, softDelete: 'b\0' }),
      ['value_wrong resources.person.fields.c.value', 'value_wrong resources.person.softDelete'],
    ],
    [
      'a column whose name Postgres would cut',
      withPerson({ fields: { c: text('c'.repeat(64)) } }),
      ['value_wrong resources.person.fields.c.column'],
    ],
    [
      'fields of what is no name',
      withPerson({ fields: { c: one('t', { from: 'a', to: 'b' }, fieldsOf(1n as never)) } }),
      ['resource_unknown resources.person.fields.c.fields'],
    ],
    [
      'a tenant that leads nowhere',
      withPerson({ tenant: { from: 'a', table: 't', to: 'id' } }),
      ['value_wrong resources.person.tenant'],
    ],
  ];
  for (const [what, catalog, mistakes] of cases) {
    it(`is refused for ${what}`, () => expect(found(catalog)).to.have.members(mistakes));
  }

  it('is refused for associations that lead back, by names and by objects', () => {
    const circle: Record<string, unknown> = { id: text() };
    circle.parent = one('people', { from: 'parent_id', to: 'id' }, circle as never);
    expect(found(withPerson({ fields: circle }))).to.eql([
      'association_cycle resources.person.fields.parent.fields',
    ]);
    const company = {
      table: 'companies',
      fields: { people: many('people', { from: 'id', to: 'c', orderBy: ['id'] }, fieldsOf('person')) },
    };
    const by = {
      ...person,
      fields: { company: one('companies', { from: 'c', to: 'id' }, fieldsOf('company')) },
    };
    const { mistakes } = completeCatalog({ name: 'x', resources: { person: by, company }, events: {} });
    expect(mistakes.map(({ code, found }) => `${code} ${found}`)).to.eql([
      'association_cycle person → company → person',
      'association_cycle company → person → company',
    ]);
    expect(found(withPerson({ fields: { a: one('t', { from: 'a', to: 'b' }, fieldsOf('nobody')) } }))).to.eql(
      ['resource_unknown resources.person.fields.a.fields'],
    );
  });

  it('is refused for going down without end, whatever it is', () => {
    let deep: object = { id: text() };
    for (let i = 0; i < 20_000; i++) deep = { a: { kind: 'object', fields: deep } };
    expect(found(withPerson({ fields: deep }))).to.eql(['association_cycle ']);
  });

  it('is none where the same fields are used twice, and where a source stands for fields', () => {
    const name = { name: text() };
    const twice = { a: one('t', { from: 'a', to: 'id' }, name), b: one('t', { from: 'b', to: 'id' }, name) };
    expect(found(withPerson({ fields: { ...twice, kind: constant('x') } }))).to.eql([]);
    expect(
      found({
        name: 'x',
        resources: { person: { table: 'people', source: fromFunction((keys) => keys) } },
        events: changesOf('person'),
      }),
    ).to.eql([]);
  });

  it('throws one error that has them all', () => {
    try {
      defineCatalog(withPerson({ table: 'a.b.c', fields: {} }));
    } catch (error) {
      expect(error).to.be.instanceOf(RowhookError);
      const { code, mistakes, message } = error as RowhookError;
      expect(code).to.equal('catalog_invalid');
      expect(mistakes?.map(({ path }) => path)).to.have.members([
        'resources.person.table',
        'resources.person.fields',
      ]);
      expect(message).to.contain('resources.person.table').and.contain('resources.person.fields');
      return;
    }
    throw new Error('it was accepted');
  });

  it('is not one of our presets', () => {
    for (const preset of [siteStacker(), amplo()]) expect(found(preset)).to.eql([]);
  });
});
