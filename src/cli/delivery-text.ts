import { isUtf8 } from 'node:buffer';
import type { DeliveryDetail } from '../store/deliveries.ts';
import type { HeaderList } from '../wire/dialect.ts';
import { sheet } from './output.ts';

type Attempt = DeliveryDetail['attempts'][number];

/** The same with response bodies as text; as base64, and saying so, where they are none. */
export function deliveryJson(delivery: DeliveryDetail): object {
  return {
    ...delivery,
    attempts: delivery.attempts.map((attempt) => ({ ...attempt, ...responseBody(attempt) })),
  };
}

function responseBody({ responseBody }: Attempt): {
  responseBody: string | null;
  responseEncoding?: 'base64';
} {
  if (responseBody === null) return { responseBody: null };
  return isUtf8(responseBody)
    ? { responseBody: responseBody.toString('utf8') }
    : { responseBody: responseBody.toString('base64'), responseEncoding: 'base64' };
}

/** For eyes: the delivery, then each attempt as it went over the wire. */
export function deliveryText(delivery: DeliveryDetail): string {
  const { event } = delivery;
  const head = sheet([
    ['delivery', delivery.id],
    ['state', delivery.state],
    ['endpoint', delivery.endpointId],
    ['event', event?.name ?? 'no longer kept'],
    ['record', event?.resource ? `${event.resource} ${event.recordKey}` : null],
    ['changed', event?.changedAt],
    ['request id', event?.requestId],
    ['due', delivery.dueAt],
  ]);
  const cut = delivery.attemptsCut ? ['… earlier attempts are not shown'] : [];
  return [head, ...cut, ...delivery.attempts.map(attemptText)].join('\n\n');
}

function attemptText(attempt: Attempt): string {
  const { number, startedAt, durationMs, verdict, reason, detail, dueAt } = attempt;
  const outcome = [verdict, reason, detail].filter((part) => part !== null).join(', ');
  const next = dueAt === null ? '' : `; next one due ${dueAt.toISOString()}`;
  return [
    `attempt ${number} at ${startedAt.toISOString()}, ${durationMs} ms: ${printable(outcome)}${next}`,
    `> POST ${attempt.url}`,
    ...headers('>', attempt.requestHeaders),
    ...body('>', attempt.requestBody),
    ...responseLines(attempt),
  ].join('\n');
}

function responseLines(attempt: Attempt): string[] {
  if (attempt.status === null) return ['< no response'];
  const bytes = attempt.responseBody;
  const text =
    bytes === null || isUtf8(bytes)
      ? (bytes?.toString('utf8') ?? null)
      : `${bytes.length} bytes that are no text`;
  return [
    `< ${attempt.status}`,
    ...headers('<', attempt.responseHeaders ?? []),
    ...body('<', text),
    ...(attempt.responseCut ? ['< … cut here'] : []),
  ];
}

const headers = (mark: string, list: HeaderList): string[] =>
  list.map(([name, value]) => `${mark} ${name}: ${printable(value)}`);

const body = (mark: string, text: string | null): string[] =>
  text === null || text === '' ? [] : [mark, ...text.split('\n').map((line) => `${mark} ${printable(line)}`)];

/** What a receiver sends must not steer the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '·');
