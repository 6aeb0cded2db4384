import type { Command } from 'commander';
import { explain, explainRecord } from '../explain/explain.ts';
import type { Step, Story } from '../explain/story.ts';
import { checkSchema } from '../store/schema.ts';
import type { Act } from './context.ts';
import { moment } from './duration.ts';

interface ExplainOptions {
  readonly record?: string;
  readonly since?: number | Date;
  readonly endpoint?: string;
}

export function explainCommand(program: Command, act: Act): void {
  program
    .command('explain')
    .argument('[id]', 'of an event or a delivery')
    .description(
      'Why did they get it, or not: what became of an event, a delivery, or the changes of a record.',
    )
    .option('--record <name>', 'changes of this record: person:412; a key of several columns is a JSON array')
    .option('--since <when>', 'with --record: from then on, 24h if not given; a duration, or a time', moment)
    .option('--endpoint <id|url>', 'why did this endpoint get it, or not')
    .hook('preAction', (_, command) => {
      const { record, since } = command.opts<ExplainOptions>();
      if ((command.args.length === 0) === (record === undefined))
        command.error('error: say what: the id of an event or a delivery, or --record <name>');
      if (since !== undefined && record === undefined) command.error('error: --since goes with --record');
    })
    .action(
      act(async (context, id: string | undefined, { record, since, endpoint }: ExplainOptions) => {
        const told = (work: (db: Parameters<typeof explain>[0]) => Promise<Story>) =>
          context.withDatabase(async (db) => {
            await checkSchema(db);
            return work(db);
          });
        let story: Story;
        if (id !== undefined) story = await told((db) => explain(db, id, { endpoint }));
        else {
          const { catalog } = await context.config();
          story = await told((db) => explainRecord(db, catalog, { name: record!, since }, { endpoint }));
        }
        context.output.show(story, () => storyText(story));
      }),
    );
}

/** The answer, and below it the steps, each further in than what it is a part of. */
export function storyText({ answer, steps }: Story): string {
  return [
    printable(answer),
    ...(steps.length === 0 ? [] : ['']),
    ...steps.flatMap((step) => lines(step, '')),
  ].join('\n');
}

function lines({ words, advice, steps }: Step, indent: string): string[] {
  return [
    `${indent}${printable(words)}`,
    ...advice.map((each) => `${indent}  → ${printable(each)}`),
    ...steps.flatMap((step) => lines(step, `${indent}  `)),
  ];
}

/** What a receiver has sent, or somebody has registered, must not steer the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, ' ');
