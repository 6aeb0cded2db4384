import { z } from 'zod';
import { id, may, maybe, text } from './values.ts';

/* What a client may write of people and tags: keys are the columns; a key that is not here is refused. */

export const personFields = z.strictObject({
  household_id: maybe.id,
  photo_id: maybe.id,
  user_id: maybe.id,
  title: maybe.text,
  firstname: may.text,
  middlename: maybe.text,
  lastname: may.text,
  fullname: may.text,
  suffix: maybe.text,
  gender: maybe.text,
  birthday: maybe.date,
  description: may.text,
  is_group: may.flag,
  external_id: maybe.text,
});

export const emailFields = z.strictObject({ type_id: may.id, email: text, default: may.flag });

export const addressFields = z.strictObject({
  type_id: may.id,
  state_id: maybe.id,
  country_id: maybe.id,
  address1: text,
  address2: may.text,
  city: may.text,
  zip: may.text,
  latitude: maybe.coordinate,
  longitude: maybe.coordinate,
  external_id: maybe.text,
  default: may.flag,
});

export const phoneFields = z.strictObject({
  type_id: may.id,
  is_outside_us: may.flag,
  area_code: maybe.text,
  number: text,
  default: may.flag,
});

export const ofPerson = { person_id: id };

export const relationFields = z.strictObject({
  person_id: id,
  related_person_id: id,
  type_id: id,
  description: may.text,
});
/** Nothing else of a relation can change. */
export const relationChange = z.strictObject({ description: text });

export const tagFields = z.strictObject({
  site_id: may.id,
  category_id: maybe.id,
  name: text,
  external_id: maybe.text,
  external_type: maybe.text,
});
export const tagCategoryFields = z.strictObject({
  site_id: may.id,
  name: text,
  in_content_preferences: may.flag,
  order: may.count,
  weight: may.count,
});
