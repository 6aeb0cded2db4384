/** A table as the catalog names it, taken apart. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** `people` is `public.people`. */
export function parseTable(table: string): TableName {
  const dot = table.indexOf('.');
  return dot < 0
    ? { schema: 'public', name: table }
    : { schema: table.slice(0, dot), name: table.slice(dot + 1) };
}

/** `"id"`, whatever the name holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `'it''s'`, as a literal that means the same under every setting. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** `"public"."people"`: the one spelling of a table in SQL and in rowhook.capture. */
export function quoteTable(table: string): string {
  const { schema, name } = parseTable(table);
  return `${quoteName(schema)}.${quoteName(name)}`;
}
