import type { Readable, Writable } from 'node:stream';
import { autocompleteMultiselect, confirm, isCancel } from '@clack/prompts';
import { RowhookError } from '../errors.ts';
import type { TenantProposal } from '../init/draft.ts';
import { obstacle, type SurveyedTable } from '../init/survey.ts';
import { plainTable } from './output.ts';

/** The terminal that questions are asked at. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** Which of the tables that can be captured are to be. Typing narrows the list down. */
export async function askTables(all: readonly SurveyedTable[], terminal: Terminal): Promise<SurveyedTable[]> {
  const options = all
    .filter((table) => obstacle(table) === undefined)
    // A name must not steer the terminal.
    .map((table) => ({ value: table, label: plainTable(table.quoted).replace(/\p{Cc}/gu, ' ') }));
  return answered(
    await autocompleteMultiselect<SurveyedTable>({
      message: 'Which tables? (type to search, Tab to choose)',
      options,
      required: true,
      maxItems: 15,
      ...terminal,
    }),
  );
}

/** Whether records belong to tenants that must not see each other's, by one of these columns. */
export async function askTenant(
  proposals: readonly TenantProposal[],
  terminal: Terminal,
): Promise<string | undefined> {
  for (const { column, tables } of proposals) {
    const message = `${tables} of them have ${column}. Does it say whose record it is, so that an endpoint gets only those of its own tenant?`;
    if (answered(await confirm({ message, initialValue: false, ...terminal }))) return column;
  }
  return undefined;
}

/** Whether rows that are marked so count as deleted. */
export async function askSoftDelete(tables: readonly string[], terminal: Terminal): Promise<boolean> {
  const message = `Rows of ${tables.join(', ')} seem to be marked as deleted instead of being deleted. Shall that raise delete events?`;
  return answered(await confirm({ message, initialValue: true, ...terminal }));
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>;
  throw new RowhookError('cancelled', 'it was broken off; nothing was written', {
    fix: 'Run it again, or with --tables and --yes, which ask nothing.',
  });
}
