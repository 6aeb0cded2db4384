import type { EndpointCreate, EndpointPatchView } from '../../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { type Draft, dialectOf, type HeaderDraft, sameDraft } from './draft.ts';
import { eventsOf } from './event-choice.ts';
import { parseSchedule, type ScheduleProblem } from './schedule.ts';

/** The fields that something can be wrong with, as the server calls them. */
export type FieldName = Exclude<keyof EndpointCreate, undefined>;

/** What is wrong with a field before the server is asked: a word for it, of which texts make a sentence. */
export type FieldFault =
  | {
      readonly kind:
        | 'missing'
        | 'number'
        | 'whole'
        | 'tls'
        | 'twice'
        | 'name'
        | 'value'
        | 'key'
        | 'pem'
        | 'prefix';
    }
  | { readonly kind: 'range'; readonly least: number; readonly most: number }
  | { readonly kind: 'schedule'; readonly problem: ScheduleProblem };

export type Faults = ReadonlyMap<FieldName, FieldFault>;

/** What the server is told of the form, or what is wrong with it. Pure. */
export interface Submission {
  readonly input: EndpointCreate;
  readonly faults: Faults;
}

/** Reads the whole form. Faults are those that can be told for sure here; everything else the server says. */
export function submissionOf(draft: Draft, catalog: CatalogView, creates: boolean): Submission {
  const faults = new Map<FieldName, FieldFault>();
  const fault = (field: FieldName, what: FieldFault) => {
    if (!faults.has(field)) faults.set(field, what);
  };
  const dialect = dialectOf(catalog, draft.dialect);
  const url = draft.url.trim();
  if (url === '') fault('url', { kind: 'missing' });
  else if (dialect.requiresTls && /^http:/i.test(url)) fault('url', { kind: 'tls' });
  const events = eventsOf(draft.events, catalog);
  if (events.length === 0) fault('events', { kind: 'missing' });
  if (/^prefix:\s*$/.test(draft.dialect)) fault('dialect', { kind: 'prefix' });

  const read = (field: FieldName, text: string, options: { least: number; most: number; whole: boolean }) => {
    const value = numberOf(text, options);
    if (value === null || typeof value === 'number') return value;
    fault(field, value);
    return null;
  };
  const seconds = read('timeoutMs', draft.timeout, { least: 0.1, most: 60, whole: false });
  const schedule = scheduleOf(draft.schedule);
  if (schedule && 'problem' in schedule) fault('schedule', { kind: 'schedule', problem: schedule.problem });
  // No retry is said by choosing it, never by leaving the text empty.
  if (draft.schedule.kind === 'own' && draft.schedule.text.trim() === '')
    fault('schedule', { kind: 'missing' });
  const headers =
    draft.headers === 'sealed'
      ? undefined
      : draft.headers.filter(({ name, value }) => name.trim() !== '' || (value ?? '') !== '');
  const headerFault = headers && headersFault(headers);
  if (headerFault) fault('headers', headerFault);
  for (const field of ['clientCertificate', 'ca', 'proxy'] as const) {
    if (draft[field].kind === 'new' && draft[field].text.trim() === '') fault(field, { kind: 'missing' });
  }
  const { clientCertificate: shown } = draft;
  if (shown.kind === 'new' && shown.keyText.trim() === '') fault('clientKey', { kind: 'key' });

  const input: EndpointCreate = {
    url,
    events,
    description: draft.description.trim(),
    dialect: draft.dialect === '' ? null : draft.dialect,
    concurrency: read('concurrency', draft.concurrency, { least: 1, most: 1_000, whole: true }),
    rate: read('rate', draft.rate, { least: 0.001, most: 10_000, whole: false }),
    timeoutMs: seconds === null ? null : Math.round(seconds * 1_000),
    schedule: schedule && 'delaysMs' in schedule ? schedule.delaysMs : null,
    ordering: draft.ordering,
    ...(headers
      ? { headers: headers.map(({ name, value }): [string, string | null] => [name.trim(), value]) }
      : {}),
    ...hiddenPart('clientCertificate', shown.kind, shown.text),
    ...hiddenPart('clientKey', shown.kind, shown.keyText),
    ...hiddenPart('ca', draft.ca.kind, draft.ca.text),
    ...hiddenPart('proxy', draft.proxy.kind, draft.proxy.text.trim()),
  };
  if (!creates) return { input, faults };
  return { input: { ...input, ...createPart(draft, catalog, dialect.requiresSecret, fault) }, faults };
}

function createPart(
  { tenant, secret }: Draft,
  { hasTenants }: CatalogView,
  requiresSecret: boolean,
  fault: (field: FieldName, what: FieldFault) => void,
): Pick<EndpointCreate, 'tenant' | 'secret'> {
  if (hasTenants && (tenant.kind === 'unsaid' || (tenant.kind === 'one' && tenant.id.trim() === ''))) {
    fault('tenant', { kind: 'missing' });
  }
  if (secret.kind === 'own' && secret.text === '') fault('secret', { kind: 'missing' });
  if (secret.kind === 'none' && requiresSecret) fault('secret', { kind: 'value' });
  return {
    ...(hasTenants ? { tenant: tenant.kind === 'one' ? tenant.id.trim() : null } : {}),
    ...(secret.kind === 'made' ? {} : { secret: secret.kind === 'own' ? secret.text : null }),
  };
}

/** What the form changes of what it was before: nothing else is sent, so that nobody else's change is undone. */
export function patchOf(before: Draft, after: Draft, catalog: CatalogView): EndpointPatchView {
  if (sameDraft(before, after)) return {};
  const was = submissionOf(before, catalog, false).input;
  const is = submissionOf(after, catalog, false).input;
  return Object.fromEntries(
    Object.entries(is).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as FieldName]),
    ),
  );
}

function hiddenPart<Name extends FieldName>(name: Name, kind: 'keep' | 'none' | 'new', text: string) {
  if (kind === 'keep') return {};
  return { [name]: kind === 'none' ? null : text } as Partial<Record<Name, string | null>>;
}

function scheduleOf({ kind, text }: Draft['schedule']): ReturnType<typeof parseSchedule> | null {
  if (kind === 'default') return null;
  return kind === 'none' ? { delaysMs: [] } : parseSchedule(text);
}

function numberOf(
  text: string,
  { least, most, whole }: { least: number; most: number; whole: boolean },
): number | null | FieldFault {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return null;
  if (!/^\d+(\.\d+)?$/.test(plain)) return { kind: 'number' };
  const value = Number(plain);
  if (whole && !Number.isInteger(value)) return { kind: 'whole' };
  return value >= least && value <= most ? value : { kind: 'range', least, most };
}

function headersFault(headers: readonly HeaderDraft[]): FieldFault | undefined {
  const names = headers.map(({ name }) => name.trim().toLowerCase());
  if (names.includes('')) return { kind: 'name' };
  if (new Set(names).size < names.length) return { kind: 'twice' };
  return headers.some(({ value }) => value === '') ? { kind: 'value' } : undefined;
}
