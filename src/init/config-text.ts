import { quoteTable } from '../catalog/table-name.ts';
import type { Draft, DraftEnd, DraftField, DraftResource } from './draft.ts';

export interface ConfigFile {
  /** The catalog's name. */
  readonly name: string;
  readonly dialect: string;
  /** Written down as it is; undefined: the environment has it. */
  readonly databaseUrl: string | undefined;
  readonly version: string;
  readonly writtenAt: Date;
  /** Asked for by pattern, and not there: with the reason. */
  readonly skipped: ReadonlyArray<{ readonly table: string; readonly reason: string }>;
}

/** A config file in TypeScript. Pure: the same draft gives the same text. */
export function configText({ resources }: Draft, file: ConfigFile): string {
  const functions = new Set(resources.flatMap(functionsOf));
  const changes = resources.some(({ events }) => events.kind === 'changes');
  const imports = [...(changes ? ['changesOf'] : []), 'defineConfig', ...functions].sort();
  const tenants = resources.some(({ tenant }) => tenant !== undefined);
  return `import { ${imports.join(', ')} } from 'rowhook';

${comment(0, [
  `Written by \`rowhook init\` ${file.version} on ${file.writtenAt.toISOString().slice(0, 10)}, and yours from now on: names, fields and events may be changed. After a change,`,
  '`npx rowhook check` says what is wrong, and `npx rowhook migration` writes the migration for it.',
  '',
  'bigint and numeric are text, of which no reader loses a digit. Of a record only its own columns are shown.',
]).join('\n')}
export default defineConfig({
${databaseLines(file).join('\n')}
  catalog: {
    name: ${string(file.name)},
    dialect: ${string(file.dialect)},
    resources: {
${resources.flatMap((resource) => resourceLines(resource, tenants)).join('\n')}
    },
    events: [
${resources.map(eventLine).join('\n')}
    ],
  },
${file.skipped.length === 0 ? '' : `${comment(2, ['Not here:', ...file.skipped.map(({ table, reason }) => `${table} ${reason}`)]).join('\n')}\n`}});
`;
}

function databaseLines({ databaseUrl }: ConfigFile): string[] {
  if (databaseUrl !== undefined) return [`  database: ${string(databaseUrl)},`];
  return [
    '  // The database is that of $ROWHOOK_DATABASE_URL, else of $DATABASE_URL: its password does not belong here.',
  ];
}

function resourceLines(resource: DraftResource, tenants: boolean): string[] {
  const { table, key, softDelete, tenant, exclude, exposed, fields, ends, references } = resource;
  const usualKey = key.length === 1 && key[0] === 'id';
  return [
    ...(table.hasChildren
      ? ['      // Other tables inherit from this one: their rows are records of this resource too.']
      : []),
    `      ${property(resource.name)}: {`,
    `        table: ${string(tableName(table.quoted))},`,
    ...(usualKey ? [] : [`        key: ${list(key)},`]),
    ...(tenant === undefined ? [] : [`        tenant: ${string(tenant)},`]),
    ...(tenants && tenant === undefined
      ? [
          '        // It has no such column as the tenant of others: only endpoints of all tenants hear of it.',
        ]
      : []),
    ...(softDelete === undefined
      ? []
      : [
          '        // Once this is set the record counts as deleted.',
          `        softDelete: ${string(softDelete)},`,
        ]),
    ...(exclude.length === 0
      ? []
      : [
          '        // These look secret: they never leave the database.',
          `        exclude: ${list(exclude)},`,
        ]),
    ...exposed.map(
      (column) =>
        `        // ${inLine(column)} looks secret, but is part of the key, which every event shows.`,
    ),
    '        fields: {',
    ...fields.map((field) => `          ${fieldText(field)}, // ${inLine(field.type)}`),
    ...ends.map((end) => `          ${endText(end)},`),
    ...(references.length === 0 ? [] : ['          // Records that it refers to can be shown too:']),
    ...references.map((end) => `          // ${inLine(endText(end))},`),
    '        },',
    '      },',
  ];
}

function eventLine({ name, events }: DraftResource): string {
  if (events.kind === 'changes') return `      ...changesOf(${string(name)}),`;
  return [
    `      { name: ${string(events.assign)}, resource: ${string(name)}, on: 'insert' },`,
    `      { name: ${string(events.unassign)}, resource: ${string(name)}, on: 'delete' },`,
  ].join('\n');
}

function fieldText({ name, column, function: write }: DraftField): string {
  return `${property(name)}: ${write}(${name === column ? '' : string(column)})`;
}

function endText({ name, table, from, to, fields }: DraftEnd): string {
  const link = `{ from: ${oneOrList(from)}, to: ${oneOrList(to)} }`;
  return `${property(name)}: one(${string(tableName(table))}, ${link}, { ${fields.map(fieldText).join(', ')} })`;
}

function functionsOf({ fields, ends }: DraftResource): string[] {
  const shown = ends.flatMap((end) => end.fields);
  return [...[...fields, ...shown].map((field) => field.function), ...(ends.length > 0 ? ['one'] : [])];
}

/** As short as a catalog may name it: `people`, `crm.people`, or in quotes where it needs them. */
function tableName(quoted: string): string {
  const [, schema, name] = /^"([a-z_][a-z0-9_]*)"\."([a-z_][a-z0-9_]*)"$/.exec(quoted) ?? [];
  const short = schema === 'public' ? name : `${schema}.${name}`;
  return schema !== undefined && short !== undefined && quoteTable(short) === quoted ? short : quoted;
}

const list = (names: readonly string[]): string => `[${names.map(string).join(', ')}]`;

const oneOrList = (names: readonly string[]): string =>
  names.length === 1 ? string(names[0]!) : list(names);

const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : string(name));

/** A text as JavaScript has it. */
const string = (text: string): string =>
  /['\\\p{C}\u2028\u2029]/u.test(text) ? JSON.stringify(text) : `'${text}'`;

/** What must not leave its line. */
const inLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');

function comment(indent: number, lines: readonly string[]): string[] {
  const space = ' '.repeat(indent);
  return [
    `${space}/*`,
    ...lines.map((line) => `${space} * ${inLine(line).replaceAll('*/', '* /')}`.trimEnd()),
    `${space} */`,
  ];
}
