import type { Knex } from 'knex';
// In an application this is: import { … } from 'rowhook/migrations'
import { install, uninstall } from '../../../src/migrations.ts';

export const up = (knex: Knex): Promise<void> => install(knex);
export const down = (knex: Knex): Promise<void> => uninstall(knex);

// Each table is locked for a moment only, not until the last one is done.
export const config = { transaction: false };
