import type { Application } from '../../../demo/application.ts';
import { campaigns } from './campaigns.ts';
import { contacts } from './contacts.ts';
import { gifts } from './gifts.ts';
import { nothing } from './nothing.ts';
import { people } from './people.ts';
import { recurring } from './recurring.ts';
import { relations } from './relations.ts';
import { tags } from './tags.ts';

/** What `--once` changes: all 37 events, by the API and by SQL, with what each change must raise. */
export const chapters: Readonly<Record<string, (crm: Application) => Promise<void>>> = {
  people,
  'emails, addresses and phones': contacts,
  'relations and types of people': relations,
  campaigns,
  'gifts, once': gifts,
  'gifts, recurring': recurring,
  tags,
  'what raises nothing': nothing,
};
