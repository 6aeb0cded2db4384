import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type pg from 'pg';
import { checkDatabase } from '../check/check.ts';
import { fileNames } from '../config/load.ts';
import { RowhookError } from '../errors.ts';
import { configText } from '../init/config-text.ts';
import { type Draft, draftCatalog, tenantProposals } from '../init/draft.ts';
import { snakeCase } from '../init/names.ts';
import { type Selection, selectTables, splitNames } from '../init/select.ts';
import { obstacle, type SurveyedTable, surveyTables } from '../init/survey.ts';
import { detectSurroundings } from '../migration/file-name.ts';
import { createMigration } from '../migration/migration.ts';
import { dialectProblem } from '../wire/dialects.ts';
import type { Act, Context } from './context.ts';
import { refuse, writeMigration } from './migration.ts';
import { plainTable } from './output.ts';

interface InitOptions {
  readonly tables?: string;
  readonly out: string;
  readonly dialect: string;
  readonly tenant?: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function initCommand(program: Command, act: Act, { version }: { readonly version: string }): void {
  program
    .command('init')
    .description('Look at a database, and write a config for its tables and the first migration.')
    .option(
      '--tables <names>',
      'which tables: people,crm.orders,"Odd schema"."Odd name", or patterns: crm.*,*',
    )
    .option('--out <folder>', 'where the config goes, and migrations/ beside it', '.')
    .option('--dialect <name>', 'how deliveries look on the wire', dialect, 'standard')
    .option('--tenant <column>', 'the column that says whose record it is')
    .option('--yes', 'ask nothing: all tables that can be captured, where --tables names none')
    .option('--force', 'overwrite a config that is there')
    .action(act((context, options: InitOptions) => init(context, options, version)));
}

async function init(context: Context, options: InitOptions, version: string): Promise<void> {
  const folder = resolve(context.cwd, options.out);
  const path = join(folder, 'rowhook.config.ts');
  if (!options.force) refuseExisting(folder);
  await context.withGivenDatabase(async (db, url) => {
    const all = await surveyTables(db);
    const chosen = await choose(context, options, all);
    const draft = draftCatalog(chosen.tables, all, chosen);
    const text = configText(draft, {
      name: snakeCase(await databaseName(db)) || 'application',
      dialect: options.dialect,
      databaseUrl: openUrl(url),
      version,
      writtenAt: context.now(),
      skipped: chosen.skipped,
    });
    await mkdir(folder, { recursive: true });
    await writeFile(path, text);

    const { catalog } = await context.configAt(path);
    const { findings, changes } = await checkDatabase(db, catalog);
    refuse(findings);
    const surroundings = await detectSurroundings(folder);
    const migration =
      changes &&
      (await createMigration(db, changes, {
        name: 'rowhook',
        releaseOthers: false,
        surroundings,
        version,
        catalog: catalog.name,
        now: context.now(),
      }));
    const written = migration && (await writeMigration(context, join(folder, 'migrations'), migration));
    const warnings = findings.filter(({ severity }) => severity === 'warning');
    const proposals = chosen.tenant === undefined ? tenantProposals(chosen.tables) : [];
    const next = nextCommands(surroundings.knexfile !== undefined, url, context);
    const told = {
      config: relative(context.cwd, path),
      migration: written ?? null,
      tables: draft.resources.map(resourceTold),
      skipped: chosen.skipped,
      tenant: chosen.tenant ?? null,
      tenantProposals: proposals,
      warnings,
      next,
    };
    context.output.show(told, () => initText(told));
  });
}

interface Chosen extends Selection {
  readonly tenant: string | undefined;
  readonly noSoftDelete: boolean;
}

/** As the command line says; what it leaves open is asked, where there is somebody to ask. */
async function choose(
  context: Context,
  options: InitOptions,
  all: readonly SurveyedTable[],
): Promise<Chosen> {
  const said = options.tables !== undefined || options.yes || context.output.json;
  if (said || !context.terminal) {
    const selection = selectTables(withViews(all, options), namesIn(options));
    checkSelection(selection.tables, all, options);
    return { ...selection, tenant: options.tenant, noSoftDelete: false };
  }
  const { terminal } = context;
  if (!all.some((table) => obstacle(table) === undefined)) throw nothingToCapture(all);
  const { askSoftDelete, askTables, askTenant } = await import('./questions.ts');
  const tables = await askTables(all, terminal);
  checkSelection(tables, all, options);
  const marked = draftCatalog(tables, all).resources.filter(({ softDelete }) => softDelete !== undefined);
  const names = marked.map(({ table }) => plainTable(table.quoted));
  return {
    tables,
    skipped: [],
    tenant: options.tenant ?? (await askTenant(tenantProposals(tables), terminal)),
    noSoftDelete: names.length > 0 && !(await askSoftDelete(names, terminal)),
  };
}

/** @throws RowhookError `table_missing`, `column_missing` */
function checkSelection(
  tables: readonly SurveyedTable[],
  all: readonly SurveyedTable[],
  { tenant }: InitOptions,
): void {
  if (tables.length === 0) throw nothingToCapture(all);
  if (tenant !== undefined) checkTenant(tables, tenant);
}

/** Views are there to be named, with the reason why they cannot be captured; a pattern does not mean them. */
const withViews = (all: readonly SurveyedTable[], { tables = '*' }: InitOptions): SurveyedTable[] =>
  all.filter(({ kind }) => kind === 'r' || kind === 'p' || !tables.includes('*'));

function namesIn({ tables, yes }: InitOptions): string[] {
  if (tables !== undefined) return splitNames(tables);
  if (yes) return ['*'];
  throw new RowhookError('table_missing', 'it is not said which tables are meant', {
    where: '--tables',
    fix: 'Name them with --tables, or say --yes for all that can be captured.',
  });
}

/** @throws RowhookError `column_missing` */
function checkTenant(tables: readonly SurveyedTable[], column: string): void {
  if (tables.some(({ columns }) => columns.some(({ name }) => name === column))) return;
  const proposals = tenantProposals(tables).map((proposal) => proposal.column);
  throw new RowhookError('column_missing', `none of the tables has a column ${JSON.stringify(column)}`, {
    where: '--tenant',
    fix:
      proposals.length > 0
        ? `It may be ${proposals.join(' or ')}.`
        : 'Name the column that holds the id of the tenant.',
  });
}

function nothingToCapture(all: readonly SurveyedTable[]): RowhookError {
  const reasons = all.slice(0, 20).map((table) => `\n  ${table.quoted} ${obstacle(table) ?? ''}`);
  return new RowhookError(
    'table_missing',
    `this database has no tables that can be captured${reasons.join('')}`,
    {
      fix: 'Connect to the database that has them, as a role that may see them.',
    },
  );
}

function refuseExisting(folder: string): void {
  const found = fileNames.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) return;
  throw new RowhookError('config_exists', `there is a config already: ${found}`, {
    where: found,
    fix: 'Leave it as it is and run `npx rowhook check`, or give --force to overwrite it, or another folder with --out.',
  });
}

