import { campaign } from './bodies/campaign.ts';
import { contribution, contributionBatch, recurring } from './bodies/giving.ts';
import { fullPerson, personAddress, personEmail, personPhone, personRelation } from './bodies/people.ts';
import { tag, tagCategory } from './bodies/tags.ts';
import type { Body, Session, Value } from './database.ts';
import { campaigns, contributionBatches, recurrings } from './writes/giving.ts';
import { contributionFields } from './writes/giving-fields.ts';
import { addresses, emails, people, phones, relationships } from './writes/people.ts';
import { tagCategoryFields, tagFields } from './writes/people-fields.ts';
import { simple, type Writer } from './writes/writer.ts';

export interface Resource {
  /** The path segment below /api. */
  path: string;
  /** The body of its GET; null where there is no such record. */
  body: (db: Session, id: Value) => Promise<Body | null>;
  write: Writer;
}

// Gifts are never deleted, and contributions are created by their batch only.
const contributions = simple('contributions', contributionFields, { create: false, remove: false });

export const resources: Resource[] = [
  { path: 'campaigns', body: campaign, write: campaigns },
  { path: 'contribution-batches', body: contributionBatch, write: contributionBatches },
  { path: 'contributions', body: contribution, write: contributions },
  { path: 'people', body: fullPerson, write: people },
  { path: 'addresses', body: personAddress, write: addresses },
  { path: 'emails', body: personEmail, write: emails },
  { path: 'phones', body: personPhone, write: phones },
  { path: 'relationships', body: personRelation, write: relationships },
  { path: 'recurrings', body: recurring, write: recurrings },
  { path: 'tag-categories', body: tagCategory, write: simple('tag_categories', tagCategoryFields) },
  { path: 'tags', body: tag, write: simple('tags', tagFields) },
];
