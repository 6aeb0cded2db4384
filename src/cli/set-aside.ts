import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type pg from 'pg';
import { checkSchema } from '../store/schema.ts';
import {
  dropSetAside,
  listSetAside,
  retrySetAside,
  type SetAsideAnswer,
  type SetAsideFilter,
  type SetAsideRecord,
  type SetAsideRequest,
  type SetAsideStatus,
  setAsideAnswer,
} from '../store/set-aside.ts';
import type { Act } from './context.ts';
import { durationMs } from './duration.ts';
import { table } from './output.ts';

interface FilterOptions {
  readonly resource?: string;
  readonly record?: string;
}

interface AskOptions extends FilterOptions {
  readonly wait: number;
}

const askEveryMs = 100;

export function setAsideCommands(program: Command, act: Act): void {
  const setAside = program
    .command('set-aside')
    .description('Events of records that cannot be shown, which wait until they can.');
  const filtered = (command: Command): Command =>
    command
      .option('--resource <name>', 'of this resource')
      .option('--record <key>', 'of the record with this key, as `set-aside list` shows it');

  filtered(setAside.command('list'))
    .description('The records, those for the longest time first.')
    .option('--limit <n>', 'at most so many, up to 500', limit, 50)
    .action(
      act(async ({ withDatabase, output }, options: FilterOptions & { readonly limit: number }) => {
        const records = await withDatabase(async (db) => {
          await checkSchema(db);
          return listSetAside(db, { ...filterOf(options), limit: options.limit });
        });
        output.show(records, () => table(records, columns, 'Nothing is set aside.'));
      }),
    );

  filtered(setAside.command('retry'))
    .description('Try to show them now. What can be shown goes out in its order.')
    .option('--wait <duration>', 'how long to wait for what comes of it', durationMs, 10_000)
    .hook('preAction', (_, command) => needsResource(command))
    .action(
      act(async ({ withDatabase, output }, options: AskOptions) => {
        const told = await withDatabase((db) => ask(db, retrySetAside, options));
        output.show(told, () => {
          const { records, done, failed, untried } = told;
          const sum = counted(records, 'record');
          if (done)
            return `${sum} tried again: ${Math.max(0, records - failed)} shown, ${failed} failed again`;
          return `${sum} to be tried again, ${untried} not yet; see \`rowhook status\``;
        });
      }),
    );

  filtered(setAside.command('drop'))
    .description(
      'Drop their events for good: nobody gets them. Later events of these records are not concerned.',
    )
    .option('--all', 'of all records of all resources')
    .requiredOption('--yes', 'yes, these events are never to be delivered')
    .option('--wait <duration>', 'how long to wait for what comes of it', durationMs, 10_000)
    .hook('preAction', (_, command) => {
      needsResource(command);
      const { resource, all } = command.opts<FilterOptions & { readonly all?: true }>();
      if ((resource === undefined) !== (all === true))
        command.error('error: say which: --resource <name>, with --record <key> or without, or --all');
    })
    .action(
      act(async ({ withDatabase, output }, options: AskOptions) => {
        const told = await withDatabase((db) => ask(db, dropSetAside, options));
        output.show(told, () => {
          const sum = `${counted(told.events, 'event')} of ${counted(told.records, 'record')}`;
          return told.done ? `dropped: ${sum}` : `to be dropped once a relay is active: ${sum}`;
        });
      }),
    );
}

/** Records of several resources may have the same key. */
function needsResource(command: Command): void {
  const { resource, record } = command.opts<FilterOptions>();
  if (record !== undefined && resource === undefined)
    command.error('error: --record <key> needs --resource <name>: records of others may have the same key');
}

/** Asks, and waits a while for what comes of it: without an active relay nothing does. */
async function ask(
  db: pg.Client,
  action: (db: pg.Client, filter: SetAsideFilter) => Promise<SetAsideRequest>,
  options: AskOptions,
): Promise<SetAsideRequest & SetAsideAnswer> {
  await checkSchema(db);
  const request = await action(db, filterOf(options));
  const until = performance.now() + options.wait;
  for (;;) {
    const answer = await setAsideAnswer(db, request);
    if (answer.done || performance.now() > until) return { ...request, ...answer };
    await sleep(askEveryMs);
  }
}

const filterOf = ({ resource, record }: FilterOptions): SetAsideFilter => ({ resource, key: record });

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** What `rowhook status` says of it. */
export const setAsideLines = ({ records, oldestAt, reasons }: SetAsideStatus) => [
  [
    'set aside',
    records.count === 0
      ? 'nothing'
      : records.atLeast
        ? `${records.count} records or more`
        : counted(records.count, 'record'),
  ] as const,
  ...(oldestAt === null ? [] : [['  since', oldestAt] as const]),
  ...reasons.map(
    ({ resource, reason, detail, records }) =>
      [`  ${reason}`, `${records} of ${resource} (${detail})`] as const,
  ),
];

const columns = {
  resource: (row: SetAsideRecord) => row.resource,
  record: (row: SetAsideRecord) => row.key,
  event: (row: SetAsideRecord) => row.event,
  events: (row: SetAsideRecord) => `${row.events.count}${row.events.atLeast ? ' or more' : ''}`,
  reason: (row: SetAsideRecord) => row.reason,
  detail: (row: SetAsideRecord) => row.detail,
  since: (row: SetAsideRecord) => row.setAsideAt,
  tries: (row: SetAsideRecord) => row.tries,
  'next try': (row: SetAsideRecord) => row.retryAt,
};

function limit(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 500) return value;
  throw new InvalidArgumentError('Expected a whole number from 1 to 500.');
}
