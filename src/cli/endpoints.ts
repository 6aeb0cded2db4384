import type { Command } from 'commander';
import {
  createEndpoint,
  deleteEndpoint,
  type Endpoint,
  getEndpoint,
  listEndpoints,
  setEndpointActive,
  updateEndpoint,
} from '../store/endpoints.ts';
import { checkSchema } from '../store/schema.ts';
import { rotateSecret } from '../store/secrets.ts';
import type { EndpointInput } from '../wire/endpoint-input.ts';
import { publicKeyOf } from '../wire/standard-secret.ts';
import type { Act, Context } from './context.ts';
import {
  type EndpointOptions,
  inputOf,
  type RotateOptions,
  secretFromEnv,
  withEndpointOptions,
  withRotateOptions,
} from './endpoint-options.ts';
import { sheet, table } from './output.ts';

export function endpointCommands(program: Command, act: Act): void {
  const endpoints = program.command('endpoints').description('The registered receivers.');

  endpoints
    .command('list')
    .description('All endpoints, the oldest first.')
    .action(
      act(async ({ withDatabase, output }) => {
        const found = await withDatabase(async (db) => {
          await checkSchema(db);
          return listEndpoints(db);
        });
        output.show(found, () => table(found, columnsFor(found), 'There are no endpoints.'));
      }),
    );

  withEndpointOptions(endpoints.command('create'), { creates: true })
    .description('Register an endpoint. Its first delivery is a ping, in dialects that have one.')
    .action(act((context, options: EndpointOptions) => create(context, options)));

  withEndpointOptions(endpoints.command('update').argument('<id>'), { creates: false })
    .description('Change what is named here, and leave the rest.')
    .option('--no-secret', 'no longer sign deliveries')
    .action(act((context, id: string, options: EndpointOptions) => update(context, id, options)));

  withRotateOptions(endpoints.command('rotate-secret').argument('<id>'))
    .description('Give it a new secret, and let the old one sign beside it for a while.')
    .action(act((context, id: string, options: RotateOptions) => rotate(context, id, options)));

  for (const [name, active] of [
    ['activate', true],
    ['deactivate', false],
  ] as const) {
    endpoints
      .command(name)
      .argument('<id>')
      .description(
        active
          ? 'Send it deliveries again, those that were held first.'
          : 'Hold its deliveries, and give it no new ones.',
      )
      .action(
        act(async ({ withDatabase, output }, id: string) => {
          const endpoint = await withDatabase(async (db) => {
            await checkSchema(db);
            return setEndpointActive(db, id, active);
          });
          output.show(endpoint, () => describe(endpoint));
        }),
      );
  }

  endpoints
    .command('delete')
    .argument('<id>')
    .description('Delete an endpoint and the deliveries that it still was to get.')
    .action(
      act(async ({ withDatabase, output }, id: string) => {
        const { dropped } = await withDatabase(async (db) => {
          await checkSchema(db);
          return deleteEndpoint(db, id);
        });
        output.show({ id, dropped }, () => `endpoint ${id} is deleted; ${dropped} deliveries were dropped`);
      }),
    );
}

async function create(
  { config, env, withDatabase, output }: Context,
  options: EndpointOptions,
): Promise<void> {
  const { catalog } = await config();
  const { url = '', events = [], ...rest } = inputOf(options, env, catalog.dialect);
  const input: EndpointInput = { url, events, ...rest };
  const endpoint = await withDatabase(async (db) => {
    await checkSchema(db);
    return createEndpoint(db, catalog, input);
  });
  show(output, endpoint, input.secret, options.generateSecret);
}

async function update(
  { config, env, withDatabase, output }: Context,
  id: string,
  options: EndpointOptions,
): Promise<void> {
  const { catalog } = await config();
  const { endpoint, secret } = await withDatabase(async (db) => {
    await checkSchema(db);
    const before = await getEndpoint(db, id);
    const patch = inputOf(options, env, before.dialect ?? catalog.dialect);
    const changed = Object.keys(patch).length > 0;
    return {
      endpoint: changed ? await updateEndpoint(db, catalog, id, patch) : before,
      secret: patch.secret,
    };
  });
  show(output, endpoint, secret, options.generateSecret);
}

async function rotate(
  { config, env, withDatabase, output }: Context,
  id: string,
  options: RotateOptions,
): Promise<void> {
  const { catalog } = await config();
  const given = secretFromEnv(options, env);
  const { endpoint, secret } = await withDatabase(async (db) => {
    await checkSchema(db);
    return rotateSecret(db, catalog, id, { secret: given, overlapMs: options.overlap });
  });
  show(output, endpoint, secret, given === undefined);
}

/** A secret is shown only where we made it, and only this once; what is public of it, whenever it is set. */
function show(
  output: Context['output'],
  endpoint: Endpoint,
  secret: string | null | undefined,
  generated = false,
): void {
  const publicKey = secret ? publicKeyOf(secret) : undefined;
  const shown = { ...(generated && secret ? { secret } : {}), ...(publicKey ? { publicKey } : {}) };
  output.show({ ...endpoint, ...shown }, () =>
    [
      describe(endpoint),
      ...(shown.secret ? [`secret       ${shown.secret}  (not shown again)`] : []),
      ...(publicKey ? [`public key   ${publicKey}`] : []),
    ].join('\n'),
  );
}

const activity = ({ active, disabledReason }: Endpoint): string =>
  active ? 'yes' : `no${disabledReason === null ? '' : ` (${disabledReason})`}`;

const columnsFor = (rows: readonly Endpoint[]) => ({
  id: (row: Endpoint) => row.id,
  active: activity,
  signed: (row: Endpoint) => (row.hasSecret ? 'yes' : 'no'),
  ...(rows.some((row) => row.tenant !== null) ? { tenant: (row: Endpoint) => row.tenant } : {}),
  events: (row: Endpoint) => row.events.join(','),
  url: (row: Endpoint) => row.url,
  description: (row: Endpoint) => row.description,
});

const describe = (endpoint: Endpoint): string =>
  sheet([
    ['endpoint', endpoint.id],
    ['url', endpoint.url],
    ['events', endpoint.events.join(', ')],
    ['dialect', endpoint.dialect],
    ['tenant', endpoint.tenant],
    ['active', activity(endpoint)],
    ['signed', endpoint.hasSecret ? 'yes' : 'no'],
    ['description', endpoint.description],
    ['created', endpoint.createdAt],
    ['updated', endpoint.updatedAt],
  ]);
