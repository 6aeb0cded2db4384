import { z } from 'zod';
import { parseCustomHeaders } from './custom-headers.ts';
import type { HeaderList } from './dialect.ts';
import { parseCertificates, parsePrivateKey } from './pem.ts';
import { parseProxyUrl } from './proxy-url.ts';

const dayMs = 86_400_000;
const schedulesMax = 50;
/** Each claim brings it with every delivery. */
const pemMaxLength = 20_000;

const pem = z.string().max(pemMaxLength).nullable().default(null);

/** What an endpoint is to be sent at a time, and how. Null is the default, which is not the endpoint's own. */
export const settingsShape = {
  /** Requests at a time, over all daemons. Default: `delivery.perEndpoint` of each daemon. */
  concurrency: z.int().min(1).max(1_000).nullable().default(null),
  /** Requests begun a second, over all daemons; one in a quarter of an hour at least. Default: no limit. */
  rate: z.number().positive().min(0.001).max(10_000).nullable().default(null),
  /** Milliseconds that a whole request may take. Default: `delivery.timeoutMs` of the daemon. */
  timeoutMs: z.int().min(100).max(60_000).nullable().default(null),
  /** Milliseconds from each failed attempt to the next, a second to a week; empty: no retry. Default: the dialect's. */
  schedule: z
    .array(
      z
        .int()
        .min(1_000)
        .max(7 * dayMs),
    )
    .max(schedulesMax)
    .nullable()
    .default(null),
  /** `record`: one delivery of a record at a time, later ones wait until earlier ones have succeeded or are exhausted. */
  ordering: z.enum(['none', 'record']).default('none'),
  /** Headers of its own, as [name, value]. */
  headers: z
    .array(z.tuple([z.string(), z.string()]))
    .nullable()
    .default(null),
  /** PEM: what it is shown of us, with what leads to its authority; and the key of it. Both or neither. */
  clientCertificate: pem,
  clientKey: pem,
  /** PEM: who may have signed its certificate, instead of the authorities that the system trusts. */
  ca: pem,
  /** URL of the proxy that requests go through. */
  proxy: z.string().max(2_000).nullable().default(null),
};

export type SettingValues = z.output<z.ZodObject<typeof settingsShape>>;

/** The names of the settings, for those who look at one after the other. */
export const settingNames = Object.keys(settingsShape) as ReadonlyArray<keyof SettingValues>;

/** What is wrong, as a sentence that repeats no secret, and with which setting. */
export interface SettingProblem {
  readonly where: keyof SettingValues;
  readonly message: string;
}

type Part = 'headers' | 'clientCertificate' | 'clientKey' | 'ca' | 'proxy';

/** Settings whose parts have the right types, as they are kept: PEM without what stands around it, empty lists of headers as none. */
export function checkedSettings(
  values: Pick<SettingValues, Part>,
  url: URL,
): { readonly [Name in Part]: SettingValues[Name] } | SettingProblem {
  const headers = values.headers?.length ? parseCustomHeaders(values.headers) : null;
  if (headers && 'problem' in headers)
    return problem('headers', `the headers cannot be sent: ${headers.problem}`);

  const proxy = values.proxy === null ? null : parseProxyUrl(values.proxy);
  if (proxy && 'problem' in proxy) return problem('proxy', `the URL of the proxy ${proxy.problem}`);

  const tls = checkedTls(values, url);
  if ('message' in tls) return tls;
  return { ...tls, headers: headers && pairs(headers), proxy: proxy?.url ?? null };
}

function checkedTls(
  { clientCertificate, clientKey, ca }: Pick<SettingValues, Part>,
  url: URL,
): Pick<SettingValues, 'clientCertificate' | 'clientKey' | 'ca'> | SettingProblem {
  for (const [name, value] of [
    ['clientCertificate', clientCertificate],
    ['ca', ca],
  ] as const) {
    if (value !== null && url.protocol !== 'https:') {
      return problem(name, 'the URL is http: there is no TLS that certificates could be of use in');
    }
  }
  const authorities = ca === null ? null : parseCertificates(ca);
  if (authorities && 'problem' in authorities) return problem('ca', `the CA ${authorities.problem}`);
  if (clientCertificate === null && clientKey === null) {
    return { clientCertificate, clientKey, ca: authorities?.pem ?? null };
  }
  if (clientCertificate === null)
    return problem('clientCertificate', 'there is a client key without a certificate');
  if (clientKey === null) return problem('clientKey', 'there is a client certificate without its key');
  const shown = parseCertificates(clientCertificate);
  if ('problem' in shown) return problem('clientCertificate', `the client certificate ${shown.problem}`);
  const own = parsePrivateKey(clientKey);
  if ('problem' in own) return problem('clientKey', `the client key ${own.problem}`);
  if (!shown.certificates[0]?.checkPrivateKey(own.key)) {
    return problem(
      'clientKey',
      'the client key is not that of the client certificate (the first one, where it has several)',
    );
  }
  return { clientCertificate: shown.pem, clientKey: own.pem, ca: authorities?.pem ?? null };
}

const problem = (where: keyof SettingValues, message: string): SettingProblem => ({ where, message });

const pairs = (headers: HeaderList): [string, string][] => headers.map(([name, value]) => [name, value]);
