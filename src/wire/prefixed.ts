import { RowhookError } from '../errors.ts';
import type { Dialect, HeaderList } from './dialect.ts';
import { headerValueMaxLength, isHeaderValue } from './header-value.ts';
import { failed } from './received.ts';
import { defaultRetryDelayMs } from './schedule.ts';
import { signatureOf, verifySignature } from './signature.ts';

/** What the names of dialects with headers of one's own begin with: `prefix:Acme`, `prefix:Acme Acme-Webhooks/2.0`. */
const mark = 'prefix:';
const longestPrefix = 40;
/** Part of a token (RFC 9110, 5.6.2), and of the letters that nobody's software stumbles over. */
const legalPrefix = /^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/;

interface Form {
  readonly name: string;
  /** What the names of its headers begin with. */
  readonly prefix: string;
  readonly userAgent: string;
  readonly retryDelayMs: Dialect['retryDelayMs'];
  readonly spreadsRetries: boolean;
  readonly heedsReceiver: boolean;
}

/** The bare record as the body, the event's name in a header, a signature over the body: Site Stacker's form, with any prefix. */
export function headerForm({
  name,
  prefix,
  userAgent,
  retryDelayMs,
  spreadsRetries,
  heedsReceiver,
}: Form): Dialect {
  const nameOf = (word: 'Event' | 'Signature' | 'Delivery'): string => `${prefix}-${word}`;
  return {
    name,
    requiresTls: false,

    body: ({ payload }) => payload,

    // Ids and counters are strings in all of Site Stacker's bodies. The order of the keys is part of the contract.
    ping: (endpoint, timestamp) =>
      JSON.stringify({
        hook: {
          id: endpoint.id,
          url: endpoint.url,
          active: endpoint.active,
          webhook_delivery_count: String(endpoint.deliveryCount),
          created: timestamp(endpoint.createdAt),
          modified: timestamp(endpoint.updatedAt),
          events: endpoint.events,
        },
      }),

    headers(message): HeaderList {
      const headers: [string, string][] = [
        ['Content-Type', 'application/json'],
        ['User-Agent', userAgent],
        [nameOf('Event'), message.eventName],
      ];
      // There is room for one signature: after a rotation that of the new secret.
      const [secret] = message.secrets;
      if (secret !== undefined) headers.push([nameOf('Signature'), signatureOf(message.body, secret)]);
      headers.push([nameOf('Delivery'), message.deliveryId]);
      if (message.requestId !== null) headers.push(['Request-Id', message.requestId]);
      return headers;
    },

    succeeded: (status) => status >= 200 && status <= 299,
    retryDelayMs,
    spreadsRetries,
    overlapsSecrets: false,
    heedsReceiver,

    secretProblem: () => undefined,
    newSecret: (randomBytes) => Buffer.from(randomBytes(32)).toString('base64url'),

    verify({ header, body, secrets }) {
      const signature = header(nameOf('Signature').toLowerCase());
      if (signature === undefined) return failed('header', `${nameOf('Signature')} is missing or repeated`);
      // All of them, so that the time does not tell which one it was.
      if (!secrets.map((secret) => verifySignature(body, secret, signature)).includes(true)) {
        return failed('signature', `${nameOf('Signature')} was not made with this secret for this body`);
      }
      return {
        ok: true,
        event: header(nameOf('Event').toLowerCase()),
        deliveryId: header(nameOf('Delivery').toLowerCase()),
        requestId: header('request-id'),
      };
    },
  };
}

/**
 * The name of a dialect with headers of one's own, for a catalog or an endpoint: `Acme-Event`, `Acme-Signature`, `Acme-Delivery`.
 * @param options.userAgent default: the prefix
 * @throws RowhookError `config_invalid` for what cannot be in a header
 */
export function prefixed(prefix: string, { userAgent }: { readonly userAgent?: string } = {}): string {
  const problem = prefixProblem(prefix, userAgent ?? prefix);
  if (problem) throw new RowhookError('config_invalid', problem.message, { fix: problem.fix });
  return `${mark}${prefix}${userAgent === undefined ? '' : ` ${userAgent}`}`;
}

export interface DialectProblem {
  readonly message: string;
  readonly fix: string;
}

/** The dialect that a name like `prefix:Acme` stands for, or why none can be made of it; undefined: the name is of another kind. */
export function prefixedNamed(name: string): Dialect | DialectProblem | undefined {
  if (!name.startsWith(mark)) return undefined;
  const text = name.slice(mark.length);
  const space = text.indexOf(' ');
  const prefix = space < 0 ? text : text.slice(0, space);
  const userAgent = space < 0 ? text : text.slice(space + 1);
  return (
    prefixProblem(prefix, userAgent) ??
    headerForm({
      name,
      prefix,
      userAgent,
      retryDelayMs: defaultRetryDelayMs,
      spreadsRetries: true,
      heedsReceiver: true,
    })
  );
}

function prefixProblem(prefix: string, userAgent: string): DialectProblem | undefined {
  if (prefix.length > longestPrefix || !legalPrefix.test(prefix)) {
    return {
      message: `${JSON.stringify(prefix)} cannot be the prefix of headers`,
      fix: `Use letters, digits and single hyphens between them, at most ${longestPrefix}, such as Acme.`,
    };
  }
  if (!isHeaderValue(userAgent)) {
    return {
      message: `${JSON.stringify(userAgent)} cannot be a User-Agent`,
      fix: `Use visible ASCII characters, at most ${headerValueMaxLength}, with spaces within only.`,
    };
  }
  return undefined;
}
