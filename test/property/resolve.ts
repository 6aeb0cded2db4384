import type { Catalog } from '../../src/catalog/types.ts';
import { type Block, blocksOf } from './effects.ts';
import type { Boundary, History, Op, Write } from './history.ts';
import { type Action, owner, type Past, type Plan } from './plan.ts';
import { rowKey } from './rows.ts';
import { isTruncation, type Row, type RowChange, State, Transaction, type Truncation } from './state.ts';
import type { Statement } from './statements.ts';
import { lateRegion, lateSeat, type TableName, tables } from './tables.ts';
import { truncation } from './truncate.ts';
import { resolveWrite } from './writes.ts';

export interface ResolveOptions {
  readonly base: number;
  readonly hasMerge: boolean;
  readonly catalog: Catalog;
}

/** `seat` with all its partitions, the one that comes late too. */
const rowsOfTruncate = 6;

/** Plays a history in the model. Pure: the same history gives the same plan. */
export function resolve(history: History, { base, hasMerge, catalog }: ResolveOptions): Plan {
  const state = new State();
  const actions: Action[] = [];
  const open = new Map<number, Transaction>();
  const blocks = new Map<string, Block[]>();
  const past = new Map<string, Past[]>();
  let late: 'none' | 'attached' | 'mended' = 'none';
  let widest = 0;
  let largest = 0;
  const names = history.tables.flat();
  const tableOf = (step: { table: number }): TableName => names[step.table % names.length]!;
  const run = (by: number, sql: string) => actions.push({ by, statement: { sql } });

  function begin(): Transaction {
    const transaction = new Transaction();
    state.open.add(transaction);
    return transaction;
  }

  function commit(transaction: Transaction): void {
    const at = state.now();
    state.commit(transaction);
    for (const [id, block] of blocksOf(transaction.log, catalog, at)) {
      blocks.set(id, [...(blocks.get(id) ?? []), block]);
    }
    const emptied = transaction.log.flatMap((entry) => (isTruncation(entry) ? entry.truncated : []));
    for (const entry of transaction.log) {
      if (isTruncation(entry)) continue;
      const { table, key, before, after, captured } = entry;
      const row = after ?? (captured ? before! : emptied.includes(table) ? 'lost' : 'unseen');
      const id = `${table} ${key}`;
      past.set(id, [...(past.get(id) ?? []), { row, at }]);
    }
  }

  const weightOf = (log: ReadonlyArray<RowChange | Truncation>) =>
    log.reduce((sum, entry) => sum + entry.weight, 0);

  function measure(): void {
    const weights = [...state.open].map(({ log }) => weightOf(log));
    widest = Math.max(
      widest,
      weights.reduce((sum, weight) => sum + weight, 0),
    );
    largest = Math.max(largest, ...weights);
  }

  /** Within the connection's transaction, or one that is begun for it, or one of the statement's own. */
  function within(
    by: number,
    alone: boolean,
    work: (transaction: Transaction) => Statement | undefined,
  ): void {
    const known = open.get(by);
    const transaction = known ?? begin();
    const statement = work(transaction);
    if (!statement) {
      if (!known) state.open.delete(transaction);
      return;
    }
    measure();
    if (!known && !alone) {
      run(by, 'begin');
      open.set(by, transaction);
    }
    actions.push({ by, statement });
    if (!known && alone) commit(transaction);
  }

  function write(step: Write, n: string): void {
    if (step.do === 'replace') {
      for (const op of ['delete', 'insert'] as const) writeOnce({ ...step, do: op, alone: false }, n);
    } else writeOnce({ ...step, do: step.do }, n);
  }

  function writeOnce(step: Write & { readonly do: Exclude<Op, 'replace'> }, n: string): void {
    const by = step.by % history.connections;
    within(by, step.alone, (transaction) => {
      const view = state.view(transaction);
      const resolved = resolveWrite(
        { ...step, table: tableOf(step) },
        { state, transaction, view, base, n, hasMerge, late },
      );
      transaction.log.push(...(resolved?.changes ?? []));
      return resolved?.statement;
    });
  }

  function end(by: number, how: 'commit' | 'rollback'): void {
    const transaction = open.get(by);
    if (!transaction) return;
    open.delete(by);
    run(by, how);
    if (how === 'commit') commit(transaction);
    else state.open.delete(transaction);
  }

  function boundary(step: Boundary, n: string): void {
    const by = step.by % history.connections;
    const transaction = open.get(by);
    switch (step.do) {
      case 'commit':
      case 'rollback':
        end(by, step.do);
        break;
      case 'savepoint':
        if (!transaction) return;
        transaction.savepoints.push(transaction.log.length);
        run(by, `savepoint s${transaction.savepoints.length}`);
        return;
      case 'rollback to':
      case 'release': {
        const count = transaction?.savepoints.length ?? 0;
        if (!transaction || count === 0) return;
        const number = 1 + (step.value % count);
        run(by, `${step.do === 'release' ? 'release' : 'rollback to'} s${number}`);
        if (step.do === 'rollback to') transaction.log.length = transaction.savepoints[number - 1]!;
        transaction.savepoints.length = step.do === 'release' ? number - 1 : number;
        return;
      }
      case 'truncate':
        truncate(step);
        break;
      case 'attach':
        attach(n);
        break;
      case 'mend':
        mend();
    }
  }

  function truncate(step: Boundary): void {
    const { by, value } = step;
    const table = tableOf(step);
    const { sql, empties, whole } = truncation(table, value);
    within(by % history.connections, value % 2 === 0, (transaction) => {
      if (state.keepsReadersOut(transaction)) return undefined;
      // Of a part that is truncated nobody can tell which records were in it: it is left to others that are not yet changed.
      const isWhole = whole.length > 0;
      const touched = transaction.log.some((entry) => !isTruncation(entry) && entry.table === table);
      if (!isWhole && touched) return undefined;
      if (!state.lockGroup(transaction, tables[table].group, 'exclusive')) return undefined;
      const view = state.view(transaction);
      for (const name of Object.keys(tables) as TableName[]) {
        for (const [key, row] of view.rows(name).filter(([, each]) => empties(name, each))) {
          const change = {
            table: name,
            key,
            before: row,
            after: null,
            captured: false,
            at: state.now(),
            weight: 0,
          };
          transaction.log.push(change);
        }
      }
      transaction.log.push({ truncated: whole, at: state.now(), weight: rowsOfTruncate });
      return { sql };
    });
  }

  function crash(): void {
    for (const transaction of open.values()) state.open.delete(transaction);
    open.clear();
    actions.push({ relay: { do: 'crash' } });
  }

  /** A partition that has a row already, of which nobody was told. */
  function attach(n: string): void {
    const transaction = begin();
    if (late === 'none' && !state.keepsReadersOut() && state.lockGroup(transaction, 'seat', 'exclusive')) {
      late = 'attached';
      const row: Row = { region: lateRegion(base), zone: '0', id: String(base), n };
      const name = lateSeat(base);
      run(owner, `create table ${name} (like seat including all)`);
      run(owner, `insert into ${name} values ('${row.region}', 0, ${base}, ${n})`);
      run(owner, `alter table seat attach partition ${name} for values in ('${row.region}')`);
      const change = { table: 'seat' as const, key: rowKey('seat', row), before: null, after: row };
      transaction.log.push({ ...change, captured: false, at: state.now(), weight: 0 });
      commit(transaction);
    }
    state.open.delete(transaction);
  }

  function mend(): void {
    const transaction = begin();
    if (
      late === 'attached' &&
      !state.keepsReadersOut() &&
      state.lockGroup(transaction, 'seat', 'exclusive')
    ) {
      late = 'mended';
      actions.push({ mend: true });
    }
    state.open.delete(transaction);
  }

  for (const [i, step] of history.steps.entries()) {
    const n = String(i + 1);
    if ('rows' in step) write(step, n);
    else if ('by' in step) boundary(step, n);
    else if (step.do === 'crash') crash();
    // A page would wait for whoever has truncated a table that it shows, and nobody would go on.
    else if (step.do === 'free' || !state.keepsReadersOut()) actions.push({ relay: step });
  }
  for (const by of [...open.keys()]) end(by, 'commit');
  return {
    actions,
    pageSize: Math.max(widest, 2 * largest) + 1 + history.spare,
    blocks,
    past,
    hasLateSeat: late !== 'none',
  };
}
