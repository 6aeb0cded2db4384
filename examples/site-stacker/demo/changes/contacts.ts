import type { Application } from '../../../demo/application.ts';
import { idIn } from '../../../demo/json.ts';

/** One of the three kinds of contact, which are all written alike. */
interface Contact {
  readonly event: string;
  readonly path: string;
  readonly table: string;
  /** The column that makes it: the address of an email, the street of an address, the number of a phone. */
  readonly column: string;
  readonly values: readonly [string, string, string];
  /** The default one of person 412. */
  readonly defaultId: string;
  readonly typed: object;
}

const kinds: readonly Contact[] = [
  {
    ...{ event: 'person_email', path: 'emails', table: 'person_emails', column: 'email', defaultId: '771' },
    values: ['maren@home.example', 'maren@new.example', 'okafor@example.org'],
    typed: { type_id: '2' },
  },
  {
    ...{
      event: 'person_address',
      path: 'addresses',
      table: 'person_addresses',
      column: 'address1',
      defaultId: '903',
    },
    values: ['7 Alder St', '9 Alder St', 'Straße 3'],
    typed: { state_id: '48', country_id: '1', latitude: '47.6', longitude: -122.3321 },
  },
  {
    ...{ event: 'person_phone', path: 'phones', table: 'person_phones', column: 'number', defaultId: '650' },
    values: ['555-0101', '555-0102', '+43 555 0103'],
    typed: { area_code: '206', is_outside_us: true },
  },
];

export async function contacts(crm: Application): Promise<void> {
  for (const kind of kinds) await contact(crm, kind);
}

async function contact(
  crm: Application,
  { event, path, table, column, values, defaultId, typed }: Contact,
): Promise<void> {
  const [first, second, third] = values;
  const updates =
    (...ids: string[]) =>
    () =>
      ids.map((id) => [`${event}_update`, id] as const);

  const made = idIn(
    await crm.api('POST', path, { person_id: '412', [column]: first }, (body) => [
      [`${event}_create`, idIn(body)],
    ]),
  );
  await crm.api('PATCH', `${path}/${made}`, { [column]: second, ...typed }, updates(made));
  // The old default steps back: an update of it too. The person's body now shows another one, yet it is no person_update.
  await crm.api('PATCH', `${path}/${made}`, { default: true }, updates(made, defaultId));
  await crm.api('PATCH', `${path}/${defaultId}`, { default: true }, updates(made, defaultId));
  await crm.remember(`${path}/${made}`);
  await crm.api('DELETE', `${path}/${made}`, undefined, () => [[`${event}_delete`, made]]);

  const [row] = await crm.sql(
    `insert into ${table} (person_id, ${column}) values (413, $1) returning id`,
    [third],
    ([inserted]) => [[`${event}_create`, inserted!.id!]],
  );
  const id = row!.id!;
  await crm.sql(`update ${table} set ${column} = $1 where id = $2`, [first, id], updates(id));
  await crm.sql(`update ${table} set person_id = 20, modified = now() where id = $1`, [id], updates(id));
  await crm.remember(`${path}/${id}`);
  await crm.sql(`delete from ${table} where id = $1`, [id], () => [[`${event}_delete`, id]]);
}
