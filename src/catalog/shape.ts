import { z } from 'zod';
import { strict } from './issues.ts';
import type { FunctionSource, HttpSource } from './source.ts';
import { isTableName } from './table-name.ts';

/*
 * The form of a catalog, as TypeScript would check it: what is written in JavaScript or JSON gets the same answers. What the parts
 * must be to each other is in validate.ts.
 */

/** What Postgres would cut, or could not take, would be another name there. */
const column = z
  .string()
  .refine((text) => text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= 63, {
    error: 'the name of a column (at most 63 bytes)',
  });
const plainText = z.string().refine((text) => !text.includes('\0'), { error: 'a text without a NUL' });
const columns = z.array(column).min(1);
const table = z.string().refine(isTableName, {
  error: 'the name of a table, like people, crm.people or "odd.schema"."Odd name"',
});
const name = z.string().min(1, { error: 'a name' });

const value = z.union([plainText, z.int(), z.number(), z.boolean(), z.null()]);
const values = z.union([value, z.array(value).min(1)]);
const condition = z.union([value, z.array(value).min(1), strict({ not: values })], {
  error: 'a value, a list of values, or { not: … }',
});
const conditions = z.record(z.string(), condition);

const someColumns = z.union([z.literal('*'), columns], { error: 'a list of columns, or "*"' });
const linkColumns = z.union([column, columns], { error: 'the name of a column, or a list of them' });

const format = z.union(
  [
    z.enum(['text', 'json', 'flag', 'timestamp', 'number', 'base64']),
    strict({ places: z.int().min(0).max(20) }),
  ],
  { error: 'text, json, flag, timestamp, number, base64, or { places: 0 to 20 }' },
);
const columnField = strict({ kind: z.literal('column'), column: column.optional(), format });
const constantField = strict({
  kind: z.literal('constant'),
  value: z.union([plainText, z.number(), z.boolean(), z.null()], {
    error: 'a text, a number, true, false or null',
  }),
});
const deletedAtField = strict({ kind: z.literal('deleted_at'), column: column.optional() });
const objectField = strict({
  kind: z.literal('object'),
  get fields(): z.ZodType {
    return fields;
  },
});

const through = strict({ table, to: linkColumns, from: linkColumns, where: conditions.optional() });
const order = z.union(
  [
    column,
    strict({
      column,
      direction: z.enum(['asc', 'desc']).optional(),
      nulls: z.enum(['first', 'last']).optional(),
      of: z.literal('through').optional(),
    }),
  ],
  { error: 'a column, or { column, direction, nulls, of }' },
);
const link = {
  table,
  from: linkColumns,
  to: linkColumns,
  through: through.optional(),
  where: conditions.optional(),
};
const oneField: z.ZodType = strict({
  kind: z.literal('one'),
  ...link,
  orderBy: z.array(order).optional(),
  get fields(): z.ZodType {
    return shownFields;
  },
});
const manyField: z.ZodType = strict({
  kind: z.literal('many'),
  ...link,
  orderBy: z.array(order).min(1),
  limit: z.int().min(1).optional(),
  get fields(): z.ZodType {
    return shownFields;
  },
});
const choiceField: z.ZodType = strict({
  kind: z.literal('choice'),
  column,
  cases: z.record(z.string(), oneField),
});

const byKind: Readonly<Record<string, z.ZodType>> = {
  column: columnField,
  constant: constantField,
  object: objectField,
  deleted_at: deletedAtField,
  one: oneField,
  many: manyField,
  choice: choiceField,
};

/** A union by `kind` whose mistakes are those of the one kind that was meant. */
const field: z.ZodType = z.unknown().superRefine((given, context) => {
  const kind = (given as { kind?: unknown } | null)?.kind;
  const shape = typeof kind === 'string' && Object.hasOwn(byKind, kind) ? byKind[kind] : undefined;
  if (!shape) {
    context.addIssue({ code: 'custom', message: `a field: made by text(), json(), one() …`, input: given });
    return;
  }
  const { error } = shape.safeParse(given);
  for (const issue of error?.issues ?? []) context.addIssue(issue as Parameters<typeof context.addIssue>[0]);
});
const fields: z.ZodType = z.record(z.string(), field);
const shownFields: z.ZodType = z.unknown().superRefine((given, context) => {
  const bare = typeof (given as { kind?: unknown } | null)?.kind === 'string';
  const { error } = (bare ? columnField : fields).safeParse(given);
  for (const issue of error?.issues ?? []) context.addIssue(issue as Parameters<typeof context.addIssue>[0]);
});

const tenant: z.ZodType = z.union(
  [
    column,
    strict({
      from: column,
      table,
      to: column,
      get tenant(): z.ZodType {
        return tenant;
      },
    }),
  ],
  { error: 'a column, or { from, table, to, tenant }' },
);

const source = z.custom<HttpSource | FunctionSource>(
  (given) => {
    const { kind, url, load } = (given ?? {}) as Record<string, unknown>;
    return kind === 'http' ? typeof url === 'string' : kind === 'function' && typeof load === 'function';
  },
  { error: 'a source made by fromHttp() or fromFunction()' },
);

const resource = strict({
  table,
  key: columns.optional(),
  fields,
  deletedFields: fields.optional(),
  source: source.optional(),
  parts: z
    .array(
      strict({ table, from: column, to: column, key: columns.optional(), columns: someColumns.optional() }),
    )
    .optional(),
  softDelete: column.optional(),
  tenant: tenant.optional(),
  exclude: columns.optional(),
});

const event = {
  resource: name,
  per: z.enum(['transaction', 'change']).optional(),
  when: strict({ old: conditions.optional(), new: conditions.optional() }).optional(),
};
const eventsByOn: Readonly<Record<string, z.ZodType>> = {
  insert: strict({ ...event, on: z.literal('insert') }),
  delete: strict({ ...event, on: z.literal('delete') }),
  update: strict({ ...event, on: z.literal('update'), columns: someColumns.optional() }),
  transition: strict({
    ...event,
    on: z.literal('transition'),
    part: table.optional(),
    transition: strict({ column, from: condition.optional(), to: condition.optional() }),
  }),
  assign: strict({ ...event, on: z.literal('assign'), part: table }),
  unassign: strict({ ...event, on: z.literal('unassign'), part: table }),
  truncate: strict({ resource: name, on: z.literal('truncate') }),
};
const eventDefinition = z.unknown().superRefine((given, context) => {
  const on = (given as { on?: unknown } | null)?.on;
  const shape = typeof on === 'string' && Object.hasOwn(eventsByOn, on) ? eventsByOn[on] : undefined;
  if (!shape) {
    const kinds = Object.keys(eventsByOn).join(', ');
    context.addIssue({ code: 'custom', message: `one of ${kinds}`, path: ['on'], input: on });
    return;
  }
  const { error } = shape.safeParse(given);
  for (const issue of error?.issues ?? []) context.addIssue(issue as Parameters<typeof context.addIssue>[0]);
});

export const catalogShape = strict({
  name,
  dialect: z.string(),
  timestamps: z.enum(['iso', 'sql', 'unix']),
  priority: z.enum(['normal', 'low']).optional(),
  resources: z.record(z.string(), resource),
  events: z.record(z.string(), eventDefinition),
});
