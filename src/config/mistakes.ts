import type { z } from 'zod';
import { mostSimilar } from '../wire/similar.ts';
import { knownKeys } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** One line for each mistake: `delivery.timeoutMs: expected a whole number, found "soon"`. */
export function describeIssues(issues: readonly Issue[], input: unknown): string[] {
  return issues.flatMap((issue) => describeIssue(issue, input));
}

function describeIssue(issue: Issue, input: unknown): string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  return [`${path || 'config'}: expected ${expected(issue)}, found ${found(issue.path, input)}`];
}

function unknownKey(path: string, key: string): string {
  const known = knownKeys[path] ?? [];
  const similar = mostSimilar(key, known);
  const help = similar ? `did you mean ${similar}?` : `expected one of ${known.join(', ')}`;
  return `${path ? `${path}.` : ''}${key}: there is no such key; ${help}`;
}

function expected(issue: Exclude<Issue, { code: 'unrecognized_keys' }>): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  array: 'a list',
  object: 'an object',
};

/** The value as it was written. Not below `database`: there it may hold a password. */
function found(path: readonly PropertyKey[], input: unknown): string {
  let value = input;
  for (const key of path) {
    if (typeof value === 'object' && value !== null) value = (value as Record<PropertyKey, unknown>)[key];
  }
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (path[0] === 'database' && typeof value === 'string') return 'another text';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
