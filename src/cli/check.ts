import type { Command } from 'commander';
import { checkDatabase } from '../check/check.ts';
import { bySeverity, type Finding, type Severity } from '../check/finding.ts';
import type { Act } from './context.ts';
import { Unsuccessful } from './failure.ts';
import { plainTable } from './output.ts';

export function checkCommand(program: Command, act: Act): void {
  program
    .command('check')
    .description(
      "Compare the config's catalog with the database, and change nothing. Exit code 1 when it cannot work so.",
    )
    .option(
      '--daemon-role <role>',
      'the role that the daemon will connect as (default: the one of this connection)',
    )
    .action(
      act(async ({ config, withDatabase, output }, options: { daemonRole?: string }) => {
        const { catalog } = await config();
        const { findings } = await withDatabase((db) => checkDatabase(db, catalog, options));
        output.show({ findings }, () => findingsText(findings));
        if (findings.some(({ severity }) => severity === 'error')) throw new Unsuccessful();
      }),
    );
}

const headings: Readonly<Record<Severity, string>> = {
  error: 'It cannot work so',
  warning: 'It will work, and cost',
  change: 'An installation has this to do',
};

/** For eyes: by severity, the SQL in lines of its own. Pure. */
export function findingsText(findings: readonly Finding[]): string {
  const groups = bySeverity(findings).flatMap(([severity, found]) =>
    found.length === 0
      ? []
      : [
          [
            `${headings[severity]}:`,
            ...(severity === 'change' ? changeLines(found) : found.flatMap(lines)),
          ].join('\n'),
        ],
  );
  const counts = bySeverity(findings).map(
    ([severity, { length }]) => `${length} ${severity}${length === 1 ? '' : 's'}`,
  );
  return [...groups, counts.join(', ')].join('\n\n');
}

const lines = ({ code, where, message, fix, advice }: Finding): string[] => [
  '',
  `  ${code}  ${plainTable(where)}`,
  `    ${message}`,
  ...(advice === null ? [] : [`    → ${advice}`]),
  ...(fix === null ? [] : [`    ${fix}`]),
];

/** There may be one for each table, and all are mended by the same command. */
function changeLines(found: readonly Finding[]): string[] {
  const fixes = [...new Set(found.flatMap(({ fix }) => fix ?? []))];
  return fixes.flatMap((fix) => [
    '',
    `  ${fix}${fix === 'npx rowhook install' ? '   (or: npx rowhook migration)' : ''}`,
    ...found
      .filter((finding) => finding.fix === fix)
      .map(({ code, where, message }) => `    ${code}  ${plainTable(where)} ${message}`),
  ]);
}
