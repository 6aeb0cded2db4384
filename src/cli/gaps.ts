import type { Command } from 'commander';
import { isTableName, quoteTable } from '../catalog/table-name.ts';
import { RowhookError } from '../errors.ts';
import { capturedTables } from '../store/captures.ts';
import { acknowledgeGaps, type OpenGap, openGaps } from '../store/gaps.ts';
import { checkSchema } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import type { Act } from './context.ts';
import { plainTable, table } from './output.ts';

export function gapCommands(program: Command, act: Act): void {
  const gaps = program
    .command('gaps')
    .description(
      'What changed and gave no events: captured tables that were truncated, or written to unseen.',
    );

  gaps
    .command('list', { isDefault: true })
    .description('Gaps that nobody has acknowledged.')
    .action(
      act(async ({ withDatabase, output }) => {
        const found = await withDatabase(async (db) => {
          await checkSchema(db);
          return openGaps(db);
        });
        output.show(found.map(told), () => gapText(found, 'There are none.'));
      }),
    );

  gaps
    .command('clear')
    .description('Say that these are known. What comes later is told anew.')
    .option('--table <name>', 'only those of this table')
    .action(
      act(async ({ withDatabase, output }, options: { readonly table?: string }) => {
        const known = await withDatabase(async (db) => {
          await checkSchema(db);
          return acknowledgeGaps(db, options.table && (await captured(db, options.table)));
        });
        output.show(known.map(told), () => gapText(known, 'There were none.'));
      }),
    );
}

/** A name as it was typed, as that of a table that is captured, or was. */
async function captured(db: Queryable, name: string): Promise<string> {
  const known = [
    ...new Set([...(await capturedTables(db)), ...(await openGaps(db)).map((gap) => gap.table)]),
  ];
  const quoted = isTableName(name) ? quoteTable(name) : name;
  if (known.includes(quoted)) return quoted;
  throw new RowhookError(
    'table_unknown',
    `${plainTable(quoted)} is not captured; these are: ${known.map(plainTable).sort().join(', ')}`,
    { where: quoted, fix: 'Name the table as `npx rowhook gaps` does.' },
  );
}

const told = (gap: OpenGap) => ({ ...gap, table: plainTable(gap.table), missing: missing[gap.kind] });

const missing: Readonly<Record<OpenGap['kind'], string>> = {
  truncate: 'receivers may have records that are gone',
  bypassed: 'receivers may lack what was created, changed or deleted',
};

const gapText = (gaps: readonly OpenGap[], none: string): string =>
  table(
    gaps.map(told),
    {
      table: (row) => row.table,
      kind: (row) => row.kind,
      transactions: (row) => (row.transactions < 1_000 ? row.transactions : '1000 or more'),
      'first at': (row) => row.firstAt,
      'last at': (row) => row.lastAt,
      'what is missing': (row) => row.missing,
    },
    none,
  );
