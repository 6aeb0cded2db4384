import type { Application } from '../../../demo/application.ts';
import { anyOf, anyRow, type Happening } from '../../../demo/chance.ts';
import { idIn, part } from '../../../demo/json.ts';
import { anyName, anyNumber, anyPlace } from './chance.ts';

/* People join, move, are found anew, get tags and types, know each other, and leave. */

async function join(crm: Application): Promise<void> {
  const name = anyName();
  const mailbox = `${name.firstname}.${name.lastname}`
    .normalize('NFD')
    .replace(/[^\w.]/g, '')
    .toLowerCase();
  const details = {
    ...{ email: { email: `${mailbox}@example.org` } },
    ...(Math.random() < 0.6 && { address: { ...anyPlace(), country_id: anyOf(['1', '2']) } }),
    ...(Math.random() < 0.4 && { phone: { number: anyNumber() } }),
  };
  await crm.api('POST', 'people', { ...name, ...details }, (person) => [
    ['person_create', idIn(person)],
    ...Object.keys(details).map((kind) => [`person_${kind}_create`, idIn(person, kind)] as const),
  ]);
}

async function move(crm: Application): Promise<void> {
  const address = await anyRow(crm, 'select id from person_addresses');
  if (!address) return;
  const { id } = address;
  await crm.api('PATCH', `addresses/${id}`, anyPlace(), () => [['person_address_update', id!]]);
}

async function changeNumber(crm: Application): Promise<void> {
  const phone = await anyRow(crm, 'select id from person_phones');
  if (!phone) return;
  await crm.sql(
    `update person_phones set number = $1, modified = now() where id = $2 and number <> $1 returning id`,
    [anyNumber(), phone.id],
    (rows) => rows.map(({ id }) => ['person_phone_update', id!]),
  );
}

async function marry(crm: Application): Promise<void> {
  const person = await anyRow(crm, 'select id from people where id > 5000 and not is_group');
  if (!person) return;
  await crm.sql(
    `update people set lastname = $1::text, fullname = firstname || ' ' || $1::text, modified = now()
      where id = $2 and lastname <> $1 returning id`,
    [anyName().lastname, person.id],
    (rows) => rows.map(({ id }) => ['person_update', id!]),
  );
}

async function befriend(crm: Application): Promise<void> {
  const pair = await anyRow(
    crm,
    `select a.id as one, b.id as other from people a join people b on b.id > a.id
      where not exists (select from person_relations where person_id = a.id and related_person_id = b.id)
      order by a.id desc, b.id limit 20`,
  );
  if (!pair) return;
  const input = { person_id: pair.one, related_person_id: pair.other, type_id: anyOf(['2', '3']) };
  await crm.api('POST', 'relationships', input, (body) => [
    ['person_relation_create', idIn(body)],
    ['person_relation_create', String(part(body, 'linked_relation_id'))],
  ]);
}

async function getType(crm: Application): Promise<void> {
  const row = await anyRow(
    crm,
    `select p.id as person, t.id as type from people p cross join person_types t
      where not exists (select from people_person_types where person_id = p.id and person_type_id = t.id)`,
  );
  if (!row) return;
  const { person, type } = row;
  await crm.api('PUT', `people/${person}/types/${type}`, undefined, () => [
    ['person_type_assign', `${person}/${type}`],
  ]);
}

async function loseType(crm: Application): Promise<void> {
  const row = await anyRow(
    crm,
    'select person_id as person, person_type_id as type from people_person_types',
  );
  if (!row) return;
  const { person, type } = row;
  await crm.sql(
    'delete from people_person_types where person_id = $1 and person_type_id = $2',
    [person, type],
    () => [['person_type_unassign', `${person}/${type}`]],
  );
}

async function getTag(crm: Application): Promise<void> {
  const row = await anyRow(
    crm,
    `select t.id as tag, p.id as person from tags t cross join people p
      where not exists (select from tags_models where tag_id = t.id and model = 'Person' and foreign_key = p.id)`,
  );
  if (!row) return;
  const link = `${row.tag}/Person/${row.person}`;
  await crm.api('PUT', `tags/${row.tag}/links/Person/${row.person}`, undefined, () => [['tag_assign', link]]);
}

async function loseTag(crm: Application): Promise<void> {
  const row = await anyRow(
    crm,
    `select id, tag_id || '/' || model || '/' || foreign_key as link from tags_models`,
  );
  if (!row) return;
  await crm.sql('delete from tags_models where id = $1', [row.id], () => [['tag_unassign', row.link!]]);
}

/** Somebody who has nothing but contacts: with all others, gifts and relations would change too. */
async function leave(crm: Application): Promise<void> {
  const person = await anyRow(
    crm,
    `select id from people p where id > 5000
        and not exists (select from contribution_batches where p.id in (donor_id, affiliated_donor_id))
        and not exists (select from contributions where p.id in (donor_id, affiliated_donor_id))
        and not exists (select from recurrings where p.id in (person_id, affiliated_person_id))
        and not exists (select from items where owner_id = p.id)
        and not exists (select from person_relations where p.id in (person_id, related_person_id))
        and not exists (select from people_person_types where person_id = p.id)
        and not exists (select from tags_models where model = 'Person' and foreign_key = p.id)`,
  );
  if (!person) return;
  const contacts = await crm.read(
    `select 'email' as kind, id from person_emails where person_id = $1
     union all select 'address', id from person_addresses where person_id = $1
     union all select 'phone', id from person_phones where person_id = $1`,
    [person.id],
  );
  await crm.api('DELETE', `people/${person.id}`, undefined, () => [
    ['person_delete', person.id!],
    ...contacts.map(({ kind, id }) => [`person_${kind}_delete`, id!] as const),
  ]);
}

export const living: ReadonlyArray<readonly [weight: number, happening: Happening]> = [
  ...([
    [4, join],
    [4, move],
    [2, changeNumber],
    [2, marry],
    [1, befriend],
  ] as const),
  ...([
    [2, getType],
    [1, loseType],
    [2, getTag],
    [1, loseTag],
    [2, leave],
  ] as const),
];
