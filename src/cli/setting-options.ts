import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Environment } from '../config/database-url.ts';
import { RowhookError } from '../errors.ts';
import type { EndpointPatch } from '../wire/endpoint-input.ts';
import { durationMs } from './duration.ts';
import { fromEnv } from './from-env.ts';

/** The word that takes an endpoint's own setting away. */
const byDefault = 'default';

/** A value, or that word: commander makes an empty text of null. */
type OrDefault<Value> = Value | typeof byDefault;

/** What the command line can say of an endpoint's settings. */
export interface SettingOptions {
  readonly concurrency?: OrDefault<number>;
  readonly rate?: OrDefault<number>;
  /** Milliseconds. */
  readonly timeout?: OrDefault<number>;
  /** Milliseconds. */
  readonly schedule?: OrDefault<readonly number[]>;
  readonly ordering?: OrDefault<'none' | 'record'>;
  /** `Name: value` */
  readonly header?: readonly string[];
  /** `Name: VARIABLE`, where the value is in that variable. */
  readonly headerEnv?: readonly string[];
  readonly clientCert?: string;
  readonly clientKeyFile?: string;
  readonly ca?: string;
  readonly proxy?: string;
  readonly proxyEnv?: string;
}

/** Gives a command the options of an endpoint's settings. Each also takes `default`. */
export function withSettingOptions(command: Command): Command {
  return command
    .option('--concurrency <count>', 'requests at a time, over all daemons', orDefault(numberOf))
    .option('--rate <count>', 'requests begun a second, over all daemons: 10, 0.5', orDefault(numberOf))
    .option('--timeout <duration>', 'what a whole request may take: 5s, 800ms', orDefault(durationMs))
    .option('--schedule <durations>', 'pauses before each retry: 5s,1m,1h; or none', orDefault(scheduleOf))
    .addOption(
      new Option('--ordering <kind>', 'record: one delivery of a record at a time').choices([
        'none',
        'record',
        byDefault,
      ]),
    )
    .option(
      '--header <header>',
      'a header of its own, "Name: value"; may be repeated, and replaces all',
      collected,
    )
    .option('--header-env <header>', '"Name: VARIABLE": the same with the value of a variable', collected)
    .option('--client-cert <file>', 'PEM file with the certificate that it is shown')
    .option('--client-key-file <file>', 'PEM file with the key of that certificate')
    .option('--ca <file>', "PEM file with those who may have signed the receiver's certificate")
    .option('--proxy <url>', 'proxy that requests go through (others may see it in the process list)')
    .addOption(
      new Option('--proxy-env <name>', 'the environment variable that holds the URL of the proxy').conflicts(
        'proxy',
      ),
    )
    .addHelpText('after', '\nEach of these settings is taken back by the value default, as is the dialect.');
}

/**
 * What the options say of settings, and nothing else.
 * @throws RowhookError `endpoint_invalid` for a file that cannot be read, or a variable that is not set
 */
export async function settingsOf(
  options: SettingOptions,
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
): Promise<EndpointPatch> {
  const { concurrency, rate, timeout, schedule, ordering, clientCert, clientKeyFile, ca } = options;
  const file = async (name: keyof EndpointPatch, path: string | undefined): Promise<EndpointPatch> => {
    if (path === undefined) return {};
    return { [name]: path === byDefault ? null : await textOf(resolve(cwd, path), name) };
  };
  const headers = headersOf(options, env);
  const proxy = options.proxyEnv === undefined ? options.proxy : fromEnv(env, options.proxyEnv, 'proxy');
  return {
    ...(concurrency === undefined ? {} : { concurrency: orNull(concurrency) }),
    ...(rate === undefined ? {} : { rate: orNull(rate) }),
    ...(timeout === undefined ? {} : { timeoutMs: orNull(timeout) }),
    ...(schedule === undefined ? {} : { schedule: schedule === byDefault ? null : [...schedule] }),
    ...(ordering === undefined ? {} : { ordering: ordering === byDefault ? 'none' : ordering }),
    ...(headers === undefined ? {} : { headers }),
    // A certificate and its key come and go together.
    ...(clientCert === byDefault ? { clientKey: null } : {}),
    ...(await file('clientCertificate', clientCert)),
    ...(await file('clientKey', clientKeyFile)),
    ...(await file('ca', ca)),
    ...(proxy === undefined ? {} : { proxy: orNull(proxy) }),
  };
}

/** Undefined: the options do not name any. Null: none of its own. */
function headersOf(
  { header = [], headerEnv = [] }: SettingOptions,
  env: Environment,
): [name: string, value: string][] | null | undefined {
  if (header.length + headerEnv.length === 0) return undefined;
  const given = header.filter((text) => text !== byDefault).map((text) => pairIn(text, '--header'));
  const named = headerEnv.map((text): [string, string] => {
    const [name, variable] = pairIn(text, '--header-env');
    return [name, fromEnv(env, variable, 'headers')];
  });
  return given.length + named.length === 0 ? null : [...given, ...named];
}

/** Not while commander reads the options: it would repeat the text, and the value may be a credential. */
function pairIn(text: string, option: string): [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon > 0) return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  throw new RowhookError('endpoint_invalid', `${option} names a header without a colon behind its name`, {
    where: 'headers',
    fix: option === '--header' ? 'Give "Name: value", or default.' : 'Give "Name: VARIABLE".',
  });
}

async function textOf(path: string, where: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new RowhookError(
      'endpoint_invalid',
      `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`,
      {
        where,
        fix: 'Name a file that can be read, or default.',
        cause: error,
      },
    );
  }
}

const orNull = <Value>(value: OrDefault<Value>): Value | null => (value === byDefault ? null : value);

const orDefault =
  <Value>(parse: (text: string) => Value) =>
  (text: string): OrDefault<Value> =>
    text === byDefault ? byDefault : parse(text);

function numberOf(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number, or default.');
}

function scheduleOf(text: string): number[] {
  return text === 'none' ? [] : text.split(',').map((each) => durationMs(each.trim()));
}

const collected = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
