import type { Knex } from 'knex';
import { registerEndpoint, removeEndpoint } from '../../../src/migrations.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';

/** The receiver is another one in every environment, and its secret is not for the repository. */
function fromEnvironment(name: 'CRM_WEBHOOK_URL' | 'CRM_WEBHOOK_SECRET'): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name} to register the endpoint`);
  return value;
}

export async function up(knex: Knex): Promise<void> {
  await registerEndpoint(knex, siteStacker(), {
    url: fromEnvironment('CRM_WEBHOOK_URL'),
    secret: fromEnvironment('CRM_WEBHOOK_SECRET'),
    events: ['*'],
    description: 'Registered by a migration',
  });
}

export const down = (knex: Knex): Promise<void> =>
  removeEndpoint(knex, { url: fromEnvironment('CRM_WEBHOOK_URL') });
