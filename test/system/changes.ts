import type { ShapeName } from '../fixtures/scenes.ts';

/** For each event: SQL that raises it (the last statement), and what its body looks like. */
export interface EventCase {
  readonly sql: string;
  readonly shape: ShapeName | 'person_type_link' | 'tag_link';
  /** The record is gone: its own columns only are certain. */
  readonly gone?: true;
}

const person = `insert into people (id, firstname, lastname, fullname) values (9001, 'Ada', 'Byron', 'Ada Byron');`;
const gift = `insert into recurring_batches (id, recurring_start_date) values (9002, '2026-01-01');
  insert into recurrings (id, recurring_batch_id, person_id, campaign_id, amount) values (9003, 9002, 412, 57, 10);`;
const tag = `insert into tags (id, name) values (9004, 'Sea');`;

export const eventCases: Readonly<Record<string, EventCase>> = {
  campaign_create: {
    sql: `begin; insert into campaigns (id, category_id) values (9005, 2);
      insert into items (campaign_id, alias, name) values (9005, 'forest', 'Forest'); commit`,
    shape: 'campaign',
  },
  campaign_update: {
    sql: `update items set name = 'Cleaner Water' where campaign_id = 57`,
    shape: 'campaign',
  },
  campaign_delete: { sql: 'delete from campaigns where id = 58', shape: 'campaign', gone: true },
  contribution_batch_create: {
    sql: `insert into contribution_batches (amount, donor_id, site_channel_id, payment_method_id) values (10, 412, 1, 340)`,
    shape: 'contribution_batch',
  },
  contribution_batch_update: {
    sql: 'update contribution_batches set success = not success where id = 4400',
    shape: 'contribution_batch',
  },
  contribution_create: {
    sql: 'insert into contributions (batch_id, campaign_id, donor_id, amount) values (4400, 57, 412, 5)',
    shape: 'contribution',
  },
  contribution_update: { sql: `update contributions set notes = 'x' where id = 8123`, shape: 'contribution' },
  person_create: { sql: person, shape: 'person' },
  person_update: { sql: `update people set suffix = 'Jr.' where id = 412`, shape: 'person' },
  person_delete: { sql: `${person} delete from people where id = 9001`, shape: 'person', gone: true },
  person_address_create: {
    sql: `insert into person_addresses (person_id, address1, state_id, country_id) values (412, '1 Pier', 38, 1)`,
    shape: 'person_address',
  },
  person_address_update: {
    sql: `update person_addresses set city = 'Salem' where id = 903`,
    shape: 'person_address',
  },
  person_address_delete: {
    sql: 'delete from person_addresses where id = 903',
    shape: 'person_address',
    gone: true,
  },
  person_email_create: {
    sql: `insert into person_emails (person_id, email) values (412, 'second@example.org')`,
    shape: 'person_email',
  },
  person_email_update: {
    sql: `update person_emails set email = 'x@example.org' where id = 771`,
    shape: 'person_email',
  },
  person_email_delete: { sql: 'delete from person_emails where id = 771', shape: 'person_email', gone: true },
  person_phone_create: {
    sql: `insert into person_phones (person_id, number) values (412, '1')`,
    shape: 'person_phone',
  },
  person_phone_update: { sql: `update person_phones set number = '2' where id = 650`, shape: 'person_phone' },
  person_phone_delete: { sql: 'delete from person_phones where id = 650', shape: 'person_phone', gone: true },
  person_relation_create: {
    sql: 'insert into person_relations (person_id, related_person_id, type_id) values (412, 413, 2)',
    shape: 'person_relation',
  },
  person_relation_update: {
    sql: `update person_relations set description = 'since school' where id = 61`,
    shape: 'person_relation',
  },
  person_relation_delete: {
    sql: 'delete from person_relations where id = 61',
    shape: 'person_relation',
    gone: true,
  },
  person_type_assign: {
    sql: `${person} insert into people_person_types (person_id, person_type_id) values (9001, 18)`,
    shape: 'person_type_link',
  },
  person_type_unassign: {
    sql: `${person} insert into people_person_types (person_id, person_type_id) values (9001, 18);
      delete from people_person_types where person_id = 9001`,
    shape: 'person_type_link',
  },
  recurring_create: { sql: gift, shape: 'recurring' },
  recurring_update: { sql: 'update recurrings set amount = 41 where id = 215', shape: 'recurring' },
  recurring_delete: { sql: `${gift} delete from recurrings where id = 9003`, shape: 'recurring', gone: true },
  recurring_cancel: { sql: 'update recurring_batches set active = false where id = 215', shape: 'recurring' },
  recurring_reactivate: {
    sql: 'update recurring_batches set active = false where id = 215; update recurring_batches set active = true where id = 215',
    shape: 'recurring',
  },
  tag_category_create: { sql: `insert into tag_categories (name) values ('Region')`, shape: 'tag_category' },
  tag_category_update: { sql: `update tag_categories set weight = 5 where id = 4`, shape: 'tag_category' },
  tag_category_delete: { sql: 'delete from tag_categories where id = 4', shape: 'tag_category', gone: true },
  tag_create: { sql: tag, shape: 'tag' },
  tag_update: { sql: `update tags set name = 'Ocean' where id = 29`, shape: 'tag' },
  tag_delete: { sql: `${tag} delete from tags where id = 9004`, shape: 'tag', gone: true },
  tag_assign: {
    sql: `insert into tags_models (tag_id, model, foreign_key) values (29, 'Person', 413)`,
    shape: 'tag_link',
  },
  tag_unassign: {
    sql: `${tag} insert into tags_models (tag_id, model, foreign_key) values (9004, 'Person', 413);
      delete from tags_models where tag_id = 9004`,
    shape: 'tag_link',
  },
};
