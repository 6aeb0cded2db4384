import { cpus } from 'node:os';
import { type LocalPostgres, startPostgres } from '../tools/postgres.ts';

/** What a bench measured: figures by name, and the bounds that some of them must keep. */
export interface Result {
  readonly metrics: Readonly<Record<string, number>>;
  readonly bars: Readonly<Record<string, { readonly min?: number; readonly max?: number }>>;
  /** Settings that matter, in a sentence. */
  readonly note: string;
}

export interface Bench {
  readonly name: string;
  run(context: BenchContext): Promise<Result>;
}

export interface BenchContext {
  readonly server: LocalPostgres;
  /** Fewer rounds and shorter ones, and less of what waits where making it takes long (the note says so): each bench ends within 50 s. */
  readonly quick: boolean;
  readonly progress: (text: string) => void;
}

/** A server as it would run in production: it syncs what it commits. */
export function benchServer(): Promise<LocalPostgres> {
  return startPostgres({ durable: true, settings: { shared_buffers: '1GB', max_wal_size: '4GB' } });
}

/**
 * Runs the sides one after the other, round by round, so that whatever else the machine does falls on all of them, and returns the
 * median of each.
 */
export async function interleaved<Name extends string>(
  sides: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const figures = Object.fromEntries(Object.keys(sides).map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(sides) as Name[]) figures[name].push(await sides[name]());
  }
  return Object.fromEntries(
    Object.entries<number[]>(figures).map(([name, values]) => [name, median(values)]),
  ) as Record<Name, number>;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** Milliseconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function round(value: number, places = 2): number {
  return Math.round(value * 10 ** places) / 10 ** places;
}

/** Whether every bar is kept. */
export function kept({ metrics, bars }: Result): boolean {
  return Object.entries(bars).every(([name, { min, max }]) => {
    const value = metrics[name] ?? Number.NaN;
    return (min === undefined || value >= min) && (max === undefined || value <= max);
  });
}

export function machine(server: LocalPostgres): string {
  return `Node ${process.version}, PostgreSQL ${server.version}, ${cpus().length} cores`;
}
