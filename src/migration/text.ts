import type { MigrationFile } from './file.ts';
import { partitionsText } from './first-partitions.ts';
import {
  capturedTablesHelper,
  captureHelper,
  plumbing,
  releaseHelper,
  tableHelpers,
  template,
  typed,
  upgradeText,
} from './inlined.ts';
import type { CaptureStep, FrozenCapture, MigrationSteps } from './steps.ts';

/**
 * The text of a knex migration. Pure: the same steps give the same text. It imports nothing but knex's types, so that it does the
 * same whatever becomes of the catalog and of this program.
 */
export function migrationText(steps: MigrationSteps, file: MigrationFile): string {
  const { files, from } = steps.schema;
  const before = steps.captures.flatMap((step) => step.before ?? []);
  const after = steps.captures.flatMap((step) => step.after ?? []);
  const upgrades = files.length > 0;
  const creates = upgrades && from === 0;
  const captures = after.length + before.length > 0;
  const releases = creates || steps.captures.some(({ kind }) => kind === 'capture' || kind === 'release');
  const parts: ReadonlyArray<string | false> = [
    header(steps, file),
    configText(file),
    upText(steps, file),
    downText(steps, file, creates),
    upgrades && schemaText(steps, file),
    after.length > 0 && capturesText('captures', 'What is captured from now on.', after, file),
    before.length > 0 && capturesText('before', 'What was captured before, for the way back.', before, file),
    creates && partitionsText(),
    upgrades && upgradeText(steps, file),
    captures && captureHelper(file, before.length > 0),
    releases && releaseHelper(file),
    (captures || releases) && tableHelpers(file),
    creates && capturedTablesHelper(file),
    plumbing(file, captures),
    file.module === 'cjs' && cjsExports(file),
  ];
  return `${parts.filter((part) => part !== false).join('\n\n')}\n`;
}

/** The beginning of a function that the migration exports. */
const exported = ({ module }: MigrationFile): string => (module === 'esm' ? 'export ' : '');

function cjsExports({ language }: MigrationFile): string {
  return language === 'ts' ? 'export = { config, up, down };' : 'module.exports = { config, up, down };';
}

function header(steps: MigrationSteps, file: MigrationFile): string {
  const lines = [
    `Written by \`rowhook migration\` ${file.version} on ${file.writtenAt.toISOString().slice(0, 10)}, for the catalog ${quoted(file.catalog)}.`,
    'It is complete: it imports nothing of rowhook and reads no config, so it does the same whenever it is run.',
    'Running it twice does no harm. It does what `npx rowhook install` did at that time:',
    '',
    ...summary(steps).map((line) => `  - ${line}`),
    '',
    'Locks. Each step is a transaction of its own. Putting triggers on a table takes SHARE ROW EXCLUSIVE on it: readers go on,',
    'writers wait. Taking them off takes ACCESS EXCLUSIVE: readers wait too. Both are held for some milliseconds, and for about a',
    'millisecond more for each partition: a table and its partitions are one step. Only what is missing is put on. A step waits',
    '2 seconds at most for its lock, then lets the application go on and tries again, for up to 30 seconds; then it fails,',
    'with nothing of that step done. What came before stays done, and running the migration again does the rest.',
  ];
  const comment = ['/*', ...lines.map((line) => ` * ${safe(line)}`.trimEnd()), ' */'].join('\n');
  return file.language === 'ts' ? `import type { Knex } from 'knex';\n\n${comment}` : comment;
}

const quoted = (text: string): string => JSON.stringify(text);

/** A comment must not end before its time, nor its line. */
const safe = (text: string): string => text.replaceAll('*/', '* /').replace(/[\p{Cc}\u2028\u2029]/gu, ' ');

const verbs: Readonly<Record<CaptureStep['kind'], string>> = {
  capture: 'puts triggers on',
  replace: 'replaces the triggers on',
  renew: 'puts what is missing on',
  release: 'takes the triggers off',
};

/** What a migration does, a line for each step. Pure. */
export function summary({ schema, captures }: MigrationSteps): string[] {
  const last = schema.files.at(-1)?.version;
  return [
    ...(last === undefined
      ? []
      : [
          schema.from === 0
            ? `creates the schema rowhook, version ${last}`
            : `brings the schema rowhook from version ${schema.from} to ${last}`,
        ]),
    ...captures.map(({ kind, table }) => `${verbs[kind]} ${table}`),
  ];
}

