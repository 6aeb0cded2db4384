import { defineCatalog } from '../catalog/define.ts';
import type { Catalog, EventDefinition, TimestampForm } from '../catalog/types.ts';
import { campaignFields } from './site-stacker/campaigns.ts';
import { batchFields, contributionFields, recurringFields } from './site-stacker/giving.ts';
import * as people from './site-stacker/people.ts';
import { tagCategoryFields, tagFields, tagLinkFields } from './site-stacker/tags.ts';

const inserted = (resource: string): EventDefinition => ({ resource, on: 'insert' });
const updated = (resource: string, columns?: string[]): EventDefinition =>
  columns ? { resource, on: 'update', columns } : { resource, on: 'update' };
const deleted = (resource: string): EventDefinition => ({ resource, on: 'delete' });

/** Going on or off of the schedule that carries a recurring gift. */
const scheduleTurns = (from: boolean, to: boolean): EventDefinition => ({
  resource: 'recurring',
  on: 'transition',
  part: 'recurring_batches',
  transition: { column: 'active', from, to },
});

/**
 * The catalog of Site Stacker, a fundraising CRM: its resources and its 37 events.
 * @param options.timestamps `iso` (default) or `sql`, the form of earlier versions
 */
export function siteStacker(options: { timestamps?: TimestampForm } = {}): Catalog {
  return defineCatalog({
    name: 'site-stacker',
    dialect: 'site-stacker',
    ...options,
    resources: {
      campaign: {
        table: 'campaigns',
        fields: campaignFields,
        // Goals and fixed amounts have no events of their own: in the body of their campaign is where they can be seen.
        parts: ['items', 'campaign_goals', 'campaign_fixed_amounts'].map((table) => ({
          table,
          from: 'campaign_id',
          to: 'id',
        })),
      },
      contribution_batch: { table: 'contribution_batches', fields: batchFields },
      contribution: { table: 'contributions', fields: contributionFields },
      // Emails, addresses and phones have events of their own, and do not raise person_update.
      person: { table: 'people', fields: people.personFields },
      person_address: { table: 'person_addresses', fields: people.addressFields },
      person_email: { table: 'person_emails', fields: people.emailFields },
      person_phone: { table: 'person_phones', fields: people.phoneFields },
      person_relation: { table: 'person_relations', fields: people.relationFields },
      person_type_link: { table: 'people_person_types', fields: people.personTypeLinkFields },
      recurring: {
        table: 'recurrings',
        fields: recurringFields,
        // A schedule may carry several gifts: each of them changes with it.
        parts: [{ table: 'recurring_batches', from: 'id', to: 'recurring_batch_id' }],
      },
      tag_category: { table: 'tag_categories', fields: tagCategoryFields },
      tag: { table: 'tags', fields: tagFields },
      tag_link: { table: 'tags_models', fields: tagLinkFields },
    },
    events: {
      campaign_create: inserted('campaign'),
      campaign_update: updated('campaign'),
      campaign_delete: deleted('campaign'),
      contribution_batch_create: inserted('contribution_batch'),
      contribution_batch_update: updated('contribution_batch'),
      contribution_create: inserted('contribution'),
      contribution_update: updated('contribution'),
      person_create: inserted('person'),
      person_update: updated('person'),
      person_delete: deleted('person'),
      person_address_create: inserted('person_address'),
      person_address_update: updated('person_address'),
      person_address_delete: deleted('person_address'),
      person_email_create: inserted('person_email'),
      person_email_update: updated('person_email'),
      person_email_delete: deleted('person_email'),
      person_phone_create: inserted('person_phone'),
      person_phone_update: updated('person_phone'),
      person_phone_delete: deleted('person_phone'),
      person_relation_create: inserted('person_relation'),
      person_relation_update: updated('person_relation', ['description']),
      person_relation_delete: deleted('person_relation'),
      person_type_assign: inserted('person_type_link'),
      person_type_unassign: deleted('person_type_link'),
      recurring_create: inserted('recurring'),
      recurring_update: updated('recurring'),
      recurring_delete: deleted('recurring'),
      recurring_cancel: scheduleTurns(true, false),
      recurring_reactivate: scheduleTurns(false, true),
      tag_category_create: inserted('tag_category'),
      tag_category_update: updated('tag_category'),
      tag_category_delete: deleted('tag_category'),
      tag_create: inserted('tag'),
      tag_update: updated('tag'),
      tag_delete: deleted('tag'),
      tag_assign: inserted('tag_link'),
      tag_unassign: deleted('tag_link'),
    },
  });
}
