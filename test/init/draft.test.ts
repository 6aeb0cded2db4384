import { expect } from 'chai';
import { fieldFunction, looksSecret, softDeleteColumn } from '../../src/init/columns.ts';
import { draftCatalog, isLinkTable, tenantProposals } from '../../src/init/draft.ts';
import { column, reference, table } from './tables.ts';

describe('what is made of columns', () => {
  for (const [base, expected] of [
    ['int8', 'text'],
    ['numeric', 'text'],
    ['int4', 'json'],
    ['bool', 'json'],
    ['jsonb', 'json'],
    ['uuid', 'text'],
    ['bytea', 'base64'],
    ['timestamptz', 'timestamp'],
    ['timestamp', 'timestamp'],
    ['date', 'text'],
    ['interval', 'text'],
  ] as const) {
    it(`${base} is shown by ${expected}()`, () =>
      expect(fieldFunction(column(`c ${base}`))).to.equal(expected));
  }

  it('arrays and composites are shown as JSON', () => {
    expect(fieldFunction({ ...column('c text'), array: true })).to.equal('json');
    expect(fieldFunction({ ...column('c pair'), baseKind: 'c' })).to.equal('json');
  });

  for (const name of [
    'password',
    'PasswordHash',
    'api_key',
    'apiKey',
    'encrypted_iban',
    'reset_token',
    'ssn',
    'secret',
  ]) {
    it(`${name} looks secret`, () => expect(looksSecret({ name })).to.equal(true));
  }
  for (const name of ['name', 'assnumber', 'tokenized', 'secretary', 'keyboard', 'passport']) {
    it(`${name} does not look secret`, () => expect(looksSecret({ name })).to.equal(false));
  }

  for (const [text, expected] of [
    ['deleted_at timestamptz null', 'deleted_at'],
    ['deletedAt timestamp null', 'deletedAt'],
    ['is_deleted bool', 'is_deleted'],
    // Set from the beginning, it cannot say that something ended.
    ['deleted_at timestamptz', undefined],
    ['deleted_at text null', undefined],
    ['deleted_by int4 null', undefined],
    ['is_deleted int4', undefined],
  ] as const) {
    it(`${text} ${expected ? 'marks' : 'does not mark'} rows as deleted`, () => {
      expect(softDeleteColumn(table('t', { columns: ['id int4', text] }))).to.equal(expected);
    });
  }
});

describe('a draft of a catalog', () => {
  const people = table('people', { columns: ['id int8', 'name text', 'team_id int4'] });
  const tags = table('tags', { columns: ['id int4', 'title text', 'team_id int4'] });
  const links = table('people_tags', {
    columns: ['person_id int8', 'tag_id int4', 'created_at timestamptz'],
    key: ['person_id', 'tag_id'],
    references: [reference('person_id', 'people'), reference('tag_id', 'tags')],
  });

  it('knows link tables: two foreign keys that must be set, and little else', () => {
    expect(isLinkTable(links)).to.equal(true);
    expect(isLinkTable({ ...links, columns: [...links.columns, column('note text')] })).to.equal(false);
    expect(
      isLinkTable({ ...links, columns: [column('person_id int8 null'), column('tag_id int4')] }),
    ).to.equal(false);
    expect(isLinkTable({ ...links, references: links.references.slice(0, 1) })).to.equal(false);
    expect(isLinkTable({ ...links, references: [links.references[0]!, links.references[0]!] })).to.equal(
      false,
    );
  });

  it('gives a link an event when it is made and one when it is cut, and shows both ends', () => {
    const [, , link] = draftCatalog([people, tags, links], [people, tags, links]).resources;
    expect(link?.events).to.deep.equal({
      kind: 'link',
      assign: 'person_tag_assign',
      unassign: 'person_tag_unassign',
    });
    expect(link?.ends.map(({ name, fields }) => [name, fields.map((field) => field.name)])).to.deep.equal([
      ['person', ['id', 'name']],
      ['tag', ['id', 'title']],
    ]);
  });

  it('gives two link tables of the same records names of their own', () => {
    const other = { ...links, name: 'old_people_tags', quoted: '"public"."old_people_tags"' };
    const { resources } = draftCatalog([links, other], [people, tags, links, other]);
    const events = resources.map((resource) =>
      resource.events.kind === 'link' ? resource.events.assign : '',
    );
    expect(new Set(events).size).to.equal(2);
  });

  it('proposes a tenant only where three tables have it, and takes it only when it is told', () => {
    expect(tenantProposals([people, tags])).to.deep.equal([]);
    const teams = table('teams');
    const notes = table('notes', {
      columns: ['id int4', 'team_id int4'],
      references: [reference('team_id', 'teams')],
    });
    expect(tenantProposals([people, tags, notes])).to.deep.equal([{ column: 'team_id', tables: 3 }]);
    const all = [people, tags, notes, teams, links];
    expect(draftCatalog(all, all).resources.every(({ tenant }) => tenant === undefined)).to.equal(true);
    const { resources } = draftCatalog(all, all, { tenant: 'team_id' });
    expect(resources.map(({ tenant }) => tenant)).to.deep.equal([
      'team_id',
      'team_id',
      'team_id',
      'id',
      undefined,
    ]);
  });

  it('excludes what looks secret, but never a column of the key', () => {
    const sessions = table('sessions', {
      columns: ['token text', 'secret text', 'note text'],
      key: ['token'],
    });
    const [session] = draftCatalog([sessions], [sessions]).resources;
    expect(session).to.deep.include({ exclude: ['secret'], exposed: ['token'] });
    expect(session?.fields.map(({ column }) => column)).to.deep.equal(['token', 'note']);
  });

  it('names fields that a body could not have otherwise', () => {
    const odd = table('odd', { columns: ['id int4', '1 text', '__proto__ text'] });
    const [resource] = draftCatalog([odd], [odd]).resources;
    expect(resource?.fields.map(({ name, column }) => [name, column])).to.deep.equal([
      ['id', 'id'],
      ['column_1', '1'],
      ['column___proto__', '__proto__'],
    ]);
  });

  it('keeps the plain name for the table whose own needs no change', () => {
    const upper = table('People');
    const crm = table('people', { schema: 'crm' });
    const { resources } = draftCatalog([upper, people, crm], [upper, people, crm]);
    expect(resources.map(({ name }) => name)).to.deep.equal(['public_person', 'person', 'crm_person']);
  });
});
