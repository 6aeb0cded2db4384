import { snakeCase } from './names.ts';
import type { SurveyedColumn, SurveyedTable } from './survey.ts';

/** The function of a config that writes a column: see docs/catalog.md. */
export type FieldFunction = 'text' | 'json' | 'timestamp' | 'base64';

/** Values that JSON can hold as they are, and that its readers do not round. */
const jsonTypes = ['int2', 'int4', 'float4', 'float8', 'bool', 'json', 'jsonb'];

/** How a column is best shown: bigint and numeric as text, of which no reader loses a digit. Pure. */
export function fieldFunction({ base, baseKind, array }: SurveyedColumn): FieldFunction {
  if (array || baseKind === 'c' || jsonTypes.includes(base)) return 'json';
  if (base === 'timestamptz' || base === 'timestamp') return 'timestamp';
  return base === 'bytea' ? 'base64' : 'text';
}

const secret =
  /(?:^|_)(?:password|passwd|passphrase|pwd|secret|token|api_?key|private_?key|access_?key|ssn|social_security|credit_card|card_number|cvv|cvc|otp|salt|encrypted)(?:_|$)/;

/** Whether a column's name sounds like something that must not leave. Pure. */
export const looksSecret = ({ name }: Pick<SurveyedColumn, 'name'>): boolean => secret.test(snakeCase(name));

const deletedMoments = [
  'deleted_at',
  'deletedat',
  'removed_at',
  'deleted_on',
  'removed_on',
  'discarded_at',
  'trashed_at',
];
const deletedFlags = ['is_deleted', 'deleted', 'isdeleted', 'is_removed', 'removed'];

/** The column by which rows are marked as deleted, if there is one. Pure. */
export function softDeleteColumn({ columns }: SurveyedTable): string | undefined {
  const found = columns.find(({ name, base, notNull, array }) => {
    const word = snakeCase(name);
    if (array) return false;
    if (base === 'bool') return deletedFlags.includes(word);
    return !notNull && ['timestamptz', 'timestamp', 'date'].includes(base) && deletedMoments.includes(word);
  });
  return found?.name;
}

const labels = [
  'name',
  'title',
  'label',
  'display_name',
  'full_name',
  'code',
  'slug',
  'subject',
  'email',
  'number',
];

/** What a person would call a row by: one column, besides the key. Pure. */
export function labelColumn({ columns, key = [] }: SurveyedTable): SurveyedColumn | undefined {
  for (const label of labels) {
    const found = columns.find((column) => snakeCase(column.name) === label && !looksSecret(column));
    if (found && !key.includes(found.name)) return found;
  }
  return undefined;
}