function configText(file: MigrationFile): string {
  return `// In knex's own transaction the locks of all tables would be held until the last one is done.
${exported(file)}const config = { transaction: false };`;
}

function upText({ schema, captures }: MigrationSteps, file: MigrationFile): string {
  const releases = captures.filter(({ kind }) => kind === 'release').map(({ table }) => literal(table));
  const lines = [
    ...(schema.files.length > 0 ? [`await step(db, 'the schema rowhook', () => upgradeSchema(db));`] : []),
    ...(captures.some(({ after }) => after)
      ? [`for (const each of captures) await step(db, each.plan.table, () => capture(db, each));`]
      : []),
    ...(releases.length > 0
      ? [
          '// No event needs these any more. Changes of them that wait in the outbox are still delivered.',
          `for (const table of [${releases.join(', ')}]) await step(db, table, () => release(db, table));`,
        ]
      : []),
  ];
  return migrationFunction('up', lines, file);
}

function downText({ schema, captures }: MigrationSteps, file: MigrationFile, creates: boolean): string {
  const taken = captures.filter(({ kind }) => kind === 'capture').map(({ table }) => literal(table));
  const lines = creates
    ? [
        '// With the schema goes everything in it: endpoints, history, changes and deliveries that wait. So do the triggers of',
        '// tables that were captured since. The tables themselves are then what they were before.',
        'for (const table of await capturedTables(db)) await step(db, table, () => release(db, table));',
        `await step(db, 'the schema rowhook', () => run(db, 'drop schema if exists rowhook cascade'));`,
      ]
    : [
        ...(schema.files.length > 0
          ? ['// The schema rowhook stays as it is: an older program has no way back to its own version.']
          : []),
        ...(captures.some(({ before }) => before)
          ? ['for (const each of before) await step(db, each.plan.table, () => capture(db, each, true));']
          : []),
        ...(taken.length > 0
          ? [`for (const table of [${taken.join(', ')}]) await step(db, table, () => release(db, table));`]
          : []),
        ...(captures.some(({ kind }) => kind === 'renew')
          ? ['// What was written anew does the same as before: there is nothing to take back.']
          : []),
      ];
  return migrationFunction('down', ['if (!(await isInstalled(db))) return;', ...lines], file);
}

function migrationFunction(name: 'up' | 'down', lines: readonly string[], file: MigrationFile): string {
  const doc = file.language === 'js' ? `/** @param { import('knex').Knex } knex */\n` : '';
  return `${doc}${exported(file)}async function ${name}(knex${typed(file, ': Knex')})${typed(file, ': Promise<void>')} {
  await onOneConnection(knex, async (db) => {
${lines.map((line) => `    ${line}`).join('\n')}
  });
}`;
}

function schemaText({ schema }: MigrationSteps, file: MigrationFile): string {
  const files = schema.files.map(
    ({ version, sql }) => `  {
    version: ${version},
    sql: \`
${template(sql.trimEnd())}
\`,
  },`,
  );
  return `/** The schema rowhook. Nothing of it is in the application's own schemas. */
const schema${typed(file, ': Array<{ version: number; sql: string }>')} = [
${files.join('\n')}
];`;
}

function capturesText(
  name: 'captures' | 'before',
  what: string,
  captures: readonly FrozenCapture[],
  file: MigrationFile,
): string {
  const entries = captures.map(({ plan, functions }) => {
    const frozenPlan = JSON.stringify(plan, null, 2).replaceAll('\n', '\n    ');
    const texts = functions.map((sql) => `\`\n${template(sql)}\`,`).join('\n      ');
    return `  // ${safe(plan.table)}
  {
    plan: ${frozenPlan},
    functions: (id) => [
      ${texts}
    ],
  },`;
  });
  return `/**
 * ${what} A plan says what the triggers of a table write: the columns of the key, the groups of
 * columns whose changes count (a bit of the mask for each), the columns whose values go along. Functions cannot fail for a column
 * that the table loses or changes; with them goes the id of the plan's row in rowhook.capture.
 */
const ${name}${typed(file, ': Capture[]')} = [
${entries.join('\n')}
];`;
}

/** A text as a string of JavaScript. */
const literal = (text: string): string =>
  /['\\\p{C}\u2028\u2029]/u.test(text) ? JSON.stringify(text) : `'${text}'`;
