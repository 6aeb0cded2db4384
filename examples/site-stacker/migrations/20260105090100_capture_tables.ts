import type { Knex } from 'knex';
import { capture, release } from '../../../src/migrations.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';

export const up = (knex: Knex): Promise<void> => capture(knex, siteStacker());
export const down = (knex: Knex): Promise<void> => release(knex, siteStacker());

export const config = { transaction: false };
