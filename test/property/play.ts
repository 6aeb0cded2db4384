import { inspect } from 'node:util';
import type { Arena } from './arena.ts';
import { keysOfOne } from './arena.ts';
import { type CompareOptions, differences } from './compare.ts';
import type { History } from './history.ts';
import { owner, type Plan } from './plan.ts';
import { resolve } from './resolve.ts';
import { lateSeat } from './tables.ts';

let played = 0;

/**
 * Plays a history in the arena, with keys that none before it had, and compares what the relay made of it with what the model says.
 * @param pageSize instead of the one that keeps transactions whole
 * @throws Error with every difference, and the statements
 */
export async function play(
  arena: Arena,
  history: History,
  options: CompareOptions & { readonly pageSize?: number } = { inPieces: false },
): Promise<void> {
  played += 1;
  const base = played * keysOfOne;
  const plan = resolve(history, { base, hasMerge: arena.hasMerge, catalog: arena.catalog });
  arena.relay.pageSize = options.pageSize ?? plan.pageSize;
  let wrong: string[];
  try {
    await drive(arena, plan);
    wrong = differences(plan, await arena.events(), options);
  } catch (error) {
    await arena.reset();
    throw new Error(`${error instanceof Error ? error.message : inspect(error)}\n${told(plan)}`, {
      cause: error,
    });
  } finally {
    if (plan.hasLateSeat) await arena.run(owner, { sql: `drop table if exists ${lateSeat(base)}` });
  }
  if (wrong.length > 0) throw new Error(`${wrong.join('\n')}\n${told(plan)}`);
}

async function drive(arena: Arena, plan: Plan): Promise<void> {
  const { relay } = arena;
  for (const action of plan.actions) {
    if ('statement' in action) {
      // Who wants a table for himself would wait for a page that is held.
      if (/^(truncate|alter|drop)/.test(action.statement.sql) && relay.isWithinPage) await relay.endPage();
      await arena.run(action.by, action.statement);
    } else if ('mend' in action) {
      if (relay.isWithinPage) await relay.endPage();
      await arena.mend();
    } else {
      const step = action.relay;
      switch (step.do) {
        case 'free':
          relay.free();
          break;
        case 'hold':
          await relay.hold();
          break;
        case 'rival':
          await arena.rival();
          break;
        case 'crash':
          await arena.crash();
          break;
        case 'advance':
          await relay.advance(step.statements);
          break;
        case 'kill':
          if (step.statements > 0) await relay.advance(step.statements);
          await relay.kill(step.how, step.again);
      }
    }
  }
}

function told({ actions, pageSize }: Plan): string {
  const lines = actions.map((action) =>
    'statement' in action
      ? `  ${action.by < 0 ? 'owner' : action.by}: ${action.statement.sql}`
      : 'mend' in action
        ? '  triggers on all of seat'
        : `  relay: ${inspect(action.relay, { breakLength: Number.POSITIVE_INFINITY })}`,
  );
  return `with ${pageSize} row changes on a page:\n${lines.join('\n')}`;
}
