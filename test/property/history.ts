import fc from 'fast-check';
import { type TableName, tableNames } from './tables.ts';

/** What some connections do one after the other, and what happens to the relay meanwhile: plain data, so that it shrinks. */
export interface History {
  readonly connections: number;
  /** Row changes on a page beyond those that keep transactions whole. */
  readonly spare: number;
  /** The tables that it is about. Few, or its transactions would not meet on a row. */
  readonly tables: ReadonlyArray<readonly TableName[]>;
  readonly steps: readonly Step[];
}

export type Step = Write | Boundary | RelayStep;

/** Which rows it really changes follows from the state that it meets: see resolve.ts. */
export interface Write {
  readonly do: Op;
  readonly by: number;
  /** A number of one of the history's tables. */
  readonly table: number;
  /** Numbers of rows; of a new key, where one takes another. */
  readonly rows: readonly number[];
  readonly to: number;
  /** Chooses a value, a way through partitions, and other details. */
  readonly value: number;
  /** In a transaction of its own, where none is open. */
  readonly alone: boolean;
}

export const ops = [
  'insert',
  'update',
  'same',
  'quiet',
  'delete',
  'replace',
  'rekey',
  'upsert',
  'ignore',
  'copy',
  'merge',
  'set',
] as const;
export type Op = (typeof ops)[number];

export interface Boundary {
  readonly do:
    | 'commit'
    | 'rollback'
    | 'savepoint'
    | 'rollback to'
    | 'release'
    | 'truncate'
    | 'attach'
    | 'mend';
  readonly by: number;
  readonly table: number;
  readonly value: number;
}

/**
 * The relay runs free, or is held between two statements and advanced by some. `kill` advances it and then takes its session away;
 * `rival` turns a page while it is held, as a relay that believes to be the only one would. `crash`: the server stops at once, and
 * starts again; whoever has a transaction open has lost it.
 */
export type RelayStep =
  | { readonly do: 'free' | 'hold' | 'rival' | 'crash' }
  | { readonly do: 'advance'; readonly statements: number }
  | { readonly do: 'kill'; readonly statements: number; readonly how: Death; readonly again: boolean };

/** `sent`: the last statement is on its way, its answer never comes. */
export const deaths = ['cut', 'sent', 'terminate', 'abort'] as const;
export type Death = (typeof deaths)[number];

const write: fc.Arbitrary<Write> = fc.record({
  do: fc.oneof(
    ...ops.map((op) => ({ arbitrary: fc.constant(op), weight: op === 'insert' || op === 'set' ? 4 : 2 })),
  ),
  by: fc.nat(4),
  table: fc.nat(11),
  rows: fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 4 }),
  to: fc.nat(7),
  value: fc.nat(11),
  alone: fc.boolean(),
});

const boundary: fc.Arbitrary<Boundary> = fc.record({
  do: fc.oneof(
    { arbitrary: fc.constant('commit' as const), weight: 7 },
    { arbitrary: fc.constant('rollback' as const), weight: 2 },
    { arbitrary: fc.constantFrom('savepoint' as const, 'rollback to' as const), weight: 6 },
    { arbitrary: fc.constantFrom('release' as const, 'truncate' as const), weight: 2 },
    { arbitrary: fc.constantFrom('attach' as const, 'mend' as const), weight: 2 },
  ),
  by: fc.nat(4),
  table: fc.nat(11),
  value: fc.nat(11),
});

const relayStep: fc.Arbitrary<RelayStep> = fc.oneof(
  { arbitrary: fc.record({ do: fc.constantFrom('free' as const, 'hold' as const) }), weight: 3 },
  {
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      statements: fc.integer({ min: 1, max: 40 }),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('kill' as const),
      statements: fc.nat(20),
      how: fc.constantFrom(...deaths),
      again: fc.boolean(),
    }),
    weight: 1,
  },
  { arbitrary: fc.constant({ do: 'rival' as const }), weight: 1 },
);

/** Tables that have to do with each other, and such as have not. */
const tableSets: ReadonlyArray<readonly TableName[]> = [
  ['plain'],
  ['note'],
  ['seat'],
  ['parent', 'child', 'child', 'guest'],
  ['parent', 'label', 'parent_label', 'parent_label'],
  ['base', 'word'],
  ['pair', 'plain'],
  tableNames,
];

/**
 * @param most steps of a history, at most
 * @param crashes whether the server crashes at times
 */
export function histories(most: number, { crashes = false } = {}): fc.Arbitrary<History> {
  const crash: fc.Arbitrary<RelayStep> = fc.record({ do: fc.constant('crash' as const) });
  return fc.record<History>({
    connections: fc.integer({ min: 3, max: 5 }),
    spare: fc.nat(20),
    tables: fc.uniqueArray(fc.constantFrom(...tableSets), { minLength: 1, maxLength: 2 }),
    steps: fc.array(
      fc.oneof(
        { arbitrary: write, weight: 1200 },
        { arbitrary: boundary, weight: 500 },
        { arbitrary: relayStep, weight: 300 },
        ...(crashes ? [{ arbitrary: crash, weight: 3 }] : []),
      ),
      { minLength: 1, maxLength: most, size: 'max' },
    ),
  });
}
