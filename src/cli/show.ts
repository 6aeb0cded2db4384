import type { Command } from 'commander';
import { quoteTable } from '../catalog/table-name.ts';
import { captureStanding } from '../install/standing.ts';
import { checkSchema } from '../store/schema.ts';
import { type Count, queueStatus } from '../store/status.ts';
import type { Act } from './context.ts';
import { plainTable, sheet, table } from './output.ts';

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
          const queue = await queueStatus(db);
          output.show({ schema: { version }, capture, ...queue }, () => {
            const { relay, deliveries, endpoints } = queue;
            const wrong = capture.tables.filter(({ state }) => state !== 'captured');
            return sheet([
              ['schema', `version ${version}`],
              ['captured', `${capture.tables.length - wrong.length} of ${capture.tables.length} tables`],
              ...wrong.map((each) => [`  ${each.state}`, each.table] as const),
              ...capture.others.map((each) => ['  not needed', each] as const),
              ['relay', relay.active ? 'active' : 'none'],
              ['  last moved', relay.movedAt],
              ['changes waiting', counted(relay.changesWaiting)],
              ['  oldest from', relay.oldestChangeAt],
              ['deliveries due', counted(deliveries.due)],
              ['  to be retried', counted(deliveries.waiting)],
              ['  next one due', deliveries.nextDueAt],
              ['endpoints', `${endpoints.active} active, ${endpoints.inactive} inactive`],
            ]);
          });
        });
      }),
    );
}

const counted = ({ count, atLeast }: Count): string => `${count}${atLeast ? ' or more' : ''}`;
