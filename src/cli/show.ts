import type { Command } from 'commander';
import { quoteTable } from '../catalog/table-name.ts';
import type { Drift } from '../drift/kinds.ts';
import { createLook } from '../drift/look.ts';
import { captureStanding } from '../install/standing.ts';
import { type OpenGap, openGaps } from '../store/gaps.ts';
import { checkSchema } from '../store/schema.ts';
import { setAsideStatus } from '../store/set-aside.ts';
import { type Count, queueStatus } from '../store/status.ts';
import type { Act } from './context.ts';
import { plainTable, sheet, table } from './output.ts';
import { setAsideLines } from './set-aside.ts';

export function showCommands(program: Command, act: Act): void {
  program
    .command('events')
    .description("The events of the config's catalog, which endpoints may subscribe to.")
    .action(
      act(async ({ config, output }) => {
        const { catalog } = await config();
        const events = Object.entries(catalog.events).map(([event, definition]) => ({
          event,
          resource: definition.resource,
          table: plainTable(quoteTable(catalog.resources[definition.resource]?.table ?? '')),
          on: definition.on,
        }));
        output.show(events, () =>
          table(
            events,
            {
              event: (row) => row.event,
              resource: (row) => row.resource,
              table: (row) => row.table,
              on: (row) => row.on,
            },
            'The catalog has no events.',
          ),
        );
      }),
    );

  program
    .command('status')
    .description('What is installed, what waits, and where the relay stands.')
    .action(
      act(async ({ config, withDatabase, output }) => {
        const { catalog } = await config();
        await withDatabase(async (db) => {
          const version = await checkSchema(db);
          const standing = await captureStanding(db, catalog);
          const capture = {
            tables: standing.tables.map(({ table, state }) => ({ table: plainTable(table), state })),
            others: standing.others.map(plainTable),
          };
          const drift = (await createLook(catalog)(db)).map(told);
          const gaps = (await openGaps(db)).map((gap) => ({ ...gap, table: plainTable(gap.table) }));
          const queue = await queueStatus(db);
          const setAside = await setAsideStatus(db);
          output.show({ schema: { version }, capture, drift, gaps, setAside, ...queue }, () => {
            const { relay, deliveries, endpoints } = queue;
            const wrong = capture.tables.filter(({ state }) => state !== 'captured');
            const lines = sheet([
              ['schema', `version ${version}`],
              ['captured', `${capture.tables.length - wrong.length} of ${capture.tables.length} tables`],
              ...wrong.map((each) => [`  ${each.state}`, each.table] as const),
              ...capture.others.map((each) => ['  not needed', each] as const),
              ['drift', drift.length === 0 ? 'none' : drift.length],
              ['gaps', gaps.length === 0 ? 'none' : gaps.length],
              ['relay', relay.active ? 'active' : 'none'],
              ['  last moved', relay.movedAt],
              ['changes waiting', counted(relay.changesWaiting)],
              ['  oldest from', relay.oldestChangeAt],
              ...setAsideLines(setAside),
              ['deliveries due', counted(deliveries.due)],
              ...(deliveries.behind.count > 0
                ? [['  behind others', counted(deliveries.behind)] as const]
                : []),
              ['  to be retried', counted(deliveries.waiting)],
              ['  next one due', deliveries.nextDueAt],
              [
                'endpoints',
                `${endpoints.active} active, ${endpoints.paused} paused, ${endpoints.disabled} disabled`,
              ],
            ]);
            return [lines, ...drift.map(driftText), ...gaps.map(gapText)].join('\n\n');
          });
        });
      }),
    );
}

const told = (drift: Drift): Drift => ({
  ...drift,
  table: drift.table === null ? null : plainTable(drift.table),
});

/** What is wrong, what is to be done, and in lines of their own what can be run. */
const driftText = ({ kind, severity, table, message, first, fix }: Drift): string =>
  [
    `drift: ${kind}${table === null ? '' : ` ${table}`} (${severity})`,
    `  ${message}`,
    ...(first === null ? [] : [`  → ${first}`]),
    ...fix.map((line) => `  ${line}`),
  ].join('\n');

const gapWords = {
  truncate: 'was truncated, which gave no events',
  bypassed: 'was written to with session_replication_role = replica, which gave no events',
};

const gapText = ({ table, kind, firstAt, lastAt, transactions }: OpenGap): string =>
  `gap: ${table} ${gapWords[kind]}\n  ${transactions}${transactions < 1_000 ? '' : ' or more'} transactions, begun from ${firstAt} to ${lastAt}\n  npx rowhook gaps`;

const counted = ({ count, atLeast }: Count): string => `${count}${atLeast ? ' or more' : ''}`;
