import type { DeliveryView } from '../../../src/admin/shapes/delivery.ts';

/** What a list is narrowed to, as it stands in the page's URL: texts, the empty ones left out. */
export interface Filters {
  readonly endpoint?: string;
  readonly event?: string;
  /** `person:412`. */
  readonly record?: string;
  readonly state?: string;
  readonly status?: string;
  /** `1h`, `24h`, `7d`: that long ago, whenever it is asked; or a moment (ISO 8601). */
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  /** Of events: `true`, only those that nobody was subscribed to. */
  readonly undelivered?: string;
}
export type FilterName = keyof Filters;

const names: readonly FilterName[] = [
  'endpoint',
  'event',
  'record',
  'state',
  'status',
  'since',
  'until',
  'text',
  'undelivered',
];

export const spans: Readonly<Record<string, number>> = {
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
};

const states: ReadonlySet<string> = new Set([
  'due',
  'behind',
  'sending',
  'waiting',
  'succeeded',
  'exhausted',
  'dropped',
]);

/** Filters of a query string. What cannot be asked for is left out: a URL may come from anywhere. Pure. */
export function filtersOf(query: string): Filters {
  const given = new URLSearchParams(query);
  const filters: { -readonly [name in FilterName]?: string } = {};
  for (const name of names) {
    const value = given.get(name)?.trim() ?? '';
    if (value !== '' && isValid[name](value)) filters[name] = value;
  }
  return filters;
}

const isMoment = (text: string): boolean => Object.hasOwn(spans, text) || isoOf(text) !== undefined;
const isValid: Readonly<Record<FilterName, (text: string) => boolean>> = {
  endpoint: (text) => /^\d{1,18}$/.test(text),
  event: (text) => text.length <= 200,
  record: (text) => text.length <= 1_200,
  state: (text) => states.has(text),
  status: isStatus,
  since: isMoment,
  until: isMoment,
  text: (text) => text.length <= 100,
  undelivered: (text) => text === 'true',
};

/** Whether this is a status code (`500`), a class of them (`5xx`), or `none`: no answer came. Pure. */
export function isStatus(text: string): boolean {
  return /^([1-5]\d\d|[1-5]xx|none)$/.test(text);
}

/** The query string of filters, with its `?`; empty when there are none. Always in one order, so that it can be a key. Pure. */
export function queryOf(filters: Filters): string {
  const query = new URLSearchParams();
  for (const name of names) {
    const value = filters[name];
    if (value !== undefined && value !== '') query.set(name, value);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Filters with one of them set, or taken out (undefined, or empty). Pure. */
export function withFilter(filters: Filters, name: FilterName, value: string | undefined): Filters {
  const { [name]: _, ...others } = filters;
  return value === undefined || value === '' ? others : { ...others, [name]: value };
}

/** What the API is asked: spans of time become moments. Pure. */
export function askedOf(filters: Filters, now: number): Record<string, string> {
  const asked: Record<string, string> = {};
  for (const name of names) {
    const value = filters[name];
    if (value === undefined) continue;
    const moment = name === 'since' || name === 'until' ? momentOf(value, now) : undefined;
    asked[name] = moment === undefined ? value : new Date(moment).toISOString();
  }
  return asked;
}

/** Milliseconds since 1970 of a moment as a filter names it. */
function momentOf(text: string, now: number): number | undefined {
  const span = Object.hasOwn(spans, text) ? spans[text] : undefined;
  return span === undefined ? isoOf(text) : now - span;
}

function isoOf(text: string): number | undefined {
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/**
 * Whether a delivery lies on an older page: it was never sent, and is older than where that begins. News reach some seconds back, and a
 * burst may be longer than the first page. Pure.
 */
export function isBelow(
  { id, attempts }: Pick<DeliveryView, 'id' | 'attempts'>,
  next: string | null,
): boolean {
  return next !== null && attempts === 0 && id < next;
}

/** Whether a delivery that has just happened belongs into a list: the rules of the API, here. Pure. */
export function isWanted(filters: Filters, delivery: DeliveryView, now: number): boolean {
  const { endpoint, event, record, state, status, since, until, text } = filters;
  const at = Date.parse(placeOf(delivery));
  return (
    (endpoint === undefined || delivery.endpointId === endpoint) &&
    (event === undefined || delivery.eventName === event) &&
    (record === undefined || isRecord(record, delivery)) &&
    (state === undefined || delivery.state === state) &&
    (status === undefined || hasStatus(status, delivery)) &&
    (since === undefined || at >= (momentOf(since, now) ?? 0)) &&
    (until === undefined || at <= (momentOf(until, now) ?? Number.POSITIVE_INFINITY)) &&
    (text === undefined || `${delivery.id} ${delivery.eventId}`.includes(text.toLowerCase()))
  );
}

/** Where a delivery stands in time: its latest attempt, or itself before the first one. Pure. */
export const placeOf = ({ lastAttemptAt, createdAt }: DeliveryView): string => lastAttemptAt ?? createdAt;

function isRecord(record: string, { resource, recordKey }: DeliveryView): boolean {
  return resource !== null && (record === resource || record === `${resource}:${recordKey}`);
}

function hasStatus(status: string, { attempts, lastStatus }: DeliveryView): boolean {
  if (status === 'none') return attempts > 0 && lastStatus === null;
  return status.endsWith('xx')
    ? String(lastStatus).startsWith(status[0] ?? '')
    : String(lastStatus) === status;
}
