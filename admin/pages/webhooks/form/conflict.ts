import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { type Draft, draftOf } from './draft.ts';

/** The parts of a form that can be told apart when two people change one endpoint. */
export const draftFields = [
  'url',
  'description',
  'events',
  'dialect',
  'concurrency',
  'rate',
  'timeout',
  'ordering',
  'schedule',
  'headers',
  'clientCertificate',
  'ca',
  'proxy',
] as const satisfies ReadonlyArray<keyof Draft>;
export type DraftField = (typeof draftFields)[number];

/** What somebody else changed meanwhile. */
export interface TheirChange {
  readonly field: DraftField;
  readonly was: string;
  readonly is: string;
  /** This form changes it too, to something else. */
  readonly clashes: boolean;
}

/** What can be shown of an endpoint's field, as a text; of what is hidden, what is public of it. */
export type Shown = (field: DraftField, endpoint: EndpointView) => string;

/**
 * What somebody else changed between two versions of an endpoint, and where that meets what this form changes. Pure.
 * @param before as the form began with; `now` as it is; `mine` the form
 */
export function theirChanges(
  before: EndpointView,
  now: EndpointView,
  mine: Draft,
  shown: Shown,
): TheirChange[] {
  const base = draftOf(before);
  return draftFields.flatMap((field) => {
    const [was, is] = [shown(field, before), shown(field, now)];
    if (was === is) return [];
    return [
      { field, was, is, clashes: !sameField(field, base, mine) && !sameField(field, draftOf(now), mine) },
    ];
  });
}

/** The form on top of what is there now: what was changed here stays, all else is as somebody else left it. */
export function rebased(before: EndpointView, now: EndpointView, mine: Draft): Draft {
  const base = draftOf(before);
  const theirs = draftOf(now);
  const merged: Draft = { ...mine };
  for (const field of draftFields) {
    if (sameField(field, base, mine)) Object.assign(merged, { [field]: theirs[field] });
  }
  return merged;
}

/** Whether a field is the same in two forms; sets by what is in them, keys of rows left out. */
export function sameField(field: DraftField, a: Draft, b: Draft): boolean {
  return plain(field, a) === plain(field, b);
}

function plain(field: DraftField, draft: Draft): string {
  if (field === 'events') return draft.events.all ? '*' : [...draft.events.chosen].sort().join(' ');
  if (field === 'headers') {
    return draft.headers === 'sealed'
      ? 'sealed'
      : JSON.stringify(draft.headers.map(({ name, value }) => [name, value]));
  }
  return JSON.stringify(draft[field]);
}
