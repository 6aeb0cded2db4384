import { z } from 'zod';

/*
 * The kinds of values that a client may write. Numbers are accepted as the decimal strings that the bodies show,
 * and as JSON numbers.
 */
const decimal = (pattern: RegExp, form: string) =>
  z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(z.string().regex(pattern, `must be ${form}`));

export const id = decimal(/^[1-9]\d{0,17}$/, 'an id');
export const count = decimal(/^\d{1,9}$/, 'a whole number');
export const money = decimal(/^\d{1,10}(\.\d{1,2})?$/, 'an amount with at most two places');
export const coordinate = decimal(/^-?\d{1,3}(\.\d{1,6})?$/, 'a coordinate with at most six places');
export const text = z.string();
const flag = z.boolean();
export const date = z.iso.date();
const timestamp = z.iso.datetime({ offset: true });
/** The flags that bodies show as "1" and "0"; Postgres reads these as boolean. */
const digit = z.enum(['0', '1']);

/** Columns that may be left out, or set to null. */
export const maybe = {
  id: id.nullable().optional(),
  count: count.nullable().optional(),
  money: money.nullable().optional(),
  coordinate: coordinate.nullable().optional(),
  text: text.nullable().optional(),
  date: date.nullable().optional(),
  timestamp: timestamp.nullable().optional(),
};
/** Columns that may be left out. */
export const may = {
  id: id.optional(),
  count: count.optional(),
  money: money.optional(),
  text: text.optional(),
  flag: flag.optional(),
  digit: digit.optional(),
};
