import { decimal, json, jsons, one, text, texts, timestamps } from '../../catalog/define.ts';
import type { Fields, OneField } from '../../catalog/types.ts';

/*
 * A person comes in three sizes: thin (its email a plain string), mid (email, household, address and phone without their
 * types) and full (with photo, user and the types).
 */

const names = texts(
  'id',
  'title',
  'firstname',
  'middlename',
  'lastname',
  'fullname',
  'suffix',
  'gender',
  'birthday',
);
const rest: Fields = {
  description: text(),
  is_group: json(),
  external_id: text(),
  ...timestamps('created', 'modified'),
};

const contactType = (table: string) =>
  one(table, { from: 'type_id', to: 'id' }, texts('id', 'label', 'quantity'));
const ofPerson = { from: 'id', to: 'person_id', where: { default: true } } as const;

const state = one('states', { from: 'state_id', to: 'id' }, texts('id', 'name', 'code'));
const countryFacts = texts(
  'code',
  'iso3',
  'iso_number',
  'internet',
  'nationality',
  'currency',
  'currency_code',
  'population',
);
const place = {
  ...texts('id', 'address1', 'address2', 'city', 'zip'),
  latitude: decimal(6),
  longitude: decimal(6),
};

const innerEmail: Fields = { ...texts('id', 'email'), ...timestamps('created', 'modified') };
const innerAddress: Fields = {
  ...place,
  external_id: text(),
  default: json(),
  ...timestamps('created', 'modified'),
  state,
  country: one(
    'countries',
    { from: 'country_id', to: 'id' },
    { ...texts('id', 'name', 'title'), ...countryFacts },
  ),
};
const innerPhone = (areaCode: Fields): Fields => ({
  ...texts('id', 'number'),
  is_outside_us: json(),
  ...areaCode,
  ...timestamps('created', 'modified'),
});

const household = one(
  'households',
  { from: 'household_id', to: 'id' },
  texts('id', 'name', 'external_id', 'head_person_id'),
);

const thinFields: Fields = { ...names, email: one('person_emails', ofPerson, text('email')), ...rest };

const midFields = (areaCode: Fields): Fields => ({
  ...names,
  email: one('person_emails', ofPerson, innerEmail),
  ...rest,
  household,
  address: one('person_addresses', ofPerson, innerAddress),
  phone: one('person_phones', ofPerson, innerPhone(areaCode)),
});

export const personFields: Fields = {
  ...names,
  email: one('person_emails', ofPerson, { ...innerEmail, type: contactType('person_email_types') }),
  ...rest,
  household,
  photo: one(
    'photos',
    { from: 'photo_id', to: 'id' },
    { ...texts('id', 'path'), ...timestamps('created', 'modified') },
  ),
  address: one('person_addresses', ofPerson, { ...innerAddress, type: contactType('person_address_types') }),
  phone: one('person_phones', ofPerson, { ...innerPhone({}), type: contactType('person_phone_types') }),
  user: one(
    'users',
    { from: 'user_id', to: 'id' },
    {
      id: text(),
      ...jsons('active', 'verified'),
      api_id: text(),
      ...timestamps('created', 'modified'),
    },
  ),
};

export const thinPerson = (from: string): OneField => one('people', { from, to: 'id' }, thinFields);
export const midPerson = (from: string): OneField => one('people', { from, to: 'id' }, midFields({}));
export const midPersonWithAreaCode = (from: string): OneField =>
  one('people', { from, to: 'id' }, midFields({ area_code: text() }));
export const fullPerson = (from: string): OneField => one('people', { from, to: 'id' }, personFields);

export const emailFields: Fields = {
  ...innerEmail,
  person: thinPerson('person_id'),
  type: contactType('person_email_types'),
};

export const addressFields: Fields = {
  ...place,
  default: json(),
  external_id: text(),
  ...timestamps('created', 'modified'),
  person: thinPerson('person_id'),
  state,
  // Here a country's title comes last; inside a person it comes third.
  country: one(
    'countries',
    { from: 'country_id', to: 'id' },
    { ...texts('id', 'name'), ...countryFacts, title: text() },
  ),
  type: contactType('person_address_types'),
};

export const phoneFields: Fields = {
  id: text(),
  is_outside_us: json(),
  ...texts('area_code', 'number'),
  ...timestamps('created', 'modified'),
  person: thinPerson('person_id'),
  type: contactType('person_phone_types'),
};

export const relationFields: Fields = {
  ...texts('id', 'linked_relation_id', 'description'),
  ...timestamps('created'),
  person: thinPerson('person_id'),
  related_person: thinPerson('related_person_id'),
  type: one(
    'person_relation_types',
    { from: 'type_id', to: 'id' },
    texts('id', 'linked_relation_type_id', 'label', 'alias'),
  ),
};

export const personTypeLinkFields: Fields = {
  person_type: one('person_types', { from: 'person_type_id', to: 'id' }, texts('id', 'name')),
  person: fullPerson('person_id'),
};
