import { type Json, part } from '../../demo/json.ts';

/*
 * How the demo, as a receiver, understands an event: which record it speaks of, and where that record's GET is.
 * Written from the specification, and independent of rowhook's own catalog.
 */

/** Families of events whose body is that of a GET, with the path of it. */
const pathsByFamily: Readonly<Record<string, string>> = {
  campaign: 'campaigns',
  contribution_batch: 'contribution-batches',
  contribution: 'contributions',
  person: 'people',
  person_address: 'addresses',
  person_email: 'emails',
  person_phone: 'phones',
  person_relation: 'relationships',
  recurring: 'recurrings',
  tag_category: 'tag-categories',
  tag: 'tags',
};

const pathsByModel: Readonly<Record<string, string>> = {
  Person: 'people',
  Campaign: 'campaigns',
  Contribution: 'contributions',
  ContributionBatch: 'contribution-batches',
  Recurring: 'recurrings',
  PersonAddress: 'addresses',
  PersonEmail: 'emails',
  PersonPhone: 'phones',
};

/** Where the tagged records of this kind are; undefined for kinds that the API does not offer. */
export const pathOfModel = (model: string): string | undefined => pathsByModel[model];

const full = ['create', 'update', 'delete'];
const actions: ReadonlyArray<readonly [family: string, actions: readonly string[]]> = [
  ['campaign', full],
  ['contribution_batch', ['create', 'update']],
  ['contribution', ['create', 'update']],
  ['person', full],
  ['person_address', full],
  ['person_email', full],
  ['person_phone', full],
  ['person_relation', full],
  ['person_type', ['assign', 'unassign']],
  ['recurring', [...full, 'cancel', 'reactivate']],
  ['tag_category', full],
  ['tag', [...full, 'assign', 'unassign']],
];

/** The 37 events, and the ping. */
export const eventNames: readonly string[] = [
  ...actions.flatMap(([family, names]) => names.map((action) => `${family}_${action}`)),
  'ping',
];

/** What an event speaks of. */
export type Subject =
  | { readonly kind: 'ping' }
  | { readonly kind: 'record'; readonly path: string; readonly deleted: boolean }
  | { readonly kind: 'person type' }
  | { readonly kind: 'tag link' };

export function subjectOf(event: string): Subject {
  if (event === 'ping') return { kind: 'ping' };
  const [, family = '', action = ''] = /^(\w+)_([a-z]+)$/.exec(event) ?? [];
  if (action === 'assign' || action === 'unassign') {
    return { kind: family === 'person_type' ? 'person type' : 'tag link' };
  }
  const segment = pathsByFamily[family];
  if (!segment) throw new Error(`the demo knows no event ${event}`);
  return { kind: 'record', path: segment, deleted: action === 'delete' };
}

/** The record that a delivery's body is of: its id, or `person/type`, or `tag/model/key`. */
export function keyOf(event: string, body: Json | undefined): string {
  const text = (...keys: string[]): string => String(part(body, ...keys) ?? '?');
  switch (subjectOf(event).kind) {
    case 'ping':
      return text('hook', 'id');
    case 'record':
      return text('id');
    case 'person type':
      return `${text('person', 'id')}/${text('person_type', 'id')}`;
    case 'tag link':
      return `${text('tag', 'id')}/${text('model')}/${text('foreign_key')}`;
  }
}
