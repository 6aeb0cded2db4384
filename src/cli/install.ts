import { type Command, InvalidArgumentError } from 'commander';
import { capturePlans } from '../capture/plan.ts';
import { captureTables, releaseTables } from '../install/capture-tables.ts';
import { checkCatalog } from '../install/check-catalog.ts';
import { lockingSteps, type Patience } from '../install/patience.ts';
import { ownTransactions } from '../install/place.ts';
import { captureStanding } from '../install/standing.ts';
import { uninstall } from '../install/uninstall.ts';
import { installSchema } from '../store/schema.ts';
import type { Act } from './context.ts';
import { plainTable } from './output.ts';

export function installCommands(program: Command, act: Act): void {
  const withPatience = (command: Command): Command =>
    command
      .option('--lock-timeout-ms <ms>', 'how long one try waits for a table', milliseconds, 2_000)
      .option('--patience-ms <ms>', 'how long a table is tried again', milliseconds, 30_000);

  withPatience(program.command('install'))
    .description("Create or upgrade the schema rowhook, and capture the config's tables. May be run again.")
    .option(
      '--release-others',
      "take the triggers off captured tables that the config's catalog does not need",
    )
    .action(
      act(async ({ config, withDatabase, output }, options: LockOptions & { releaseOthers?: boolean }) => {
        const { catalog } = await config();
        const patience = patienceOf(options);
        await withDatabase(async (db) => {
          // Before the first step, so that a mistake in the catalog leaves nothing at all behind.
          await checkCatalog(db, catalog, { capture: capturePlans(catalog) });
          const place = ownTransactions(db);
          const schema = await lockingSteps(place, patience)([], installSchema);
          const tables = (await captureTables(place, catalog, patience)).map(({ table, done }) => ({
            table: plainTable(table),
            done,
          }));
          const { others } = await captureStanding(db, catalog);
          const gone = options.releaseOthers ? await releaseTables(place, others, patience) : [];
          const released = gone.map(plainTable);
          const kept = others.filter((table) => !gone.includes(table)).map(plainTable);
          output.show({ schema, tables, released, others: kept }, () =>
            [
              schema.from === schema.to
                ? `schema rowhook: version ${schema.to}, up to date`
                : `schema rowhook: version ${schema.to}, ${schema.from === 0 ? 'created' : `was ${schema.from}`}`,
              ...tables.map(({ table, done }) => `${done.padEnd(8)} ${table}`),
              ...released.map((table) => `released ${table}`),
              ...kept.map((table) => `captured, though no event needs it (--release-others): ${table}`),
            ].join('\n'),
          );
        });
      }),
    );

  withPatience(program.command('uninstall'))
    .description(
      'Take all triggers off and drop the schema rowhook, with endpoints, history and all that waits.',
    )
    .requiredOption('--yes', 'yes, everything of rowhook in this database is to go')
    .action(
      act(async ({ withDatabase, output }, options: LockOptions) => {
        await withDatabase(async (db) => {
          const uninstalled = await uninstall(ownTransactions(db), patienceOf(options));
          output.show({ uninstalled }, () =>
            uninstalled ? 'rowhook is gone from this database' : 'rowhook was not installed in this database',
          );
        });
      }),
    );
}

interface LockOptions {
  readonly lockTimeoutMs: number;
  readonly patienceMs: number;
}

const patienceOf = ({ lockTimeoutMs, patienceMs }: LockOptions): Patience => ({ lockTimeoutMs, patienceMs });

function milliseconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Expected a whole number of milliseconds.');
}
