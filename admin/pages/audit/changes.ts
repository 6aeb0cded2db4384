import { formatCount, formatDuration } from '../../data/format.ts';

/** A line of an entry: a value, what it was and is, or what came to a list and went from it. */
export type Change =
  | { field: string; kind: 'value'; value: string }
  | { field: string; kind: 'change'; before: string; after: string }
  | { field: string; kind: 'list'; added: string[]; removed: string[] };

/** What an audit entry's detail says, line by line: `changed` field by field, `before` and `after` as the state, the rest as it is. */
export function changesOf(detail: Readonly<Record<string, unknown>>): Change[] {
  const { changed, before, after, ...rest } = detail;
  const changes: Change[] = [];
  if (before !== undefined || after !== undefined) {
    changes.push(
      before === undefined || after === undefined
        ? {
            field: after === undefined ? 'stateBefore' : 'state',
            kind: 'value',
            value: textOf('state', after ?? before),
          }
        : changeOf('state', before, after),
    );
  }
  for (const [field, value] of Object.entries(isRecord(changed) ? changed : {})) {
    if (isRecord(value)) changes.push(changeOf(field, value.before, value.after));
    else changes.push({ field, kind: 'value', value: textOf(field, value) });
  }
  for (const [field, value] of Object.entries(rest)) {
    if (value !== null && value !== '') changes.push({ field, kind: 'value', value: textOf(field, value) });
  }
  return changes;
}

function changeOf(field: string, before: unknown, after: unknown): Change {
  if (isTexts(before) && isTexts(after)) {
    const added = after.filter((one) => !before.includes(one));
    const removed = before.filter((one) => !after.includes(one));
    if (added.length + removed.length > 0) return { field, kind: 'list', added, removed };
  }
  return { field, kind: 'change', before: textOf(field, before), after: textOf(field, after) };
}

/** What is in milliseconds. */
const durations = new Set(['timeoutMs', 'overlapMs', 'schedule']);

/** `''` stands for nothing: the page has a word for it. */
function textOf(field: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return durations.has(field) ? formatDuration(value) : formatCount(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((one) => textOf(field, one)).join(', ');
  if (isRecord(value) && typeof value.count === 'number') {
    return formatCount({ count: value.count, atLeast: value.atLeast === true });
  }
  return JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
