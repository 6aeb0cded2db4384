import type { Application } from '../../../demo/application.ts';
import { idIn } from '../../../demo/json.ts';

/** Sample records of sql/presets/site-stacker.sql, beside those that a chapter makes itself. */
export async function people(crm: Application): Promise<void> {
  const ana = idIn(
    await crm.api(
      'POST',
      'people',
      {
        ...{ title: 'Ms.', firstname: 'Ana', lastname: 'Silva', gender: 'f', birthday: '1990-02-28' },
        email: { email: 'ana@example.org' },
        address: { address1: 'Rua Augusta 1', city: 'Lisboa', country_id: '1', latitude: 38.7 },
        phone: { number: '555-0100', type_id: 2 },
      },
      (person) => [
        ['person_create', idIn(person)],
        ['person_email_create', idIn(person, 'email')],
        ['person_address_create', idIn(person, 'address')],
        ['person_phone_create', idIn(person, 'phone')],
      ],
    ),
  );
  const [ben] = await crm.sql(
    `insert into people (firstname, lastname, fullname, household_id) values ('Ben', 'Nuñez', 'Ben Nuñez', 88) returning id`,
    [],
    ([row]) => [['person_create', row!.id!]],
  );
  await crm.transaction('a person is inserted and updated in one transaction: one create', async (query) => {
    const [row] = await query(`insert into people (fullname, is_group) values ('Choir', true) returning id`);
    await query(`update people set fullname = 'Harbor Choir', modified = now() where id = $1`, [row!.id]);
    return [['person_create', row!.id!]];
  });

  const updated = (id: string) => () => [['person_update', id]] as const;
  await crm.api('PATCH', `people/${ana}`, { lastname: 'Costa', suffix: '' }, updated(ana));
  await crm.api('PATCH', `people/${ana}`, { title: null, birthday: null }, updated(ana));
  await crm.sql(`update people set user_id = null, photo_id = null where id = 412`, [], updated('412'));
  await crm.sql(
    `update people set user_id = 19, photo_id = 31, description = 'A "quoted" text,
with two lines and a 🐎' where id = 412`,
    [],
    updated('412'),
  );
  await crm.transaction('several updates of a person in one transaction: one update', async (query) => {
    for (const firstname of ['Benno', 'Benjamin'])
      await query('update people set firstname = $1 where id = $2', [firstname, ben!.id]);
    return [['person_update', ben!.id!]];
  });
  await crm.sql(`update people set household_id = 88, modified = now() where id in (20, 414)`, [], () =>
    ['20', '414'].map((id) => ['person_update', id] as const),
  );

  // Her contacts go with her.
  const body = (await crm.get(`people/${ana}`))!;
  const [email, address, phone] = [idIn(body, 'email'), idIn(body, 'address'), idIn(body, 'phone')];
  await crm.remember(`people/${ana}`, `emails/${email}`, `addresses/${address}`, `phones/${phone}`);
  await crm.api('DELETE', `people/${ana}`, undefined, () => [
    ['person_delete', ana],
    ['person_email_delete', email],
    ['person_address_delete', address],
    ['person_phone_delete', phone],
  ]);
  await crm.remember(`people/${ben!.id}`);
  await crm.transaction('a person is updated and deleted in one transaction: one delete', async (query) => {
    await query('update people set modified = modified where id = $1', [ben!.id]);
    await query('delete from people where id = $1', [ben!.id]);
    return [['person_delete', ben!.id!]];
  });
}
