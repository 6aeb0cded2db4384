import { z } from 'zod';
import { mostSimilar } from '../similar.ts';
import { type Mistake, mistake, shown } from './mistake.ts';

type Issue = z.core.$ZodIssue;

/** An object without other keys; whoever names another one hears which there are. */
export function strict<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : undefined),
  });
}

/**
 * What zod found as mistakes of ours.
 * @param input the value that was parsed, of which each mistake repeats what was found
 * @param secret paths whose values are not repeated
 */
export function mistakesOf(
  issues: readonly Issue[],
  input: unknown,
  secret: (path: readonly PropertyKey[]) => boolean = () => false,
): Mistake[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      const known = issue.message.split(', ');
      return issue.keys.map((key) => unknownKey(path ? `${path}.${key}` : key, key, known));
    }
    const value = valueAt(input, issue.path);
    const found = secret(issue.path) && typeof value === 'string' ? 'another text' : shown(value);
    return [mistake(codeOf(issue, value), path, expectedOf(issue), found)];
  });
}

function unknownKey(path: string, key: string, known: readonly string[]): Mistake {
  const similar = mostSimilar(key, known);
  const help = similar ? `did you mean ${similar}?` : `expected one of ${known.join(', ')}`;
  const expected = similar ?? `one of ${known.join(', ')}`;
  return { code: 'key_unknown', path, expected, found: key, text: `${path}: there is no such key; ${help}` };
}

function codeOf(issue: Issue, value: unknown): 'value_missing' | 'type_wrong' | 'value_wrong' {
  if (value === undefined) return 'value_missing';
  return issue.code === 'invalid_type' ? 'type_wrong' : 'value_wrong';
}

function expectedOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'too_small':
      return issue.origin === 'array' ? 'a list with something in it' : `at least ${issue.minimum}`;
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
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
