import pg from 'pg';
// In an application these are: import { createEndpoint } from 'rowhook', import { amplo } from 'rowhook/presets/amplo'
import { createEndpoint } from '../../src/index.ts';
import { amplo } from '../../src/presets/amplo.ts';

/** The URL to which an Entity wants its webhooks sent. */
export interface Registration {
  readonly entityId: string;
  readonly url: string;
  /** Null: its deliveries are not signed. */
  readonly secret: string | null;
}

/**
 * Registers the URLs of Entities. They cannot do it themselves: the platform's staff does it for them, with a tool of its own like
 * this one, or with `rowhook endpoints create --tenant`.
 */
export async function register(databaseUrl: string, registrations: readonly Registration[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const { entityId, url, secret } of registrations) {
      await createEndpoint(client, amplo(), { url, secret, events: ['*'], tenant: entityId });
    }
  } finally {
    await client.end();
  }
}
