import type { Application } from '../../../demo/application.ts';
import { between } from './between.ts';
import { campaigns } from './campaigns.ts';
import { deletion } from './deletion.ts';
import { donations } from './donations.ts';
import { nothing } from './nothing.ts';

/** What `--once` changes: all events of two Entities, by the API and by SQL, with what each change must raise. */
export const chapters: Readonly<Record<string, (platform: Application) => Promise<void>>> = {
  campaigns,
  donations,
  'what is deleted, and comes back': deletion,
  'what moves between entities': between,
  'what raises nothing': nothing,
};
