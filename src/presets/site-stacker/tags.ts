import { choice, json, one, text, texts } from '../../catalog/define.ts';
import type { Fields, OneField } from '../../catalog/types.ts';
import { campaignFields, site } from './campaigns.ts';
import { batchFields, contributionFields, recurringFields } from './giving.ts';
import { addressFields, emailFields, personFields, phoneFields } from './people.ts';

const category: Fields = {
  ...texts('id', 'name'),
  in_content_preferences: json(),
  ...texts('order', 'weight'),
};

export const tagCategoryFields: Fields = { ...category, site };

export const tagFields: Fields = {
  ...texts('id', 'name', 'external_id', 'external_type'),
  site,
  category: one('tag_categories', { from: 'category_id', to: 'id' }, category),
};

const tagged = (table: string, fields: Fields): OneField =>
  one(table, { from: 'foreign_key', to: 'id' }, fields);

/** A link between a tag and a record of any kind; `record` is null where the kind is no resource. */
export const tagLinkFields: Fields = {
  model: text(),
  foreign_key: text(),
  tag: one('tags', { from: 'tag_id', to: 'id' }, tagFields),
  record: choice('model', {
    Person: tagged('people', personFields),
    Campaign: tagged('campaigns', campaignFields),
    Contribution: tagged('contributions', contributionFields),
    ContributionBatch: tagged('contribution_batches', batchFields),
    Recurring: tagged('recurrings', recurringFields),
    PersonAddress: tagged('person_addresses', addressFields),
    PersonEmail: tagged('person_emails', emailFields),
    PersonPhone: tagged('person_phones', phoneFields),
  }),
};
