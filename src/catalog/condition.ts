import { quoteLiteral } from './table-name.ts';
import type { ColumnValue, Condition } from './types.ts';

/** A condition as lists: the value must be one of them, or none of them. */
interface Test {
  readonly values: readonly ColumnValue[];
  readonly not: boolean;
}

function testOf(condition: Condition): Test {
  if (isList(condition)) return { values: condition, not: false };
  if (typeof condition !== 'object' || condition === null) return { values: [condition], not: false };
  const { not } = condition as { not: ColumnValue | readonly ColumnValue[] };
  return { values: isList(not) ? not : [not], not: true };
}

function isList(value: unknown): value is readonly ColumnValue[] {
  return Array.isArray(value);
}

/**
 * Whether a column's text, as a change holds it, meets a condition. Pure.
 * @param text null for SQL's null; undefined when nobody knows it, which meets nothing
 */
export function meets(text: string | null | undefined, condition: Condition): boolean {
  if (text === undefined) return false;
  const { values, not } = testOf(condition);
  return values.some((value) => isValue(text, value)) !== not;
}

function isValue(text: string | null, value: ColumnValue): boolean {
  if (text === null || value === null) return text === value;
  // numeric(12,2) says 5.00 where a catalog says 5.
  if (typeof value === 'number') return text.trim() !== '' && Number(text) === value;
  return text === String(value);
}

/** The same as SQL on a column, `"t"."state"`, whose type the literals take. */
export function conditionSql(column: string, condition: Condition): string {
  const { values, not } = testOf(condition);
  const literals = values
    .filter((value) => value !== null)
    .map((value) => quoteLiteral(String(value)))
    .join(', ');
  const hasNull = values.includes(null);
  const among = [
    ...(literals ? [`${column} in (${literals})`] : []),
    ...(hasNull ? [`${column} is null`] : []),
  ];
  const any = among.length === 0 ? 'false' : among.length === 1 ? among[0]! : `(${among.join(' or ')})`;
  return not ? `(${any}) is not true` : any;
}
