import type { Knex } from 'knex';
import { capture, release } from '../../../src/migrations.ts';
import { amplo } from '../../../src/presets/amplo.ts';

export const up = (knex: Knex): Promise<void> => capture(knex, amplo());
export const down = (knex: Knex): Promise<void> => release(knex, amplo());

export const config = { transaction: false };
