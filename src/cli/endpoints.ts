import type { Command } from 'commander';
import { disableEndpoint, pauseEndpoint, resumeEndpoint } from '../store/endpoint-state.ts';
import {
  createEndpoint,
  deleteEndpoint,
  type Endpoint,
  getEndpoint,
  listEndpoints,
  updateEndpoint,
} from '../store/endpoints.ts';
import { checkSchema } from '../store/schema.ts';
import { rotateSecret } from '../store/secrets.ts';
import type { EndpointInput } from '../wire/endpoint-input.ts';
import { publicKeyOf } from '../wire/standard-secret.ts';
import { refuseUncallable } from './callable.ts';
import type { Act, Context } from './context.ts';
import {
  type EndpointOptions,
  inputOf,
  type RotateOptions,
  secretFromEnv,
  withEndpointOptions,
  withRotateOptions,
} from './endpoint-options.ts';
import { describe, listOf } from './endpoint-text.ts';

export function endpointCommands(program: Command, act: Act): void {
  const endpoints = program.command('endpoints').description('The registered receivers.');

  endpoints
    .command('list')
    .description('All endpoints, the oldest first.')
    .action(
      act(async ({ withDatabase, output, sealerToShow }) => {
        const sealer = await sealerToShow();
        const found = await withDatabase(async (db) => {
          await checkSchema(db);
          return listEndpoints(db, { sealer });
        });
        output.show(found, () => listOf(found));
      }),
    );

  endpoints
    .command('show')
    .argument('<id>')
    .description('One endpoint with its settings and its state; never with what is secret of it.')
    .action(
      act(async ({ withDatabase, output, sealerToShow }, id: string) => {
        const sealer = await sealerToShow();
        const endpoint = await withDatabase(async (db) => {
          await checkSchema(db);
          return getEndpoint(db, id, { sealer });
        });
        output.show(endpoint, () => describe(endpoint));
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

  for (const [name, description, work] of [
    ['pause', 'Hold its deliveries; it goes on getting new ones, which are held too.', pauseEndpoint],
    ['disable', 'Hold its deliveries, and give it no new ones.', disableEndpoint],
  ] as const) {
    endpoints
      .command(name)
      .argument('<id>')
      .description(description)
      .action(
        act(async ({ withDatabase, output, sealerToShow }, id: string) => {
          const sealer = await sealerToShow();
          const endpoint = await withDatabase(async (db) => {
            await checkSchema(db);
            return work(db, id, { sealer });
          });
          output.show(endpoint, () => describe(endpoint));
        }),
      );
  }

  for (const [name, description] of [
    ['resume', 'Let one go on that is paused, or waits because it failed: what was held is sent first.'],
    ['enable', 'Let one go on that is disabled: what was held is sent first.'],
  ] as const) {
    endpoints
      .command(name)
      .argument('<id>')
      .description(description)
      .option('--drop', 'drop what was held instead')
      .action(act((context, id: string, { drop = false }: { drop?: boolean }) => resume(context, id, drop)));
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

async function resume(
  { withDatabase, output, sealerToShow }: Context,
  id: string,
  drop: boolean,
): Promise<void> {
  const sealer = await sealerToShow();
  const { endpoint, dropped } = await withDatabase(async (db) => {
    await checkSchema(db);
    return resumeEndpoint(db, id, { held: drop ? 'drop' : 'deliver', sealer });
  });
  output.show({ ...endpoint, dropped }, () =>
    [describe(endpoint), ...(drop ? [`${dropped} held deliveries were dropped`] : [])].join('\n'),
  );
}

async function create(context: Context, options: EndpointOptions): Promise<void> {
  const { catalog, delivery } = await context.config();
  const sealer = await context.sealer();
  const dialects = { present: catalog.dialect, byDefault: catalog.dialect };
  const { url = '', events = [], ...rest } = await inputOf(options, context, dialects);
  const input = { url, events, ...rest } as EndpointInput;
  refuseUncallable(input, delivery);
  const endpoint = await context.withDatabase(async (db) => {
    await checkSchema(db);
    return createEndpoint(db, catalog, input, { sealer });
  });
  show(context.output, endpoint, input.secret, options.generateSecret);
}

async function update(context: Context, id: string, options: EndpointOptions): Promise<void> {
  const { catalog, delivery } = await context.config();
  const sealer = await context.sealer();
  const { endpoint, secret } = await context.withDatabase(async (db) => {
    await checkSchema(db);
    const before = await getEndpoint(db, id, { sealer });
    const dialects = { present: before.dialect ?? catalog.dialect, byDefault: catalog.dialect };
    const patch = await inputOf(options, context, dialects);
    refuseUncallable(patch, delivery);
    const changed = Object.keys(patch).length > 0;
    return {
      endpoint: changed ? await updateEndpoint(db, catalog, id, patch, { sealer }) : before,
      secret: patch.secret,
    };
  });
  show(context.output, endpoint, secret, options.generateSecret);
}

async function rotate(context: Context, id: string, options: RotateOptions): Promise<void> {
  const { catalog } = await context.config();
  const sealer = await context.sealer();
  const given = secretFromEnv(options, context.env);
  const { endpoint, secret } = await context.withDatabase(async (db) => {
    await checkSchema(db);
    return rotateSecret(db, catalog, id, { secret: given, overlapMs: options.overlap, sealer });
  });
  show(context.output, endpoint, secret, given === undefined);
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
