import { type Command, InvalidArgumentError, Option } from 'commander';
import { validate } from 'uuid';
import { redeliver, showDelivery } from '../store/deliveries.ts';
import { type DeliveryState, type DeliverySummary, listDeliveries } from '../store/history.ts';
import { checkSchema } from '../store/schema.ts';
import { type BulkOptions, bulkJobCommands, endpointId, redeliverFailed } from './bulk-jobs.ts';
import type { Act } from './context.ts';
import { deliveryJson, deliveryText } from './delivery-text.ts';
import { moment } from './duration.ts';
import { table } from './output.ts';

interface ListOptions {
  readonly endpoint?: string;
  readonly event?: string;
  readonly state?: DeliveryState;
  readonly limit: number;
  readonly before?: string;
}

const states: readonly DeliveryState[] = [
  'due',
  'behind',
  'sending',
  'waiting',
  'succeeded',
  'exhausted',
  'dropped',
];

export function deliveryCommands(program: Command, act: Act): void {
  const deliveries = program.command('deliveries').description('What was sent, what waits, and how it went.');

  deliveries
    .command('list')
    .description('Deliveries, those with the latest attempts first.')
    .option('--endpoint <id>', 'of this endpoint', endpointId)
    .option('--event <name>', 'of this event')
    .addOption(new Option('--state <state>', 'that stand so').choices(states))
    .option('--limit <n>', 'at most so many, up to 500', limit, 50)
    .option('--before <place>', 'older than where the page before ended', place)
    .action(
      act(async ({ withDatabase, output }, options: ListOptions) => {
        const { endpoint: endpointId, event: eventName, ...rest } = options;
        const page = await withDatabase(async (db) => {
          await checkSchema(db);
          return listDeliveries(db, { endpointId, eventName, ...rest });
        });
        output.show(page, () => {
          const text = table(page.deliveries, columns, 'There are none here.');
          return page.next === undefined ? text : `${text}\nolder ones: --before ${page.next}`;
        });
      }),
    );

  deliveries
    .command('show')
    .argument('<id>')
    .description('One delivery, with the request and the response of every attempt.')
    .action(
      act(async ({ withDatabase, output }, id: string) => {
        const delivery = await withDatabase(async (db) => {
          await checkSchema(db);
          return showDelivery(db, id);
        });
        output.show(deliveryJson(delivery), () => deliveryText(delivery));
      }),
    );

  deliveries
    .command('redeliver')
    .argument('[id]', 'a delivery; without one, all that failed at an endpoint')
    .description(
      'Send again what has succeeded or is exhausted, with the same id and bytes: one delivery, or all that failed.',
    )
    .option('--endpoint <id>', 'all of this endpoint', endpointId)
    .option(
      '--failed-since <when>',
      'that failed for good from then on; a duration like 2h, or a time',
      moment,
    )
    .option('--failed-until <when>', 'and before then', moment)
    .option('--count', 'only tell how many they are')
    .option('--wait', 'until all are back in the queue; a daemon must be running')
    .hook('preAction', (_, command) => {
      const options = command.opts<Partial<BulkOptions>>();
      const ofOne = command.args.length > 0;
      const ofMany = options.endpoint !== undefined && options.failedSince !== undefined;
      if (ofOne === ofMany || (ofOne && Object.keys(options).length > 0))
        command.error('error: say what: the id of a delivery, or --endpoint and --failed-since');
    })
    .action(
      act(async (context, id: string | undefined, options: BulkOptions) => {
        const { withDatabase, output } = context;
        if (id === undefined) return redeliverFailed(context, options);
        await withDatabase(async (db) => {
          await checkSchema(db);
          await redeliver(db, id);
        });
        output.show({ id, state: 'due' }, () => `delivery ${id} is due again`);
      }),
    );

  bulkJobCommands(deliveries, act);
}

const columns = {
  delivery: (row: DeliverySummary) => row.id,
  endpoint: (row: DeliverySummary) => row.endpointId,
  event: (row: DeliverySummary) => row.eventName,
  record: (row: DeliverySummary) => row.recordKey,
  state: (row: DeliverySummary) => row.state,
  attempts: (row: DeliverySummary) => row.attempts,
  last: (row: DeliverySummary) => row.lastReason,
  'last attempt at': (row: DeliverySummary) => row.lastAttemptAt,
  'due at': (row: DeliverySummary) => row.dueAt,
};

function place(text: string): string {
  if (validate(text)) return text;
  throw new InvalidArgumentError('Expected what the page before named as its end.');
}

function limit(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 500) return value;
  throw new InvalidArgumentError('Expected a whole number from 1 to 500.');
}
