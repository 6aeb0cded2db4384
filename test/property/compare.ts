import type { ArenaEvent } from './arena.ts';
import type { Block } from './effects.ts';
import type { Past, Plan } from './plan.ts';
import { someEvents, type TableName, tables } from './tables.ts';

export interface CompareOptions {
  /** A transaction may be taken in pieces, each with a net effect of its own. */
  readonly inPieces: boolean;
}

/** What is wrong with the events of a history: nothing, or a line for each record. Pure. */
export function differences(plan: Plan, events: readonly ArenaEvent[], options: CompareOptions): string[] {
  const found = new Map<string, ArenaEvent[]>();
  for (const event of events) {
    if (event.name === 'marker_create') continue;
    found.set(event.record, [...(found.get(event.record) ?? []), event]);
  }
  const records = new Set([...plan.blocks.keys(), ...found.keys()]);
  return [...records].flatMap((record) =>
    differencesOf(record, plan, found.get(record) ?? [], options).map((text) => `${record}: ${text}`),
  );
}

function differencesOf(
  record: string,
  { blocks, past }: Plan,
  events: readonly ArenaEvent[],
  { inPieces }: CompareOptions,
): string[] {
  const mine = blocks.get(record) ?? [];
  const names = events.map(({ name }) => name);
  const known = past.get(record) ?? [];
  const owners = match(mine, names, inPieces, known);
  if (!owners) {
    const wanted = mine.map((block) => `[${block.events(0, block.items.length).join(', ')}]`).join(' ');
    return [`expected ${wanted || 'nothing'}, found [${names.join(', ')}]`];
  }
  return events.flatMap((event, i) => [
    ...wrongDeliveries(event),
    ...wrongPayload(event, known, mine[owners[i]!]!.committedAt),
  ]);
}

/**
 * Whether events are those of the blocks, in an order in which they may come: who wrote to a record after another transaction had
 * committed comes after it. Transactions that were open at once met on parts of a record only, and may come either way.
 * @returns the block of each event; undefined where they are not
 */
function match(
  blocks: readonly Block[],
  names: readonly string[],
  inPieces: boolean,
  past: readonly Past[],
): number[] | undefined {
  const failed = new Set<string>();
  // By what was captured it looks like a row that a trigger of the application's deleted while it was being inserted.
  const mayBeHidden = ({ replaces, committedAt }: Block) =>
    replaces && past.some(({ row, at }) => row === 'unseen' && at > committedAt);
  const step = (done: readonly number[], owners: readonly number[]): number[] | undefined => {
    const id = `${done.join()} ${owners.length}`;
    if (failed.has(id)) return undefined;
    if (blocks.every(({ items }, i) => done[i] === items.length)) {
      if (owners.length === names.length) return [...owners];
    }
    for (const [i, block] of blocks.entries()) {
      const { items } = block;
      for (let to = inPieces ? done[i]! + 1 : items.length; to <= items.length && done[i]! < to; to++) {
        const at = items[to - 1]!.at;
        const isNext = blocks.every(
          (other, j) => j === i || other.committedAt > at || done[j] === other.items.length,
        );
        if (!isNext) continue;
        for (const piece of [block.events(done[i]!, to), ...(mayBeHidden(block) ? [[]] : [])]) {
          if (!piece.every((name, k) => names[owners.length + k] === name)) continue;
          const found = step(
            done.map((each, j) => (j === i ? to : each)),
            [...owners, ...piece.map(() => i)],
          );
          if (found) return found;
        }
      }
    }
    failed.add(id);
    return undefined;
  };
  return step(
    blocks.map(() => 0),
    [],
  );
}

function wrongDeliveries({ name, to }: ArenaEvent): string[] {
  const wanted = someEvents.includes(name) ? '1,2' : '1';
  return to.join() === wanted ? [] : [`${name} goes to ${to.join() || 'nobody'}, not to ${wanted}`];
}

/** A body shows the record as it was after the event's transaction or later; by its key alone where a last row was never kept. */
function wrongPayload(event: ArenaEvent, past: readonly Past[], from: number): string[] {
  const { name, record, payload } = event;
  const space = record.indexOf(' ');
  const [table, key] = [record.slice(0, space) as TableName, record.slice(space + 1)];
  if (key === '') return [];
  if (payload === null) return [`${name} has no body`];
  const body = JSON.parse(payload);
  const { key: columns } = tables[table];
  const values = columns.length === 1 ? [key] : JSON.parse(key);
  const wrong = columns.filter((column, i) => String(body[column]) !== values[i]);
  const before = past.findLast(({ at }) => at <= from);
  const later = [...(before ? [before] : []), ...past.filter(({ at }) => at >= from)];
  const shown = later.map(({ row }) => (row === 'lost' || row === 'unseen' ? null : row.n!));
  const n = body.n == null ? null : String(body.n);
  return [
    ...(wrong.length > 0 ? [`${name} shows another record: ${payload}`] : []),
    ...(!shown.includes(n) ? [`${name} shows n = ${n}, which was none of ${shown.join(', ')}`] : []),
  ];
}
