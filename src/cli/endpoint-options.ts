import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { Environment } from '../config/database-url.ts';
import { RowhookError } from '../errors.ts';
import type { EndpointInput } from '../wire/endpoint-input.ts';

/** What the command line can say of an endpoint; `false` of a `--no-…` takes away. */
export interface EndpointOptions {
  readonly url?: string;
  readonly events?: readonly string[];
  readonly description?: string;
  readonly secret?: string | false;
  readonly secretEnv?: string;
  readonly generateSecret?: boolean;
  readonly dialect?: string;
}

/** Gives a command the options that say what an endpoint is to be. */
export function withEndpointOptions(command: Command, { mandatory }: { mandatory: boolean }): Command {
  const option = (flags: string, text: string): Option => new Option(flags, text);
  return command
    .addOption(option('--url <url>', 'where deliveries go').makeOptionMandatory(mandatory))
    .addOption(
      option('--events <names>', 'events to subscribe to, with commas between, or "*" for all')
        .argParser((names) => names.split(','))
        .makeOptionMandatory(mandatory),
    )
    .option('--description <text>', 'what it is for')
    .option('--secret <secret>', 'what deliveries are signed with (others may see it in the process list)')
    .addOption(
      option('--secret-env <name>', 'the environment variable that holds the secret').conflicts('secret'),
    )
    .addOption(
      option('--generate-secret', 'make a secret, and show it this once').conflicts(['secret', 'secretEnv']),
    )
    .option('--dialect <name>', "how deliveries look on the wire (default: the catalog's)");
}

/**
 * What the options say, and nothing else.
 * @throws RowhookError `endpoint_invalid` when the variable of the secret is not set
 */
export function inputOf(options: EndpointOptions, env: Environment): Partial<EndpointInput> {
  const { url, description, dialect, events } = options;
  const secret = secretOf(options, env);
  return {
    ...(url === undefined ? {} : { url }),
    ...(events === undefined
      ? {}
      : { events: events.map((event) => event.trim()).filter((event) => event !== '') }),
    ...(description === undefined ? {} : { description }),
    ...(secret === undefined ? {} : { secret }),
    ...(dialect === undefined ? {} : { dialect }),
  };
}

function secretOf(options: EndpointOptions, env: Environment): string | null | undefined {
  const { secret, secretEnv, generateSecret } = options;
  if (generateSecret) return randomBytes(32).toString('base64url');
  if (secretEnv === undefined) return secret === false ? null : secret;
  const found = env[secretEnv];
  if (found) return found;
  throw new RowhookError('endpoint_invalid', `the environment variable ${secretEnv} is not set`, {
    where: 'secret',
    fix: `Set ${secretEnv}, or name another variable.`,
  });
}
