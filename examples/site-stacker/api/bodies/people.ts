import type { Body, Row, Session, Value } from '../database.ts';

/*
 * A person comes in three sizes: thin (15 keys, the email a plain string), mid (18 keys: email, household, address
 * and phone without their types) and full (20 keys: with photo, user and the types).
 */
const NAMES = 'id title firstname middlename lastname fullname suffix gender birthday';
const REST = 'description is_group external_id created modified';

export async function thinPerson(db: Session, id: Value): Promise<Body | null> {
  const person = await db.one('people', id);
  if (!person) return null;
  const email = await db.defaultOf('person_emails', person.id!);
  return {
    ...db.take(person, NAMES),
    email: email && db.json(email, 'email'),
    ...db.take(person, REST),
  };
}

export async function midPerson(db: Session, id: Value, areaCode?: 'with area code'): Promise<Body | null> {
  const person = await db.one('people', id);
  if (!person) return null;
  const email = await db.defaultOf('person_emails', person.id!);
  const address = await db.defaultOf('person_addresses', person.id!);
  const phone = await db.defaultOf('person_phones', person.id!);
  return {
    ...db.take(person, NAMES),
    email: email && innerEmail(db, email),
    ...db.take(person, REST),
    household: await household(db, person.household_id!),
    address: address && (await innerAddress(db, address)),
    phone: phone && innerPhone(db, phone, areaCode),
  };
}

export async function fullPerson(db: Session, id: Value): Promise<Body | null> {
  const person = await db.one('people', id);
  if (!person) return null;
  const email = await db.defaultOf('person_emails', person.id!);
  const address = await db.defaultOf('person_addresses', person.id!);
  const phone = await db.defaultOf('person_phones', person.id!);
  const photo = await db.one('photos', person.photo_id!);
  const user = await db.one('users', person.user_id!);
  return {
    ...db.take(person, NAMES),
    email: email && { ...innerEmail(db, email), type: await contactType(db, 'person_email_types', email) },
    ...db.take(person, REST),
    household: await household(db, person.household_id!),
    photo: photo && db.take(photo, 'id path created modified'),
    address: address && {
      ...(await innerAddress(db, address)),
      type: await contactType(db, 'person_address_types', address),
    },
    phone: phone && { ...innerPhone(db, phone), type: await contactType(db, 'person_phone_types', phone) },
    user: user && db.take(user, 'id active verified api_id created modified'),
  };
}

export async function personEmail(db: Session, id: Value): Promise<Body | null> {
  const email = await db.one('person_emails', id);
  return (
    email && {
      ...innerEmail(db, email),
      person: await thinPerson(db, email.person_id!),
      type: await contactType(db, 'person_email_types', email),
    }
  );
}

export async function personAddress(db: Session, id: Value): Promise<Body | null> {
  const address = await db.one('person_addresses', id);
  if (!address) return null;
  const country = await db.one('countries', address.country_id!);
  return {
    ...db.take(address, 'id address1 address2 city zip latitude longitude'),
    ...db.take(address, 'default external_id created modified'),
    person: await thinPerson(db, address.person_id!),
    state: await state(db, address),
    // Here a country's title comes last; inside a person it comes third.
    country: country && db.take(country, 'id name', COUNTRY_FACTS, 'title'),
    type: await contactType(db, 'person_address_types', address),
  };
}

export async function personPhone(db: Session, id: Value): Promise<Body | null> {
  const phone = await db.one('person_phones', id);
  return (
    phone && {
      ...db.take(phone, 'id is_outside_us area_code number created modified'),
      person: await thinPerson(db, phone.person_id!),
      type: await contactType(db, 'person_phone_types', phone),
    }
  );
}

export async function personRelation(db: Session, id: Value): Promise<Body | null> {
  const relation = await db.one('person_relations', id);
  if (!relation) return null;
  const type = await db.one('person_relation_types', relation.type_id!);
  return {
    ...db.take(relation, 'id linked_relation_id description created'),
    person: await thinPerson(db, relation.person_id!),
    related_person: await thinPerson(db, relation.related_person_id!),
    type: type && db.take(type, 'id linked_relation_type_id label alias'),
  };
}

const COUNTRY_FACTS = 'code iso3 iso_number internet nationality currency currency_code population';

async function innerAddress(db: Session, address: Row): Promise<Body> {
  const country = await db.one('countries', address.country_id!);
  return {
    ...db.take(address, 'id address1 address2 city zip latitude longitude'),
    ...db.take(address, 'external_id default created modified'),
    state: await state(db, address),
    country: country && db.take(country, 'id name title', COUNTRY_FACTS),
  };
}

const innerEmail = (db: Session, email: Row): Body => db.take(email, 'id email created modified');

const innerPhone = (db: Session, phone: Row, areaCode?: 'with area code'): Body =>
  db.take(phone, `id number is_outside_us${areaCode ? ' area_code' : ''}`, 'created modified');

async function household(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('households', id);
  return row && db.take(row, 'id name external_id head_person_id');
}

async function state(db: Session, address: Row): Promise<Body | null> {
  const row = await db.one('states', address.state_id!);
  return row && db.take(row, 'id name code');
}

async function contactType(db: Session, table: string, contact: Row): Promise<Body | null> {
  const row = await db.one(table, contact.type_id!);
  return row && db.take(row, 'id label quantity');
}
