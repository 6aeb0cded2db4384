import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkDatabase } from '../check/check.ts';
import type { Finding } from '../check/finding.ts';
import { RowhookError } from '../errors.ts';
import type { Language, ModuleKind } from '../migration/file.ts';
import { detectSurroundings, knexLoads } from '../migration/file-name.ts';
import { createMigration, type Migration } from '../migration/migration.ts';
import type { Act, Context } from './context.ts';

interface MigrationOptions {
  readonly out: string;
  readonly name: string;
  readonly language?: Language;
  readonly module?: ModuleKind;
  readonly releaseOthers?: boolean;
  readonly stdout?: boolean;
}

export function migrationCommand(
  program: Command,
  act: Act,
  { version }: { readonly version: string },
): void {
  program
    .command('migration')
    .description(
      'Write a knex migration of what an installation would change. It needs neither rowhook nor the config.',
    )
    .option('--out <folder>', 'where migrations are', 'migrations')
    .option('--name <name>', "the middle of the file's name", fileName, 'rowhook')
    .addOption(
      new Option(
        '--language <language>',
        "default: as the knexfile's, else ts beside a tsconfig.json",
      ).choices(['ts', 'js']),
    )
    .addOption(
      new Option('--module <kind>', 'default: as package.json says; esm for TypeScript').choices([
        'esm',
        'cjs',
      ]),
    )
    .option(
      '--release-others',
      "take the triggers off captured tables that the config's catalog does not need",
    )
    .option('--stdout', 'write it to stdout, and no file')
    .action(
      act(async (context, options: MigrationOptions) => {
        const { catalog } = await context.config();
        const folder = resolve(context.cwd, options.out);
        const migration = await context.withDatabase(async (db) => {
          const { findings, changes } = await checkDatabase(db, catalog);
          refuse(findings);
          if (!changes) return undefined;
          return createMigration(db, changes, {
            ...options,
            releaseOthers: options.releaseOthers ?? false,
            surroundings: await detectSurroundings(folder),
            version,
            catalog: catalog.name,
            now: context.now(),
          });
        });
        if (!migration) {
          context.output.show(
            { file: null, changes: [] },
            () => 'Nothing is to change: there is no migration to write.',
          );
        } else if (options.stdout) {
          context.output.show(
            { file: null, changes: migration.changes, text: migration.text },
            () => migration.text,
          );
        } else {
          const file = await writeMigration(context, folder, migration);
          context.output.show({ file, changes: migration.changes }, () =>
            [`wrote ${file}, which`, ...migration.changes.map((line) => `  ${line}`)].join('\n'),
          );
        }
      }),
    );
}

/** @throws RowhookError `check_failed` naming every error among the findings */
export function refuse(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const told = errors.map(({ code, message }) => `\n  ${code}: ${message}`).join('');
  throw new RowhookError('check_failed', `the catalog does not fit the database:${told}`, {
    where: errors[0]?.where,
    fix: 'Run `npx rowhook check`, which says what to do about each.',
  });
}

/** Returns the path as it is seen from where the command runs. A file is never overwritten. */
export async function writeMigration(
  { cwd, note }: Pick<Context, 'cwd' | 'note'>,
  folder: string,
  { fileName, extension, text }: Migration,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, fileName);
  await writeFile(path, text, { flag: 'wx' });
  if (!knexLoads(extension)) {
    note(
      `knex does not look for .${extension} files by itself: set migrations.loadExtensions in the knexfile.`,
    );
  }
  return relative(cwd, path) || path;
}

function fileName(text: string): string {
  if (/^\w{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits and _.');
}
