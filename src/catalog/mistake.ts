/**
 * What can be wrong in a config or a catalog. A code never changes its meaning; docs/errors.md lists the same ones, which a test
 * compares.
 */
export const mistakeCodes = {
  value_missing: 'Something that must be there is not.',
  type_wrong: 'A value is of another type.',
  value_wrong: 'A value is not one of those that are possible.',
  key_unknown: 'There is no such key.',
  field_name_invalid: 'A payload cannot have a key of this name.',
  fields_missing: 'A payload would be empty.',
  column_excluded: 'A payload or an event shows a column that must not leave.',
  association_cycle: 'The associations of a payload lead back to where they began, or go down without end.',
  resource_unknown: 'There is no resource of this name.',
  part_unknown: 'The resource has no such part.',
  event_name_invalid: 'An event cannot have this name.',
  event_duplicate: 'Two events have one name.',
  key_conflict: 'Two resources say different keys of one table.',
  link_uneven: 'A link compares more columns on one side than on the other.',
  dialect_unknown: 'There is no such dialect, or its header prefix is none.',
  url_invalid: 'The text is not a URL of the kind that is needed.',
} as const;

export type MistakeCode = keyof typeof mistakeCodes;

/** One mistake of a config or a catalog, as a value. */
export interface Mistake {
  readonly code: MistakeCode;
  /** Where, e.g. `resources.person.fields.id.format`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** All of it in a line. */
  readonly text: string;
}

export function mistake(code: MistakeCode, path: string, expected: string, found: string): Mistake {
  return {
    code,
    path,
    expected,
    found,
    text: `${path ? `${path}: ` : ''}expected ${expected}, found ${found}`,
  };
}

/** A value as it was written, short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Undefined where something of a wrong form was met: nothing can be said of what surrounds it. */
export function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** An object that is no list. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
