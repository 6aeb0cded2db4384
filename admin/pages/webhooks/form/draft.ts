import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { choiceOf, type EventChoice, everyEvent } from './event-choice.ts';
import { scheduleText } from './schedule.ts';

/** One of an endpoint's own headers in the form. */
export interface HeaderDraft {
  /** Tells rows apart while they are edited. */
  readonly key: number;
  readonly name: string;
  /** Null: the value that it has stays; it is not known here. */
  readonly value: string | null;
}

/** What can be put in the place of something that is never shown: `keep` what there is, `none`, or a new text. */
export interface HiddenDraft {
  readonly kind: 'keep' | 'none' | 'new';
  readonly text: string;
}

/** The form as somebody fills it in: numbers are texts until it is sent. */
export interface Draft {
  readonly url: string;
  readonly description: string;
  readonly events: EventChoice;
  /** Create only. `unsaid`: nothing was chosen yet. */
  readonly tenant: { readonly kind: 'unsaid' | 'all' | 'one'; readonly id: string };
  /** Create only. */
  readonly secret: { readonly kind: 'made' | 'own' | 'none'; readonly text: string };
  readonly concurrency: string;
  readonly rate: string;
  /** Seconds. */
  readonly timeout: string;
  readonly ordering: 'none' | 'record';
  readonly schedule: { readonly kind: 'default' | 'none' | 'own'; readonly text: string };
  /** `sealed`: nobody here can tell which there are; they stay. */
  readonly headers: readonly HeaderDraft[] | 'sealed';
  /** Empty: the catalog's. */
  readonly dialect: string;
  readonly clientCertificate: HiddenDraft & { readonly keyText: string };
  readonly ca: HiddenDraft;
  readonly proxy: HiddenDraft;
}

const nothing: HiddenDraft = { kind: 'none', text: '' };
const kept: HiddenDraft = { kind: 'keep', text: '' };

/** The form of a new endpoint: a secret is made for it, and nothing else is said. */
export const emptyDraft: Draft = {
  url: '',
  description: '',
  events: choiceOf([]),
  tenant: { kind: 'unsaid', id: '' },
  secret: { kind: 'made', text: '' },
  concurrency: '',
  rate: '',
  timeout: '',
  ordering: 'none',
  schedule: { kind: 'default', text: '' },
  headers: [],
  dialect: '',
  clientCertificate: { ...nothing, keyText: '' },
  ca: nothing,
  proxy: nothing,
};

/** The form of an endpoint that there is. */
export function draftOf(endpoint: EndpointView): Draft {
  return {
    url: endpoint.url,
    description: endpoint.description,
    events: choiceOf(endpoint.events),
    tenant: endpoint.tenant === null ? { kind: 'all', id: '' } : { kind: 'one', id: endpoint.tenant },
    secret: { kind: endpoint.hasSecret ? 'own' : 'none', text: '' },
    concurrency: endpoint.concurrency?.toString() ?? '',
    rate: endpoint.rate?.toString() ?? '',
    timeout: endpoint.timeoutMs === null ? '' : String(endpoint.timeoutMs / 1_000),
    ordering: endpoint.ordering,
    schedule: scheduleDraft(endpoint.schedule),
    headers:
      endpoint.headers === 'sealed'
        ? 'sealed'
        : endpoint.headers.map((name, key) => ({ key, name, value: null })),
    dialect: endpoint.dialect ?? '',
    clientCertificate: { ...(endpoint.clientCertificate === null ? nothing : kept), keyText: '' },
    ca: endpoint.ca === null ? nothing : kept,
    proxy: endpoint.proxy === null ? nothing : kept,
  };
}

function scheduleDraft(schedule: readonly number[] | null): Draft['schedule'] {
  if (schedule === null) return { kind: 'default', text: '' };
  if (schedule.length === 0) return { kind: 'none', text: '' };
  return { kind: 'own', text: scheduleText(schedule) };
}

/** Whether two forms say the same. What rests (events beside `*`, a text that is not chosen) does not count. */
export function sameDraft(a: Draft, b: Draft): boolean {
  return JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
}

function comparable(draft: Draft) {
  const { events, tenant, secret, schedule, headers, clientCertificate, ca, proxy, ...rest } = draft;
  const hidden = ({ kind, text }: HiddenDraft) => (kind === 'new' ? text.trim() : kind);
  return {
    ...rest,
    events: events.all ? [everyEvent] : [...events.chosen].sort(),
    tenant: tenant.kind === 'one' ? tenant : tenant.kind,
    secret: secret.kind === 'own' ? secret.text : secret.kind,
    schedule: schedule.kind === 'own' ? schedule.text : schedule.kind,
    headers: headers === 'sealed' ? headers : headers.map(({ name, value }) => [name, value]),
    clientCertificate: [
      hidden(clientCertificate),
      clientCertificate.kind === 'new' ? clientCertificate.keyText : '',
    ],
    ca: hidden(ca),
    proxy: hidden(proxy),
  };
}

export type DialectView = CatalogView['dialects'][number];

/** What begins the name of a dialect with headers of one's own. */
export const prefixMark = 'prefix:';

/** What is known of the dialect that an endpoint speaks. One with a prefix of its own signs in one place, and has the default schedule. */
export function dialectOf(catalog: CatalogView, name: string | null): DialectView {
  const wanted = name || catalog.dialect;
  const found = catalog.dialects.find((dialect) => dialect.name === wanted);
  if (found) return found;
  const schedule = catalog.dialects.find((dialect) => dialect.name === 'standard')?.schedule ?? [];
  return {
    name: wanted,
    requiresTls: false,
    requiresSecret: false,
    overlapsSecrets: false,
    hasPing: true,
    schedule,
  };
}
