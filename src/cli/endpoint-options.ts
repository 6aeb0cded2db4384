import { type Command, Option } from 'commander';
import type { Environment } from '../config/database-url.ts';
import { newSecret } from '../store/secrets.ts';
import type { EndpointPatch } from '../wire/endpoint-input.ts';
import { durationMs } from './duration.ts';
import { fromEnv } from './from-env.ts';
import { type SettingOptions, settingsOf, withSettingOptions } from './setting-options.ts';

/** How the command line names a secret. */
export interface SecretOptions {
  readonly secret?: string | false;
  readonly secretEnv?: string;
  readonly generateSecret?: boolean;
}

/** What the command line can say of an endpoint; `false` of a `--no-…` takes away. */
export interface EndpointOptions extends SecretOptions, SettingOptions {
  readonly url?: string;
  readonly events?: readonly string[];
  readonly description?: string;
  readonly dialect?: string;
  readonly tenant?: string;
  readonly allTenants?: boolean;
}

export interface RotateOptions extends SecretOptions {
  /** Milliseconds. */
  readonly overlap?: number;
}

/** Gives a command the options that say what an endpoint is to be. */
export function withEndpointOptions(command: Command, { creates }: { creates: boolean }): Command {
  command
    .addOption(new Option('--url <url>', 'where deliveries go').makeOptionMandatory(creates))
    .addOption(
      new Option('--events <names>', 'events to subscribe to, with commas between, or "*" for all')
        .argParser((names) => names.split(','))
        .makeOptionMandatory(creates),
    )
    .option('--description <text>', 'what it is for')
    .option('--secret <secret>', 'what deliveries are signed with (others may see it in the process list)')
    .addOption(
      new Option('--secret-env <name>', 'the environment variable that holds the secret').conflicts('secret'),
    )
    .addOption(
      new Option('--generate-secret', 'make a secret, and show it this once').conflicts([
        'secret',
        'secretEnv',
      ]),
    )
    .option('--dialect <name>', 'how deliveries look on the wire, or default: as the catalog says');
  withSettingOptions(command);
  if (!creates) return command;
  return command
    .option('--tenant <id>', 'whose it is: it gets the events of this tenant only')
    .addOption(new Option('--all-tenants', 'it gets the events of all tenants').conflicts('tenant'));
}

export function withRotateOptions(command: Command): Command {
  return command
    .option('--secret-env <name>', 'the environment variable that holds the new secret')
    .addOption(
      new Option('--generate-secret', 'make the new secret, and show it this once (default)').conflicts(
        'secretEnv',
      ),
    )
    .addOption(
      new Option('--overlap <duration>', 'how long the old one still signs: 30m, 24h, 7d, 0')
        .argParser(durationMs)
        .default(durationMs('24h'), '24h'),
    );
}

/**
 * What the options say, and nothing else.
 * @param dialects that of the endpoint, where the options name none, and that of the catalog
 * @throws RowhookError `endpoint_invalid` when a variable is not set or a file cannot be read, `config_invalid` (the dialect)
 */
export async function inputOf(
  options: EndpointOptions,
  surroundings: { readonly cwd: string; readonly env: Environment },
  dialects: { readonly present: string; readonly byDefault: string },
): Promise<EndpointPatch> {
  const { url, description, events, tenant, allTenants } = options;
  const dialect = options.dialect === 'default' ? null : options.dialect;
  const secret = options.generateSecret
    ? newSecret(dialect === undefined ? dialects.present : (dialect ?? dialects.byDefault))
    : (secretFromEnv(options, surroundings.env) ?? (options.secret === false ? null : options.secret));
  return {
    ...(url === undefined ? {} : { url }),
    ...(events === undefined
      ? {}
      : { events: events.map((event) => event.trim()).filter((event) => event !== '') }),
    ...(description === undefined ? {} : { description }),
    ...(secret === undefined ? {} : { secret }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(allTenants ? { tenant: null } : {}),
    ...(await settingsOf(options, surroundings)),
  };
}

/**
 * The secret in the variable that the options name, if they name one.
 * @throws RowhookError `endpoint_invalid` when it is not set
 */
export function secretFromEnv({ secretEnv }: SecretOptions, env: Environment): string | undefined {
  return secretEnv === undefined ? undefined : fromEnv(env, secretEnv, 'secret');
}
