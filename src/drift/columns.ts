import { planColumns } from '../capture/check.ts';
import { quoteName } from '../catalog/table-name.ts';
import { everyColumn } from '../store/captures.ts';
import type { Found, TableNow } from './facts.ts';
import { type Drift, type DriftSeverity, installCommand, relayStops, relayWaits } from './kinds.ts';
import type { Needs } from './needs.ts';

/** What has become of the columns that a catalog needs of a table that is there. Pure. */
export function columnDrift(needs: Needs, { capture, found }: TableNow): Drift[] {
  if (!found) return [];
  const needed = new Set([...(needs.plan ? planColumns(needs.plan) : []), ...needs.read]);
  needed.delete(everyColumn);
  const installed = capture?.installed ?? undefined;
  return [
    ...[...needed].sort().flatMap((column) => {
      if (!found.columns[column]) return [lostColumn(needs, column, found, installed)];
      return retyped(needs, column, found, installed);
    }),
    ...(needs.plan && installed ? addedColumns(needs, found, installed, needed) : []),
  ];
}

function lostColumn(needs: Needs, column: string, found: Found, installed: Found | undefined): Drift {
  const { table } = needs;
  const newName = installed && nameNow(column, found, installed);
  const consequence = consequenceOf(needs, column, newName !== undefined);
  return newName === undefined
    ? {
        kind: 'column_missing',
        ...consequence,
        table,
        message: `${table} has lost the column ${quoteName(column)}: ${consequence.message}`,
        first: `Take ${quoteName(column)} out of the catalog, or add it to the table again; restart the daemon after the command.`,
        fix: installCommand,
      }
    : {
        kind: 'column_renamed',
        ...consequence,
        table,
        message: `${table} has ${quoteName(newName)} where it had ${quoteName(column)}: ${consequence.message}`,
        first: `Call it ${quoteName(newName)} in the catalog, or rename it back; restart the daemon after the command.`,
        fix: installCommand,
      };
}

/** The column keeps its number when it is renamed, as long as the table is the same one. */
function nameNow(column: string, found: Found, installed: Found): string | undefined {
  const before = installed.columns[column];
  if (!before || installed.relation !== found.relation) return undefined;
  return Object.entries(found.columns).find(([, { number }]) => number === before.number)?.[0];
}

/** @param lives under another name, so that there are changes of it */
function consequenceOf(
  { plan, read }: Needs,
  column: string,
  lives: boolean,
): { readonly severity: DriftSeverity; readonly message: string } {
  if (plan?.exclude?.includes(column))
    return {
      severity: 'note',
      message: 'it must not leave, and would by another name after the next install',
    };
  const watched = plan?.classes.some((columns) => columns.includes(column) && !columns.includes(everyColumn));
  const blind = [
    ...(plan?.key.includes(column)
      ? ['it is the key, without which no change of this table is written down']
      : []),
    ...(plan?.values.includes(column)
      ? ['events whose conditions look at it, or records that it leads to, see null']
      : []),
    ...(watched && lives ? ['updates of nothing else are not seen'] : []),
  ];
  if (blind.length > 0) {
    return { severity: 'blind', message: [...blind, ...(read.has(column) ? [relayStops] : [])].join('; ') };
  }
  if (read.has(column)) return { severity: 'stopped', message: relayWaits };
  return { severity: 'note', message: 'nothing changes it any more, so that nothing is raised for it' };
}

function retyped(
  { table, plan }: Needs,
  column: string,
  found: Found,
  installed: Found | undefined,
): Drift[] {
  const before = installed?.columns[column]?.type;
  const now = found.columns[column]?.type ?? '';
  if (before === undefined || before === now) return [];
  const isVirtual = now.endsWith(' (virtual)');
  const stored = plan !== undefined && [...plan.key, ...plan.values].includes(column);
  const name = quoteName(column);
  return [
    {
      kind: 'column_retyped',
      severity: isVirtual && stored ? 'blind' : 'note',
      table,
      message:
        isVirtual && stored
          ? `${table}: column ${name} was ${before} and is ${now}: its value is not written down with a change`
          : `${table}: column ${name} was ${before} and is ${now}: it is compared and shown in the form of its new type (npx rowhook check says whether payloads can)`,
      first:
        isVirtual && stored
          ? `Make ${name} STORED, or let the catalog name what it is made of; restart the daemon after the command.`
          : null,
      fix: installCommand,
    },
  ];
}

/**
 * Last rows without the columns that must not leave are made by naming all others: a new one is not among them. Nor is a renamed one;
 * of one that the catalog needs more has been said.
 */
function addedColumns(
  { table, plan }: Needs,
  found: Found,
  installed: Found,
  needed: ReadonlySet<string>,
): Drift[] {
  if (!plan?.exclude?.length) return [];
  const told = new Set(
    [...needed].filter((column) => !found.columns[column]).map((column) => nameNow(column, found, installed)),
  );
  const added = Object.keys(found.columns).filter(
    (column) => !installed.columns[column] && !told.has(column),
  );
  return added.map((column) => ({
    kind: 'column_added',
    severity: 'note',
    table,
    message: `${table} has got the column ${quoteName(column)}, which the last rows of deletes do not keep yet`,
    first: null,
    fix: installCommand,
  }));
}
