import { InvalidArgumentError } from 'commander';
import type { ResolvedConfig } from '../config/resolve.ts';
import { parseAllowList } from '../delivery/guard/guard.ts';
import { resumeEndpoint } from '../store/endpoint-state.ts';
import { createEndpoint, listEndpoints, updateEndpoint } from '../store/endpoints.ts';
import { checkSchema } from '../store/schema.ts';
import { createSealer } from '../store/sealer.ts';
import { newSecret } from '../store/secrets.ts';
import { parseEndpointUrl, sameUrl } from '../wire/endpoint-url.ts';
import { everyEvent } from '../wire/subscription.ts';
import type { Context } from './context.ts';

/**
 * Sees to it that every event goes to a URL: there is an active endpoint that has subscribed to all, and its host may be called,
 * wherever it is. What was done is said on stderr: the secret must not get into the daemon's log.
 * @returns the config for this run
 * @throws RowhookError as createEndpoint and checkSchema
 */
export async function forwardTo(
  { withDatabase, note }: Context,
  config: ResolvedConfig,
  url: string,
): Promise<ResolvedConfig> {
  const { catalog, delivery } = config;
  const sealer = createSealer(config.secretKeys);
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  // Its port too, which need not be one that is usually called.
  const own = port === '' ? [] : [`${hostname.replace(/\.$/, '')}:${port}`];
  const allow = [...(delivery.allow ?? []), host, ...own];
  // Before anything is registered that could then not be called.
  parseAllowList(allow);
  await withDatabase(async (db) => {
    await checkSchema(db);
    const endpoints = await listEndpoints(db);
    const known = endpoints.find((endpoint) => sameUrl(endpoint.url, url) && endpoint.tenant === null);
    if (!known) {
      const secret = newSecret(catalog.dialect);
      const input = { url, events: [everyEvent], secret, tenant: null };
      const { id } = await createEndpoint(db, catalog, input, { sealer });
      note(`endpoint ${id} is new: every event goes to ${url}\nits secret (not shown again): ${secret}`);
    } else if (known.state !== 'active' || !known.events.includes(everyEvent)) {
      if (known.state !== 'active') await resumeEndpoint(db, known.id, { held: 'deliver' });
      await updateEndpoint(db, catalog, known.id, { events: [everyEvent] }, { sealer });
      note(`endpoint ${known.id} was there; now it is active, and every event goes to ${url}`);
    } else note(`endpoint ${known.id} is there: every event goes to ${url}`);
  });
  note(`requests to ${host} are allowed for this run`);
  return { ...config, delivery: { ...delivery, allow } };
}

export function forwardUrl(text: string): string {
  const parsed = parseEndpointUrl(text);
  if (!('problem' in parsed)) return text;
  throw new InvalidArgumentError(
    `Expected a URL like http://127.0.0.1:3000/hooks; this one ${parsed.problem}.`,
  );
}
