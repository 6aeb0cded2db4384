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
import type { EndpointInput } from '../wire/endpoint-input.ts';
import type { Act, Context } from './context.ts';
import { type EndpointOptions, inputOf, withEndpointOptions } from './endpoint-options.ts';
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
        output.show(found, () => table(found, columns, 'There are no endpoints.'));
      }),
    );

  withEndpointOptions(endpoints.command('create'), { mandatory: true })
    .description('Register an endpoint. Its first delivery is a ping.')
    .action(act((context, options: EndpointOptions) => create(context, options)));

  withEndpointOptions(endpoints.command('update').argument('<id>'), { mandatory: false })
    .description('Change what is named here, and leave the rest.')
    .option('--no-secret', 'no longer sign deliveries')
    .action(act((context, id: string, options: EndpointOptions) => update(context, id, options)));

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
  const { url = '', events = [], ...rest } = inputOf(options, env);
  const input: EndpointInput = { url, events, ...rest };
  const endpoint = await withDatabase(async (db) => {
    await checkSchema(db);
    return createEndpoint(db, catalog, input);
  });
  show(output, endpoint, options, input.secret);
}

async function update(
  { config, env, withDatabase, output }: Context,
  id: string,
  options: EndpointOptions,
): Promise<void> {
  const { catalog } = await config();
  const patch = inputOf(options, env);
  const endpoint = await withDatabase(async (db) => {
    await checkSchema(db);
    return Object.keys(patch).length === 0 ? getEndpoint(db, id) : updateEndpoint(db, catalog, id, patch);
  });
  show(output, endpoint, options, patch.secret);
}

/** A secret is shown only where we made it, and only this once. */
function show(
  output: Context['output'],
  endpoint: Endpoint,
  { generateSecret }: EndpointOptions,
  secret: string | null | undefined,
): void {
  const generated = generateSecret && typeof secret === 'string' ? { secret } : {};
  output.show({ ...endpoint, ...generated }, () =>
    [
      describe(endpoint),
      ...(generated.secret ? [`secret       ${generated.secret}  (not shown again)`] : []),
    ].join('\n'),
  );
}

const columns = {
  id: (row: Endpoint) => row.id,
  active: (row: Endpoint) => (row.active ? 'yes' : 'no'),
  signed: (row: Endpoint) => (row.hasSecret ? 'yes' : 'no'),
  events: (row: Endpoint) => row.events.join(','),
  url: (row: Endpoint) => row.url,
  description: (row: Endpoint) => row.description,
};

const describe = (endpoint: Endpoint): string =>
  sheet([
    ['endpoint', endpoint.id],
    ['url', endpoint.url],
    ['events', endpoint.events.join(', ')],
    ['active', endpoint.active ? 'yes' : 'no'],
    ['signed', endpoint.hasSecret ? 'yes' : 'no'],
    ['description', endpoint.description],
    ['created', endpoint.createdAt],
    ['updated', endpoint.updatedAt],
  ]);
