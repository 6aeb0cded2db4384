import type { Problem } from '../../../../src/admin/shapes/common.ts';
import type { FieldName } from './submission.ts';

const names: ReadonlySet<string> = new Set<FieldName>([
  'url',
  'events',
  'description',
  'tenant',
  'secret',
  'dialect',
  'concurrency',
  'rate',
  'timeoutMs',
  'schedule',
  'ordering',
  'headers',
  'clientCertificate',
  'clientKey',
  'ca',
  'proxy',
]);

/** The field that a problem is about: of `events[2]`, `schedule.3` or `headers[0][1]` the first word; null: none of the form. */
export function fieldOf({ where }: Pick<Problem, 'where'>): FieldName | null {
  const [word = ''] = /^[A-Za-z]+/.exec(where ?? '') ?? [];
  return names.has(word) ? (word as FieldName) : null;
}