async function databaseName(db: pg.Client): Promise<string> {
  const { rows } = await db.query<{ name: string }>('select current_database() as name');
  return rows[0]?.name ?? '';
}

/** The URL, where it holds no secret. */
function openUrl(url: string): string | undefined {
  const { password, searchParams } = new URL(url);
  return password === '' && ![...searchParams.keys()].some((name) => /pass|key/i.test(name))
    ? url
    : undefined;
}

function nextCommands(knexfile: boolean, url: string, { env }: Context): string[] {
  const known = openUrl(url) !== undefined || env.ROWHOOK_DATABASE_URL === url || env.DATABASE_URL === url;
  return [
    ...(known ? [] : ['export DATABASE_URL=…   # the one that you have given here']),
    knexfile ? 'npx knex migrate:latest' : 'npx rowhook install',
    'npx rowhook start --forward-to http://127.0.0.1:3000/hooks',
  ];
}

function resourceTold({ name, table, events, exclude, softDelete }: Draft['resources'][number]) {
  return {
    table: table.quoted,
    resource: name,
    events: events.kind === 'link' ? [events.assign, events.unassign] : events.names,
    excluded: exclude,
    softDelete: softDelete ?? null,
  };
}

interface Told {
  readonly config: string;
  readonly migration: string | null;
  readonly tables: ReadonlyArray<ReturnType<typeof resourceTold>>;
  readonly skipped: Selection['skipped'];
  readonly tenantProposals: ReturnType<typeof tenantProposals>;
  readonly warnings: readonly object[];
  readonly next: readonly string[];
}

function initText({ config, migration, tables, skipped, tenantProposals, warnings, next }: Told): string {
  const events = tables.reduce((sum, table) => sum + table.events.length, 0);
  const excluded = tables.filter((table) => table.excluded.length > 0);
  const marked = tables.filter((table) => table.softDelete !== null);
  return [
    `wrote ${config}: ${tables.length} tables, ${events} events`,
    migration === null ? 'no migration: everything is captured already' : `wrote ${migration}`,
    ...excluded.map(
      ({ table, excluded }) => `left out, as it looks secret: ${plainTable(table)} (${excluded.join(', ')})`,
    ),
    ...marked.map(
      ({ table, softDelete }) => `counts as deleted once ${softDelete} is set: ${plainTable(table)}`,
    ),
    ...skipped.map(({ table, reason }) => `skipped: ${plainTable(table)} ${reason}`),
    ...tenantProposals.map(
      ({ column, tables }) =>
        `${tables} tables have ${column}: with --tenant ${column} an endpoint gets the events of its own tenant only`,
    ),
    ...(warnings.length > 0 ? [`${warnings.length} warnings: npx rowhook check`] : []),
    '',
    'next:',
    ...next.map((command) => `  ${command}`),
  ].join('\n');
}

function dialect(name: string): string {
  const problem = dialectProblem(name);
  if (problem === undefined) return name;
  throw new InvalidArgumentError(problem);
}
