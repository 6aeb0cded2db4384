/** A table as the catalog names it, taken apart. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** A name in double quotes, with quotes within doubled; or one without quotes and dots. */
const part = `(?:"((?:[^"]|"")+)"|([^".]+))`;
const form = new RegExp(`^${part}(?:\\.${part})?$`);

/** Postgres cuts longer names. */
const longestName = 63;

/** Whether a text names a table: `people`, `crm.people`, `"odd.schema"."Odd ""name"""`. */
export function isTableName(text: string): boolean {
  const parts = readParts(text);
  return parts?.every((name) => Buffer.byteLength(name) <= longestName) ?? false;
}

function readParts(text: string): string[] | undefined {
  const [found, ...groups] = form.exec(text) ?? [];
  if (found === undefined) return undefined;
  const names = [
    groups[0]?.replaceAll('""', '"') ?? groups[1],
    groups[2]?.replaceAll('""', '"') ?? groups[3],
  ];
  return names.filter((name) => name !== undefined);
}

/** `people` is `public.people`. Names are taken as they are: `People` is not `people`. */
export function parseTable(table: string): TableName {
  const [first = table, second] = readParts(table) ?? [];
  return second === undefined ? { schema: 'public', name: first } : { schema: first, name: second };
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

/** `public.people` for `"public"."people"`, where the name needs no quotes: for eyes. */
export function plainTable(quoted: string): string {
  return quoted.replace(/"([a-z_][a-z0-9_]*)"/g, '$1');
}
